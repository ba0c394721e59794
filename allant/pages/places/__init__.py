"""Pages of those who run a place that takes appointments: openings, closures, and who comes on a day (AP-01, AP-02, AP-10)."""

"""Stand-ins for outside systems, each its own process."""

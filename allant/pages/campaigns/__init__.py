"""Pages of the campaign managers."""

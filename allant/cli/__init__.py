"""The allant command line."""

"""Pages of the identity unit of a fund."""

"""Pages for everybody: what Allant is, and the figures."""

"""A synthetic country and the replay of the real campaign on it."""

"""What is said to the author of a definition that cannot be."""


class InvalidTarget(ValueError):
    """A criterion or definition that cannot exist. The message, in French, says what was seen, expected, and to type."""

"""What the migrations of the rooms share: many models created at once, cheaply."""

from allant.schema.together import Together

__all__ = ["Together"]

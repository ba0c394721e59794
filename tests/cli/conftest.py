"""Fixtures of the command line's tests."""

from tests.cli.runs import installation

__all__ = ["installation"]

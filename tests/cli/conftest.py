"""Fixtures of the command line's tests."""

from tests.cli.runs import installation, used_installation

__all__ = ["installation", "used_installation"]

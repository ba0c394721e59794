"""Small books written for a test."""

from collections.abc import Callable
from pathlib import Path

import pytest

from allant.doctrine import Rules

Write = Callable[..., Rules]


@pytest.fixture
def books(tmp_path: Path) -> Write:
    """Write YAML files by name (dots for folders) and return their rules."""

    def write(**files: str) -> Rules:
        for name, text in files.items():
            (tmp_path / f"{name}.yaml").write_text(text, "utf-8")
        return Rules(tmp_path)

    return write

"""The files of the project: what a sweeping test sweeps."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from allant.site.home import CLONE

NOT_OURS = {
    ".git",
    ".allant",
    "__pycache__",
    ".hypothesis",
    ".pytest_cache",
    ".ruff_cache",
    ".mypy_cache",
    ".import_linter_cache",
}
TEXT = {
    ".py",
    ".md",
    ".toml",
    ".yaml",
    ".yml",
    ".html",
    ".css",
    ".js",
    ".sql",
    ".csv",
    ".txt",
    ".lock",
    ".svg",
    ".cfg",
    ".json",
    "",
}


@cache
def files() -> tuple[Path, ...]:
    """Every file of the clone that belongs to the project."""
    return tuple(
        path
        for path in sorted(CLONE.rglob("*"))
        if path.is_file() and not NOT_OURS & set(path.relative_to(CLONE).parts) and not path.name.endswith((".pyc", ".swp"))
    )


def texts() -> Iterator[tuple[str, str]]:
    """Name and contents of every text file."""
    for path in files():
        if path.suffix in TEXT:
            yield name(path), path.read_text(encoding="utf-8")


def python(folder: str = "") -> tuple[Path, ...]:
    """Every Python file under `folder`."""
    return tuple(path for path in files() if path.suffix == ".py" and name(path).startswith(folder))


@cache
def parsed(path: Path) -> ast.Module:
    """The syntax tree of a Python file."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def name(path: Path) -> str:
    """The path of a file inside the clone."""
    return path.relative_to(CLONE).as_posix()

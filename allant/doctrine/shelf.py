"""All the books of a folder, read once."""

from datetime import date
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

from allant.doctrine.book import RuleBook
from allant.doctrine.loader import load
from allant.doctrine.model import Rule


class Rules:
    """The rules of a folder of YAML books, read and checked at the first use."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._books: dict[tuple[date, bool], RuleBook] = {}

    @cached_property
    def all(self) -> MappingProxyType[str, Rule]:
        """Every rule by key. Raises `InvalidBooks` with all the problems of all the files."""
        return MappingProxyType(load(self.folder))

    def check(self) -> int:
        """Read the books now, as a process does at start-up; the number of rules. Raises `InvalidBooks`."""
        return len(self.all)

    def as_known_on(self, day: date, *, strict: bool = False) -> RuleBook:
        """The book as known on a day (kept, so that asking again is free). Raises `InvalidBooks`."""
        if (day, strict) not in self._books:
            self._books[day, strict] = RuleBook(self.all, day, strict=strict)
        return self._books[day, strict]

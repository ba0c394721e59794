"""What can go wrong with a rule, said in French to the person who can mend it."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches


class DoctrineError(Exception):
    """Any problem with the rule book."""


class UnknownRule(DoctrineError, LookupError):
    """No rule has this key."""


class NotYetInForce(DoctrineError, LookupError):
    """Asked about a day before the first version known."""


class ReviewOverdue(DoctrineError):
    """Asked, in strict mode, about a day after the rule had to be reviewed."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault of a book: where, what was seen, what to do."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line} : {self.message}"


class InvalidBooks(DoctrineError):
    """Books that cannot be used, with every problem found."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("Règles de doctrine refusées :\n" + "\n".join(f"  {problem}" for problem in self.problems))


def nearest(word: str, known: Iterable[str]) -> str:
    """A hint « vouliez-vous dire… » for a mistyped word, or nothing."""
    matches = get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f" Vouliez-vous dire « {matches[0]} » ?" if matches else ""

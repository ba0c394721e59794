"""The dated rule book: ages, delays, windows, lists and texts, each with a source and two dates.

A version of a rule has a day it is *in force* and a day it is *known from*. The second axis is bound once, at the edge:

    from allant.doctrine import rules

    book = rules.as_known_on(day)                       # what was known that day
    book.value("covid.booster.delay", on=another_day)   # what applied, or was announced to apply, another day

Pure functions take `book` and `on`. The books are YAML files in `allant/doctrine/books/`; `docs/reference/doctrine.md`
lists them.
"""

from pathlib import Path

from allant.doctrine.book import RuleBook
from allant.doctrine.delay import Counting, Delay, add_delay, add_delays
from allant.doctrine.errors import DoctrineError, InvalidBooks, NotYetInForce, Problem, ReviewOverdue, UnknownRule
from allant.doctrine.model import Period, Rule, Version
from allant.doctrine.shelf import Rules
from allant.doctrine.units import Age

BOOKS = Path(__file__).parent / "books"

rules = Rules(BOOKS)
"""The shipped rules; files are read and checked at the first question, or by `rules.check()` at start-up."""

__all__ = [
    "BOOKS",
    "Age",
    "Counting",
    "Delay",
    "DoctrineError",
    "InvalidBooks",
    "NotYetInForce",
    "Period",
    "Problem",
    "ReviewOverdue",
    "Rule",
    "RuleBook",
    "Rules",
    "UnknownRule",
    "Version",
    "add_delay",
    "add_delays",
    "rules",
]

"""Which product the doctrine foresees after the doses received (VC-33), as SQL over `act`: PostgreSQL and DuckDB read it alike.

Keys read: `covid.vaccines` (`second_vaccines`, `mixed_below_age`) and `covid.booster.vaccines`. `allant.vaccination.proposals`
says the same of one person in Python; `tests/vaccination/test_products_agree.py` holds the two together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from allant.doctrine import RuleBook


def second_foreseen(book: RuleBook, vaccines: Sequence[str]) -> str:
    """SQL: the doctrine of the day of the act foresees its vaccine after `act.first_vaccine`, at that age.

    After a product that the source does not name, any. Another product than the first where the doctrine lets it under an age
    asks for a known birth date: an exception is not supposed.
    """
    after = (f"WHEN '{first}' THEN CASE {' '.join(_of_periods(book, first))} END" for first in vaccines)
    cases = " ".join(after)
    other = "act.first_vaccine = 'unknown' OR act.vaccine = act.first_vaccine"
    return f"CASE act.first_vaccine {cases} ELSE {other} END" if cases else other


def booster_foreseen(book: RuleBook) -> str:
    """SQL: the doctrine of the day of the act foresees its vaccine for a booster; every vaccine before it names any."""
    named = [
        f"WHEN {during(period.starts_on, period.ends_on)} THEN act.vaccine IN ({names(period.value)})"
        for period in book.periods("covid.booster.vaccines")
        if period.value
    ]
    return f"CASE {' '.join(named)} ELSE TRUE END" if named else "TRUE"


def _of_periods(book: RuleBook, first: str) -> Iterator[str]:
    for period in book.periods(f"covid.vaccines.{first}"):
        yield f"WHEN {during(period.starts_on, period.ends_on)} THEN {_allowed(first, period.value)}"
    yield "ELSE act.vaccine = act.first_vaccine"  # begun before its authorisation: ended with the same


def _allowed(first: str, rule: Mapping[str, Any]) -> str:
    seconds, below = rule["second_vaccines"], rule["mixed_below_age"]
    free = [code for code in seconds if code == first or below is None]
    young = [code for code in seconds if code not in free]
    tests = [f"act.vaccine IN ({names(free)})"] if free else []
    if young:
        tests.append(f"act.vaccine IN ({names(young)}) AND coalesce(NOT {aged_at_least(below)}, FALSE)")
    return " OR ".join(f"({test})" for test in tests) or "FALSE"


def during(starts_on: date, ends_on: date | None) -> str:
    """SQL: the act is of the period `[starts_on, ends_on)`."""
    until = f" AND act.occurred_on < DATE '{ends_on}'" if ends_on else ""
    return f"act.occurred_on >= DATE '{starts_on}'{until}"


def aged_at_least(years: int | str) -> str:
    """SQL: the person is that old on the day of the act. Who was born on 29 February grows older on 1 March of a common year."""
    return f"act.occurred_on - INTERVAL '1 year' * {years} >= act.birth_date"


def names(codes: Iterable[str]) -> str:
    """A list of SQL texts."""
    return ", ".join(f"'{code}'" for code in codes)

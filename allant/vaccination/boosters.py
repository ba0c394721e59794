"""Boosters as the doctrine opens them (VC-41, RP-01): for whom, from when. Pure: what is known, the book and a date."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from allant.doctrine import Delay, NotYetInForce, RuleBook, add_delay
from allant.immunizations.models import Series
from allant.vaccination.known import Known
from allant.vaccination.priority import meets
from allant.vaccination.schedule import booster_delay, month_counting

BOOSTERS = (Series.BOOSTER, Series.SECOND_BOOSTER, Series.THIRD_BOOSTER)
OPENINGS = {Series.BOOSTER: "covid.booster.opening", Series.SECOND_BOOSTER: "covid.second_booster.opening"}


def next_booster(given: int) -> Series:
    """The series of the next booster after so many; the last one has no end."""
    return BOOSTERS[min(given, len(BOOSTERS) - 1)]


def opening_of(series: Series, known: Known, last_vaccine: str, on: date, book: RuleBook) -> date | None:
    """The day from which a booster is open to a person, by what the book knows on a day; it may be announced. None: not open."""
    return min((opens_on for opens_on, _ in _groups(series, known, last_vaccine, on, book)), default=None)


def due_on(series: Series, known: Known, last_vaccine: str, last_on: date, on: date, book: RuleBook) -> date | None:
    """The later of the opening and of the last dose or infection plus the delay (RP-01); None while no opening is known."""
    last_event = max([last_on, *(day for day in known.infections if day <= on)])
    days = [
        max(opens_on, add_delay(last_event, delay, month_counting(book, on)))
        for opens_on, delay in _groups(series, known, last_vaccine, on, book)
    ]
    return min(days, default=None)


def _groups(series: Series, known: Known, last_vaccine: str, on: date, book: RuleBook) -> Iterator[tuple[date, Delay]]:
    """The groups of the doctrine the person is in, with the day each opens and its delay."""
    for period in book.periods(OPENINGS[series]) if series in OPENINGS else ():
        day = max(on, period.starts_on)  # of a group announced, whether they will then be in it
        for rule in period.value:
            if rule["opens_on"] != period.starts_on or not _concerns(rule["criteria"], known, last_vaccine, day):
                continue
            if (delay := _delay(series, rule, known, last_vaccine, day, book)) is not None:
                yield rule["opens_on"], delay


def _concerns(criteria: Mapping[str, Any], known: Known, last_vaccine: str, on: date) -> bool:
    vaccines = criteria.get("vaccines")
    return (not vaccines or last_vaccine in vaccines) and meets(criteria, known, (), on).holds


def _delay(series: Series, rule: Mapping[str, Any], known: Known, vaccine: str, on: date, book: RuleBook) -> Delay | None:
    if series != Series.BOOSTER:
        delay: Delay = rule["delay"]
        return delay
    try:
        return booster_delay(book, on, vaccine, known.in_situation("immunodepressed", on))
    except NotYetInForce:
        return None

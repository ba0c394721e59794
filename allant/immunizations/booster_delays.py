"""How long a booster waits and how its months are counted, as the doctrine of a day says (RP-01). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from allant.doctrine import Counting, Delay, NotYetInForce, RuleBook


def booster_delay(book: RuleBook, on: date, vaccine: str, immunodepressed: bool = False) -> Delay:
    """Delay between the last dose or infection and the booster, as the rules of a day say (RP-01).

    `vaccine` is that of the last dose. Months are to be counted as `month_counting` of the same day says.
    """
    if immunodepressed:
        third: Delay = book.value("covid.immunodepressed.third_dose", on)["min_delay"]
        return third
    usual: Delay = book.value("covid.booster.delay", on)
    return next((row["delay"] for row in _own_delays(book, on) if row["code"] == vaccine), usual)


def _own_delays(book: RuleBook, on: date) -> Iterable[Mapping[str, Any]]:
    try:
        return tuple(book.value("covid.booster.delay_after", on))
    except NotYetInForce:
        return ()


def month_counting(book: RuleBook, on: date) -> Counting:
    """How a month counts in booster and pass delays: by the calendar, or 30.5 days since 3 December 2021."""
    counting: Counting = book.value("covid.months.counting", on)
    return counting

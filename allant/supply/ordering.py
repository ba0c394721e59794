"""The rules of orders, as pure functions of the doctrine and a date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from allant.doctrine import NotYetInForce, RuleBook


@dataclass(frozen=True)
class TownOrders:
    """What town doctors may do on a day; `vaccines` is empty before orders open."""

    vaccines: tuple[str, ...]
    professions: tuple[str, ...]
    closes_days_before: int

    def last_day(self, week: date) -> date:
        """The last day an order for the week of that Monday is accepted."""
        return week - timedelta(days=self.closes_days_before)

    def accepts(self, vaccine: str, week: date, on: date) -> bool:
        """Whether an order may be placed on a day."""
        return vaccine in self.vaccines and on <= self.last_day(week)


def town_orders(book: RuleBook, on: date) -> TownOrders:
    """The rule of a day."""
    try:
        rule = book.value("supply.town_orders", on)
    except NotYetInForce:
        return TownOrders((), (), 0)
    return TownOrders(tuple(rule["vaccines"]), tuple(rule["professions"]), rule["closes_days_before"])


def doses_per_vial(book: RuleBook, on: date) -> dict[str, int]:
    """Vaccine → doses a vial holds."""
    return {row["vaccine"]: int(row["doses"]) for row in book.value("supply.doses_per_vial", on)}


def monday_of(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())

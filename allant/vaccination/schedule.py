"""Covid-19 schedules: how many doses a person needs and when. Pure functions of the rule book and a date."""

from dataclasses import dataclass
from datetime import date, timedelta

from allant.doctrine import RuleBook, add_delay
from allant.immunizations.booster_delays import booster_delay, month_counting

__all__ = ["DoseWindow", "add_delay", "booster_delay", "month_counting", "second_dose_window", "series_doses"]


@dataclass(frozen=True, slots=True)
class DoseWindow:
    """The days between which the second dose is due, both included; `recommended` is the one to book from."""

    earliest: date
    recommended: date
    latest: date


def series_doses(book: RuleBook, on: date, vaccine: str, infected_on: date | None = None, immunodepressed: bool = False) -> int:
    """Doses of the primary series (FHIR seriesDoses) of a person whose first dose is given on a day.

    A past infection counts as the rule `covid.infection` of that day says (VC-40). Raises `NotYetInForce` before the
    vaccine's authorisation, `UnknownRule` for a vaccine without rules.
    """
    doses = int(book.value(f"covid.vaccines.{vaccine}", on)["doses"])
    infection = book.value("covid.infection", on)
    if infected_on is None or (immunodepressed and not infection["immunodepressed_too"]):
        return doses
    counted = infection["counted_doses"] if add_delay(infected_on, infection["min_delay"]) <= on else 0
    return max(1, doses - int(counted))


def second_dose_window(book: RuleBook, first_on: date, vaccine: str) -> DoseWindow | None:
    """When the second dose is due after a first one, by the rule of the day of the first; None after a single dose."""
    rule = book.value(f"covid.vaccines.{vaccine}", first_on)
    if rule["doses"] < 2:
        return None
    days = (rule["min_interval"], rule["recommended_interval"], rule["max_interval"])
    return DoseWindow(*(first_on + timedelta(days=count) for count in days))

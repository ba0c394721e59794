"""What the campaigns of the programme ask for, and who has done it. Their entries are in `ready_made.yaml`."""

from __future__ import annotations

from datetime import date

from allant.campaigns.ready_made import Act, Programme
from allant.campaigns.ready_made.registry import Criteria
from allant.doctrine import RuleBook
from allant.targeting import tables
from allant.targeting.language import Condition
from allant.vaccination.schedule import booster_delay

PROGRAMME = "covid19"


def vaccinated() -> Condition:
    """At least one dose."""
    received: Condition = tables().dose.exists()
    return received


def boosted() -> Condition:
    """A booster received."""
    received: Condition = tables().dose_summary.booster_on.is_known()
    return received


def booster_due(book: RuleBook, on: date, criteria: Criteria) -> Condition:
    """Complete since the delay of the day or longer, done or not. Calendar months: the rule before 3 December 2021.

    The delay of a group of several vaccines, or of none, is the usual one.
    """
    vaccines: tuple[str, ...] = criteria.get("vaccines") or ()
    delay = booster_delay(book, on, vaccines[0] if len(vaccines) == 1 else "")
    due: Condition = tables().dose_summary.complete_on.months_on(on) >= delay.months
    return due


def completed() -> Condition:
    """A complete primary series."""
    known: Condition = tables().dose_summary.complete_on.is_known()
    return known


def complete(book: RuleBook, on: date, criteria: Criteria) -> Condition:
    """A complete primary series, however recent."""
    return completed()


def first_vaccinated_with(criteria: Criteria) -> Condition | None:
    """A primary series with one of the vaccines of the group; None when the group is of no vaccine."""
    if not criteria.get("vaccines"):
        return None
    doses = tables().dose.where(series="primary")
    received: Condition = doses.where(doses.vaccine.is_in(criteria["vaccines"])).exists()
    return received


ACTS = {
    "first_dose": Act("dose_summary.first_on", vaccinated, label="Première dose"),
    "complete": Act("dose_summary.complete_on", completed, label="Schéma complet"),
    "booster": Act("dose_summary.booster_on", boosted, booster_due, first_vaccinated_with, label="Rappel"),
    # To tell people before their day comes: the message says from when.
    "booster_announced": Act("dose_summary.booster_on", boosted, complete, first_vaccinated_with),
}
COVID = Programme(PROGRAMME, "allant.vaccination", ACTS)

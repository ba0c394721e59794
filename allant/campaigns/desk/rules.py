"""What the doctrine says of the desk: its delays, its keys, its sentences."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from allant.doctrine import RuleBook

BOOKED, VOICEMAIL, NO_ANSWER, WRONG_NUMBER, CALL_LATER = "booked", "voicemail", "no_answer", "wrong_number", "call_later"
CANNOT_TRAVEL, OWN_DOCTOR = "cannot_travel", "own_doctor"


@dataclass(frozen=True, slots=True)
class DeskRules:
    """The row `outreach.desk`, as durations."""

    lease: timedelta
    alive: timedelta
    doubt: timedelta
    callback: timedelta
    places: int
    hours_a_place: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """An outcome of a call: `outreach.call_outcomes` with `outreach.call_keys`."""

    code: str
    label: str
    again: str
    key: str
    heard: bool
    says: str


def desk_rules(book: RuleBook, on: date) -> DeskRules:
    """The delays in force on a day."""
    row = book.value("outreach.desk", on)
    return DeskRules(
        lease=timedelta(seconds=row["lease_seconds"]), alive=timedelta(seconds=row["alive_seconds"]),
        doubt=timedelta(minutes=row["doubt_minutes"]), callback=timedelta(days=row["callback_days"]),
        places=int(row["places"]), hours_a_place=int(row["hours_a_place"]),
    )  # fmt: skip


def outcomes_on(book: RuleBook, on: date) -> dict[str, Outcome]:
    """Code → outcome, in the order of the keys."""
    known = {row["code"]: row for row in book.value("outreach.call_outcomes", on)}
    return {
        row["code"]: Outcome(
            row["code"], known[row["code"]]["label"], known[row["code"]]["again"], row["key"], row["heard"], row["says"]
        )
        for row in book.value("outreach.call_keys", on)
        if row["code"] in known
    }

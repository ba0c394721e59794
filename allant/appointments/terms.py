"""How long appointments are held, how far one looks, when one is reminded: the doctrine `appointments.terms` of a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from allant.doctrine import RuleBook


@dataclass(frozen=True)
class Terms:
    """The row of the doctrine, as durations."""

    search: timedelta
    agent_hold: timedelta
    waiting_hold: timedelta
    waiting_notice: timedelta
    letter_hold: timedelta
    reminder: timedelta
    within_km: int
    open_an_address: int
    letter_answer: timedelta
    guest_kept: timedelta


def terms(book: RuleBook, on: date) -> Terms:
    """The terms in force on a day."""
    row = book.value("appointments.terms", on)
    return Terms(
        search=timedelta(days=row["search_days"]), agent_hold=timedelta(minutes=row["agent_hold_minutes"]),
        waiting_hold=timedelta(hours=row["waiting_hold_hours"]), waiting_notice=timedelta(hours=row["waiting_notice_hours"]),
        letter_hold=timedelta(days=row["letter_hold_days"]), reminder=timedelta(days=row["reminder_days"]),
        within_km=int(row["within_km"]), open_an_address=int(row["open_an_address"]),
        letter_answer=timedelta(days=row["letter_answer_days"]), guest_kept=timedelta(days=row["guest_kept_days"]),
    )  # fmt: skip

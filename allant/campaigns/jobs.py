"""Jobs of campaigns, run by procrastinate (`allant worker --channel jobs`): periodic or asked on a page, harmless twice."""

from __future__ import annotations

from datetime import date
from typing import Any

from procrastinate.contrib.django import app

from allant import clock
from allant.campaigns import appointment_rounds as rounds
from allant.campaigns.fallbacks import fall_back
from allant.campaigns.planner.plans import compute_plan
from allant.doctrine import rules

QUEUE, PLANS = "appointments", "plans"


@app.periodic(cron="7 2 * * *")
@app.task(queue=QUEUE, queueing_lock="appointments.slots")
def make_slots_ahead(timestamp: int) -> int:
    """The slots of the weeks to come."""
    return rounds.slots()


@app.periodic(cron="* * * * *")
@app.task(queue=QUEUE, queueing_lock="appointments.holds")
def give_back_holds(timestamp: int) -> int:
    """Seats held beyond their time."""
    return rounds.holds()


@app.periodic(cron="* * * * *")
@app.task(queue=QUEUE, queueing_lock="appointments.settle")
def settle_with_partners(timestamp: int) -> dict[str, int]:
    """Bookings that a partner left without answer."""
    return rounds.settle()


@app.periodic(cron="*/10 8-19 * * *")
@app.task(queue=QUEUE, queueing_lock="appointments.waiting")
def offer_freed_seats(timestamp: int) -> list[int]:
    """Freed seats, to who waits; by day, so that there is time to answer."""
    return list(rounds.waiting())


@app.periodic(cron="*/15 * * * *")
@app.task(queue=QUEUE, queueing_lock="appointments.letters")
def write_slot_letters(timestamp: int) -> int:
    """Letters that bear a slot, for those who wait for one; how many."""
    return sum(each.written for each in rounds.letters().values())


@app.periodic(cron="*/10 * * * *")
@app.task(queue=QUEUE, queueing_lock="appointments.visits")
def close_home_visits(timestamp: int) -> int:
    """Requests of a visit at home that a dose has answered."""
    return rounds.visits()


@app.periodic(cron="37 3 * * *")
@app.task(queue=QUEUE, queueing_lock="appointments.forget")
def forget_guests(timestamp: int) -> int:
    """What guests and relatives left for appointments long past."""
    return rounds.forget()


@app.periodic(cron="12 * * * *")
@app.task(queue=QUEUE, queueing_lock="appointments.reminders")
def remind_of_appointments(timestamp: int) -> int:
    """Reminders two days before, for every place's own clock."""
    return rounds.remind()


@app.task(queue=PLANS, pass_context=True)
def compute_invitation_plan(
    context: Any, *, programme: str, first_week: str, weeks: int, as_of: str, by: str, asked_at: str
) -> int:
    """A plan too long to compute while a page waits; days as ISO text, `asked_at` for who waits. Returns the plan."""
    day = date.fromisoformat(as_of)
    plan = compute_plan(
        programme, first_week=date.fromisoformat(first_week), weeks=weeks, as_of=day, book=rules.as_known_on(day), by=by,
        at=clock.now(), job=context.job.id,
    )  # fmt: skip
    return int(plan.pk)


@app.periodic(cron="37 4 * * *")
@app.task(queue="campaigns", queueing_lock="campaigns.fallbacks")
def write_by_another_channel(timestamp: int) -> int:
    """Invited people whom the channel chosen does not reach, by the next one of their campaign."""
    return fall_back(clock.now())

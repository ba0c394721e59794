"""The replay on the register: week by week, targets and invitations first, then the doses of the official series.

Everything goes through the product's public actions. Each stage repeats harmlessly and is marked once done; at its start a
replay reads its state back from the register: stopped anywhere and started again, it ends with the same rows.
"""

from collections.abc import Callable

import pyarrow as pa
from django.db import connection

from allant import bulk, clock
from allant.country.models import ReplayStage
from allant.country.official.series import Series
from allant.country.replay.assign import Assigner
from allant.country.replay.campaigns import BY, launch_waves, write_messages
from allant.country.replay.plan import Plan, make_plan
from allant.country.replay.register import Register
from allant.country.replay.weeks import Week, weeks
from allant.immunizations.bulk import BulkReport, record_doses_in_bulk

Progress = Callable[[str, int, int], None]
"""Called with the stage, the weeks done and the weeks in all."""

STAGES = ("invitations", "messages", "doses")
FORCED_REASON = "série officielle"

_HISTORY = """
    SELECT person_id, occurred_on, vaccine, dose_number, series, series_doses FROM immunizations_dose
    WHERE ended_at IS NULL AND source = 'official_series' AND occurred_on < %s ORDER BY occurred_on, person_id"""
_HISTORY_SCHEMA = pa.schema([
    ("person_id", pa.int64()), ("occurred_on", pa.date32()), ("vaccine", pa.string()), ("dose_number", pa.int8()),
    ("series", pa.string()), ("series_doses", pa.int8()),
])  # fmt: skip


def replay(series: Series, *, people: int, progress: Progress) -> None:
    """Play the whole series on the register of `people` persons, from where a former run stopped."""
    todo = list(weeks(series.days[0].item(), series.days[-1].item()))
    done = [week for week in todo if ReplayStage.objects.is_done(week.last, STAGES[-1])]
    for stage in STAGES:
        progress(stage, len(done), len(todo))
    if len(done) < len(todo):
        player = _Player(series, people, todo[len(done)])
        for number, week in enumerate(todo[len(done) :], len(done) + 1):
            with clock.moved_to(week.last):
                player.play(week, lambda stage, number=number: progress(stage, number, len(todo)))


class _Player:
    """Plays the weeks in order, from a first one whose earlier weeks are on the register."""

    def __init__(self, series: Series, people: int, first: Week) -> None:
        self._register = Register(series)
        plan: Plan = make_plan(series, people, capacity=self._register.capacity())
        history = bulk.copy_out(_HISTORY, [first.first], _HISTORY_SCHEMA)
        self._assigner = Assigner(plan, self._register.persons(), history=[history])

    def play(self, week: Week, done: Callable[[str], None]) -> None:
        """The stages of one week that are not marked yet; doses are assigned anew when they are not, to the same persons."""
        work: dict[str, Callable[[], int]] = {
            "invitations": lambda: launch_waves(week),
            "messages": lambda: write_messages(week, clock.now()),
            "doses": lambda: self._record(week).received,
        }
        for stage in STAGES:
            if not ReplayStage.objects.is_done(week.last, stage):
                ReplayStage.objects.mark_done(week.last, stage, work[stage]())
            done(stage)
        self._refresh_statistics()

    def _refresh_statistics(self) -> None:
        """The tables grow from nothing in minutes, faster than PostgreSQL looks at them by itself: plans would stay those of
        empty tables."""
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE campaigns_invitation, immunizations_dose, outreach_message")

    def _record(self, week: Week) -> BulkReport:
        """Give the doses of one week to persons and record them; acts that break a rule are forced, and counted by rule."""
        rows = self._assigner.step(week.first, week.last, order=self._register.order(week.last))
        return record_doses_in_bulk(
            rows, source="official_series", by=BY, forced_reason=FORCED_REASON, batch_key=f"vacsi:{week.last.isoformat()}"
        )


def forced_acts() -> dict[str, int]:
    """How many recorded acts of the series broke each rule, the most frequent first."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT rule, count(*) FROM immunizations_dose, unnest(forced_rules) AS rule
               WHERE ended_at IS NULL AND source = 'official_series' GROUP BY 1 ORDER BY 2 DESC, 1"""
        )
        return dict(cursor.fetchall())

"""The replay on the register: week by week, targets and invitations first, then the doses of the official series.

Everything goes through the product's public actions. Each stage repeats harmlessly and is marked once done, and the state of
the replay is read back from the register at each week: stopped anywhere and started again, it ends with the same rows.
"""

from collections.abc import Callable
from datetime import date

import numpy as np
import pyarrow as pa
from django.db import connection

from allant import bulk, clock
from allant.country.models import ReplayStage
from allant.country.official.series import UNKNOWN_CLASS, Series
from allant.country.replay.assign import Assigner
from allant.country.replay.campaigns import BY, launch_waves, write_messages
from allant.country.replay.eligibility import eligible_days
from allant.country.replay.persons import ClassPersons
from allant.country.replay.plan import Plan, make_plan
from allant.country.replay.weeks import Week, weeks
from allant.doctrine import rules
from allant.figures.parameters import Parameters
from allant.immunizations.bulk import BulkReport, record_doses_in_bulk

Progress = Callable[[str, int, int], None]
"""Called with the stage, the weeks done and the weeks in all."""

STAGES = ("invitations", "messages", "doses")
FORCED_REASON = "série officielle"
_NEVER_INVITED = 4095

_PERSONS = """
    SELECT p.id AS person_id, p.birth_date,
           (SELECT min(i.invited_on) FROM campaigns_invitation i
            WHERE i.person_id = p.id AND i.revoked_at IS NULL AND i.invited_on <= %s
              AND i.campaign_id IN (SELECT id FROM campaigns_campaign WHERE act = 'dose_summary.first_on')) AS invited_on,
           (SELECT min(f.occurred_on) FROM immunizations_infection f WHERE f.person_id = p.id) AS infected_on,
           EXISTS (SELECT FROM people_situation s WHERE s.person_id = p.id AND s.kind = 'immunodepressed') AS immunodepressed,
           hashint8extended(p.id, 2021) & 4294967295 AS lot
    FROM people_person p WHERE p.died_on IS NULL ORDER BY p.id"""
_PERSONS_SCHEMA = pa.schema([
    ("person_id", pa.int64()), ("birth_date", pa.date32()), ("invited_on", pa.date32()), ("infected_on", pa.date32()),
    ("immunodepressed", pa.bool_()), ("lot", pa.int64()),
])  # fmt: skip
_HISTORY = """
    SELECT person_id, occurred_on, vaccine, dose_number, series, series_doses FROM immunizations_dose
    WHERE ended_at IS NULL AND source = 'official_series' ORDER BY occurred_on, person_id"""
_HISTORY_SCHEMA = pa.schema([
    ("person_id", pa.int64()), ("occurred_on", pa.date32()), ("vaccine", pa.string()), ("dose_number", pa.int8()),
    ("series", pa.string()), ("series_doses", pa.int8()),
])  # fmt: skip


def replay(series: Series, *, people: int, progress: Progress) -> None:
    """Play the whole series on the register of `people` persons, from where a former run stopped."""
    plan = make_plan(series, people, capacity=_capacity(series))
    todo = list(weeks(series.days[0].item(), series.days[-1].item()))
    for number, week in enumerate(todo, 1):
        with clock.moved_to(week.last):
            _play(week, plan)
        for stage in STAGES:
            progress(stage, number, len(todo))


def _play(week: Week, plan: Plan) -> None:
    work: dict[str, Callable[[], int]] = {
        "invitations": lambda: launch_waves(week),
        "messages": lambda: write_messages(week, clock.now()),
        "doses": lambda: record_week(week, plan).received,
    }
    for stage in STAGES:
        if not ReplayStage.objects.is_done(week.last, stage):
            ReplayStage.objects.mark_done(week.last, stage, work[stage]())


def record_week(week: Week, plan: Plan) -> BulkReport:
    """Give the doses of one week to persons and record them; acts that break a rule are forced, and counted by rule."""
    history = bulk.copy_out(_HISTORY, (), _HISTORY_SCHEMA)
    assigner = Assigner(plan, _classes(plan, week.last), history=[history.filter(_before(history, week.first))])
    rows = assigner.step(week.first, week.last)
    return record_doses_in_bulk(
        rows, source="official_series", by=BY, forced_reason=FORCED_REASON, batch_key=f"vacsi:{week.last.isoformat()}"
    )


def _before(history: pa.Table, day: date) -> pa.Array:
    """A week recorded but not marked is assigned again, from the same state, to the same rows."""
    return pa.array(history["occurred_on"].to_numpy() < np.datetime64(day, "D"))


def _classes(plan: Plan, on: date) -> dict[str, ClassPersons]:
    people = bulk.copy_out(_PERSONS, [on], _PERSONS_SCHEMA)
    births = people["birth_date"].to_numpy().astype("datetime64[D]")
    invited = _days_since(people["invited_on"].to_numpy().astype("datetime64[D]"), plan.days[0])
    eligible = np.clip(_days_since(eligible_days(births), plan.days[0]), 0, _NEVER_INVITED)
    order = (invited << 44) | (eligible << 32) | people["lot"].to_numpy()
    infected = people["infected_on"].to_numpy().astype("datetime64[D]")
    immunodepressed = people["immunodepressed"].to_numpy(zero_copy_only=False)
    ids, of_class = people["person_id"].to_numpy(), age_classes(births)
    return {
        code: ClassPersons(ids[chosen], order[chosen], infected[chosen], immunodepressed[chosen], _months(births[chosen]))
        for code in plan.classes
        for chosen in [of_class == code]
    }


def _days_since(days: np.ndarray, first: np.datetime64) -> np.ndarray:
    """Days since the first of the series, at least 0; `_NEVER_INVITED` for no date."""
    counted = (days - first).astype(np.int64)
    return np.where(np.isnat(days), _NEVER_INVITED, np.clip(counted, 0, _NEVER_INVITED))


def _months(births: np.ndarray) -> np.ndarray:
    months = births.astype("datetime64[M]").astype(np.int64) + 70 * 12
    return np.where(np.isnat(births), 0, months).astype(np.int16)


def age_classes(births: np.ndarray) -> np.ndarray:
    """The official class of each birth date (datetime64[D]), `NA` for none."""
    day = clock.today()
    classes = Parameters(rules.as_known_on(day)).age_classes(day)
    oldest_first = np.array(classes.cut_offs()[::-1], dtype="datetime64[D]")
    found = np.array(classes.codes)[len(oldest_first) - np.searchsorted(oldest_first, births, side="left")]
    return np.where(np.isnat(births), UNKNOWN_CLASS, found)


def _capacity(series: Series) -> np.ndarray:
    births = bulk.copy_out("SELECT birth_date FROM people_person WHERE died_on IS NULL", (), pa.schema([("birth_date", pa.date32())]))
    found = age_classes(births["birth_date"].to_numpy().astype("datetime64[D]"))
    return np.array([(found == code).sum() for code in series.classes], dtype=np.int64)


def forced_acts() -> dict[str, int]:
    """How many recorded acts of the series broke each rule."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT rule, count(*) FROM immunizations_dose, unnest(forced_rules) AS rule
               WHERE ended_at IS NULL AND source = 'official_series' GROUP BY 1 ORDER BY 2 DESC"""
        )
        return dict(cursor.fetchall())

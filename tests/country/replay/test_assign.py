"""Acts find persons: counts are the law, intervals are plausible, an interrupted replay continues as if it were not (FG-04)."""

from dataclasses import replace
from datetime import date, timedelta

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from allant.country.official.series import CLASS_MEASURES, Series
from allant.country.replay.assign import Assigner, NotEnoughPersons
from allant.country.replay.history import UnknownDoses
from allant.country.replay.persons import ClassPersons
from allant.country.replay.plan import Plan, make_plan
from tests.country.replay.conftest import sizes, some_persons

FIRST, LAST = date(2020, 12, 27), date(2021, 11, 21)
PEOPLE = 20_000


@pytest.fixture(scope="module")
def persons(series: Series) -> dict[str, ClassPersons]:
    return some_persons(series, PEOPLE)


@pytest.fixture(scope="module")
def plan(series: Series, persons: dict[str, ClassPersons]) -> Plan:
    return make_plan(series, PEOPLE, sizes(series, persons))


@pytest.fixture(scope="module")
def doses(plan: Plan, persons: dict[str, ClassPersons]) -> pa.Table:
    return Assigner(plan, persons).step(FIRST, LAST)


def one(query: str, doses: pa.Table) -> tuple:
    """The one row that a query on `doses` gives."""
    with duckdb.connect() as database:
        database.register("doses", doses)
        return database.execute(query).fetchone()


def test_every_day_and_class_counts_what_was_planned(plan: Plan, persons: dict[str, ClassPersons], doses: pa.Table) -> None:
    of_class = np.zeros(int(max(group.person_id[-1] for group in persons.values() if group.size)) + 1, dtype=np.int64)
    for row, code in enumerate(plan.classes):
        of_class[persons[code].person_id] = row
    day = (doses["occurred_on"].to_numpy().astype("datetime64[D]") - plan.days[0]).astype(int)
    row = of_class[doses["person_id"].to_numpy()]
    number, needed = doses["dose_number"].to_numpy(), doses["series_doses"].to_numpy()
    series = np.array(doses["series"].to_pylist())
    primary = series == "primary"
    chosen = {
        "dose1": number == 1, "complete": primary & (number == needed), "booster": series == "booster",
        "booster2": series == "second_booster", "booster3": series == "third_booster",
    }  # fmt: skip
    for measure in CLASS_MEASURES:
        counted = np.zeros(plan.margins.by_class[measure].shape, dtype=np.int64)
        np.add.at(counted, (day[chosen[measure]], row[chosen[measure]]), 1)
        assert np.array_equal(counted, plan.margins.by_class[measure])


def test_nobody_has_two_doses_a_day_and_ranks_follow_each_other(doses: pa.Table) -> None:
    query = """
        SELECT count(*) FILTER (WHERE occurred_on <= previous), count(*) FILTER (WHERE dose_number <> coalesce(rank, 0) + 1),
               count(*) FILTER (WHERE series <> 'primary' AND NOT coalesce(complete, false)),
               count(DISTINCT source_key) = count(*)
        FROM (SELECT *, lag(occurred_on) OVER person AS previous, lag(dose_number) OVER person AS rank,
                     bool_or(series = 'primary' AND dose_number = series_doses)
                         OVER (person ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS complete
              FROM doses WINDOW person AS (PARTITION BY person_id ORDER BY occurred_on, dose_number))"""
    assert one(query, doses) == (0, 0, 0, True)


def test_nobody_completes_or_is_boosted_twice(doses: pa.Table) -> None:
    query = """
        SELECT max(completed), max(boosted) FROM (
            SELECT count(*) FILTER (WHERE series = 'primary' AND dose_number = series_doses) AS completed,
                   count(*) FILTER (WHERE series = 'booster') AS boosted FROM doses GROUP BY person_id)"""
    assert one(query, doses) == (1, 1)


@pytest.fixture(scope="module")
def hundredth(series: Series) -> tuple[dict[str, ClassPersons], Plan, pa.Table]:
    """A hundredth of the country, with three third boosters more than the four of the nation leave it."""
    last = -1
    by_class = {measure: counts.copy() for measure, counts in series.by_class.items()}
    by_vaccine = {measure: counts.copy() for measure, counts in series.by_vaccine.items()}
    by_class["booster3"][last, series.classes.index("80")] += 300
    by_vaccine["booster3"][last, 0] += 300
    many = replace(series, by_class=by_class, by_vaccine=by_vaccine)
    people = series.people // 100
    persons = some_persons(many, people)
    plan = make_plan(many, people, sizes(many, persons))
    return persons, plan, Assigner(plan, persons).step(FIRST, LAST)


def test_fg_04_second_and_third_boosters_follow_those_before_them(
    hundredth: tuple[dict[str, ClassPersons], Plan, pa.Table],
) -> None:
    """At 1/100: 30 second boosters, most of them fourth doses; the third ones have the next rank."""
    query = """
        SELECT count(*) FILTER (WHERE series = 'second_booster'), count(*) FILTER (WHERE series = 'third_booster'),
               count(*) FILTER (WHERE series = 'second_booster' AND before <> 'booster'),
               count(*) FILTER (WHERE series = 'third_booster' AND before <> 'second_booster'),
               count(*) FILTER (WHERE series = 'second_booster' AND dose_number = 4) > 25,
               min(dose_number) FILTER (WHERE series = 'third_booster') >= 4,
               bool_and(dose_number = rank + 1 AND occurred_on > since)
        FROM (SELECT *, lag(series) OVER person AS before, lag(dose_number) OVER person AS rank,
                     lag(occurred_on) OVER person AS since
              FROM doses WINDOW person AS (PARTITION BY person_id ORDER BY dose_number))
        WHERE series IN ('second_booster', 'third_booster')"""
    assert one(query, hundredth[2]) == (30, 3, 0, 0, True, True, True)


def test_fg_04_second_and_third_boosters_are_taken_up_from_history(
    hundredth: tuple[dict[str, ClassPersons], Plan, pa.Table],
) -> None:
    """Interrupted on any of the last days, the rest is the same."""
    persons, plan, whole = hundredth
    for cut in (LAST, LAST - timedelta(9)):
        before = whole.filter(pc.less(whole["occurred_on"], pa.scalar(cut)))
        after = whole.filter(pc.greater_equal(whole["occurred_on"], pa.scalar(cut)))
        assert rows_of(Assigner(plan, persons, [before]).step(cut, LAST)) == rows_of(after)


def test_intervals_are_plausible(doses: pa.Table) -> None:
    query = """
        SELECT median(days) FILTER (WHERE dose_number = 2 AND series = 'primary'),
               avg((days >= 21)::int) FILTER (WHERE dose_number = 2 AND series = 'primary'),
               median(days) FILTER (WHERE series = 'booster')
        FROM (SELECT *, occurred_on - lag(occurred_on) OVER (PARTITION BY person_id ORDER BY occurred_on) AS days FROM doses)"""
    second, long_enough, booster = one(query, doses)
    assert 25 <= second <= 45
    assert long_enough > 0.95
    assert 150 <= booster <= 250


def test_single_doses_of_two_dose_vaccines_go_to_the_infected(persons: dict[str, ClassPersons], doses: pa.Table) -> None:
    infected = {int(pid) for group in persons.values() for pid in group.person_id[~np.isnat(group.infected_on)]}
    rows = doses.select(["person_id", "dose_number", "series_doses", "vaccine"]).to_pylist()
    single = [row["person_id"] for row in rows if row["dose_number"] == row["series_doses"] == 1 and row["vaccine"] != "janssen"]
    assert len(single) > 1000
    assert sum(pid in infected for pid in single) > 0.95 * len(single)


def test_third_primary_doses_go_to_the_immunodepressed(persons: dict[str, ClassPersons], doses: pa.Table) -> None:
    """RP-01: as far as a class has any left to serve; one person in a hundred is one here."""
    frail = {int(pid) for group in persons.values() for pid in group.person_id[group.immunodepressed]}
    rows = doses.select(["person_id", "dose_number", "series"]).to_pylist()
    third = [row["person_id"] for row in rows if row["dose_number"] == 3 and row["series"] == "primary"]
    assert len(third) > 30
    assert sum(pid in frail for pid in third) > 0.25 * len(third)


@pytest.mark.parametrize("spread", [1, 3])
def test_week_by_week_from_history_equals_one_run(series: Series, spread: int) -> None:
    persons = some_persons(series, 2_000, spread=spread)
    plan = make_plan(series, 2_000, sizes(series, persons))
    whole = Assigner(plan, persons).step(FIRST, LAST)
    parts: list[pa.Table] = []
    for start in range(0, (LAST - FIRST).days + 1, 7):
        week = FIRST + timedelta(start)
        history = [pa.concat_tables(parts).unify_dictionaries()] if parts else []
        parts.append(Assigner(plan, persons, history).step(week, week + timedelta(6)))
    assert rows_of(pa.concat_tables(parts)) == rows_of(whole)


def rows_of(table: pa.Table) -> list[list[object]]:
    return [table[name].combine_chunks().cast(pa.string()).to_pylist() for name in table.column_names]


def test_the_order_can_change_from_week_to_week(plan: Plan, persons: dict[str, ClassPersons]) -> None:
    """Invited first: those moved to the head of the line are the next to have a first dose."""
    assigner = Assigner(plan, persons)
    assigner.step(FIRST, date(2021, 5, 2))
    group = persons["49"]
    reverse = {"49": -group.order.astype(np.int64)}
    week = assigner.step(date(2021, 5, 3), date(2021, 5, 9), order=reverse)
    order = dict(zip(group.person_id.tolist(), group.order.tolist(), strict=True))
    rows = week.select(["person_id", "dose_number"]).to_pylist()
    chosen = [order[row["person_id"]] for row in rows if row["dose_number"] == 1 and row["person_id"] in order]
    assert len(chosen) > 50
    assert np.median(chosen) > 800


def test_the_dead_have_no_dose(series: Series) -> None:
    persons = some_persons(series, 2_000)
    group = persons["80"]
    living = np.ones(len(group.person_id), dtype=bool)
    living[:6] = False
    persons["80"] = ClassPersons(group.person_id, group.order, group.infected_on, group.immunodepressed, living=living)
    plan = make_plan(series, 2_000, sizes(series, persons))
    doses = Assigner(plan, persons).step(FIRST, LAST)
    assert not set(group.person_id[:6].tolist()) & set(doses["person_id"].to_pylist())


def test_a_country_smaller_than_its_plan_is_refused(series: Series, persons: dict[str, ClassPersons]) -> None:
    plan = make_plan(series, 40 * PEOPLE)
    with pytest.raises(NotEnoughPersons, match=r"classe 80 : .* premières doses"):
        Assigner(plan, persons)


def test_a_history_of_other_people_is_refused(plan: Plan, persons: dict[str, ClassPersons], doses: pa.Table) -> None:
    group = persons["24"]
    elsewhere = ClassPersons(group.person_id + 10**6, group.order, group.infected_on, group.immunodepressed)
    with pytest.raises(UnknownDoses, match="absentes du pays"):
        Assigner(plan, {**persons, "24": elsewhere}, [doses])


def test_a_vaccine_the_replay_does_not_know_is_refused(plan: Plan, persons: dict[str, ClassPersons], doses: pa.Table) -> None:
    history = doses.slice(0, 1).drop_columns("vaccine").append_column("vaccine", pa.array(["novavax"]))
    with pytest.raises(UnknownDoses, match=r"novavax.*Attendu : comirnaty"):
        Assigner(plan, persons, [history])

"""RP-03, RP-04: the rule over many people says what the rule of one person says, on DuckDB and on PostgreSQL."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from allant.doctrine import RuleBook, Rules, rules
from allant.immunizations.models import Infection
from allant.people.models import Person, Situation
from allant.recall.moves import Moves, moves_in_register, moves_in_snapshot, write_dates
from allant.recall.population import SnapshotIncomplete
from allant.recall.posed import posed
from allant.recall.relation import dates_sql
from allant.recall.rule import Vaccinated, answer, recall
from tests.recall.builders import boosted, complete, country

EDGES = [date(2021, month, 28) for month in range(1, 13)] + [date(2021, 8, 31), date(2021, 10, 30), date(2021, 11, 30)]
DAYS = st.dates(date(2021, 1, 15), date(2022, 3, 31)) | st.sampled_from(EDGES)
BIRTHS = st.none() | st.dates(date(1930, 1, 1), date(2010, 12, 31)) | st.dates(date(2003, 10, 1), date(2004, 3, 5)) | st.dates(
    date(1956, 11, 1), date(1957, 3, 1)
)  # fmt: skip
VACCINES = st.sampled_from(["comirnaty", "spikevax", "vaxzevria", "janssen", "unknown"])
SITUATIONS = st.frozensets(st.sampled_from(["ald", "immunodepressed", "obesity", "ald:e11", "pregnancy"]), max_size=2)
PEOPLE = st.builds(Vaccinated, BIRTHS, VACCINES, DAYS, st.none() | DAYS, SITUATIONS)
KNOWN = st.sampled_from([date(2021, 8, 1), date(2021, 9, 1), date(2021, 11, 27), date(2021, 12, 3), date(2021, 12, 24),
                         date(2021, 12, 28), date(2022, 2, 15)])  # fmt: skip
ASKED = st.dates(date(2021, 9, 1), date(2022, 3, 31))

ANNOUNCED = """
covid.booster.delay:
  label: Délai
  unit: delay
  versions:
    - {in_force: 2021-09-01, known_from: 2021-09-01, value: {months: 3}, assumption: essai}
    - {in_force: 2022-03-01, known_from: 2022-01-01, value: {months: 6}, assumption: allongement annoncé}
"""


def values(people: list[Vaccinated]) -> str:
    """A relation of `relation.COLUMNS`."""

    def row(number: int, one: Vaccinated) -> str:
        days = (
            f"CAST({'NULL' if day is None else repr(str(day))} AS date)" for day in (one.birth_date, one.last_dose, one.infection)
        )
        born, last, infected = days
        held = f"',{','.join(sorted(one.situations))},'" if one.situations else "CAST(NULL AS varchar)"
        return f"({number}, {born}, '{one.vaccine}', {last}, {infected}, {held})"

    rows = ", ".join(row(number, one) for number, one in enumerate(people))
    return f"(SELECT * FROM (VALUES {rows}) AS listed (person_id, birth_date, vaccine, last_on, infected_on, situations))"


def on_duckdb(sql: str) -> list[tuple[object, ...]]:
    return duckdb.sql(f"SELECT booster_from, pass_until FROM ({sql}) ORDER BY person_id").fetchall()


def on_postgres(sql: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT booster_from, pass_until FROM ({sql}) AS dated ORDER BY person_id")
        return list(cursor.fetchall())


def agree(run: Callable[[str], list[tuple[object, ...]]], people: list[Vaccinated], book: RuleBook, on: date) -> None:
    laid = posed(book, on)
    expected = [(found.booster_from, found.pass_until) for found in (answer(one, laid) for one in people)]
    assert run(dates_sql(values(people), laid)) == expected


@given(st.lists(PEOPLE, min_size=1, max_size=60), KNOWN, ASKED)
def test_rp03_rp04_the_two_forms_agree_on_duckdb(people: list[Vaccinated], known_on: date, on: date) -> None:
    """RP-03, RP-04."""
    agree(on_duckdb, people, rules.as_known_on(known_on), on)


@pytest.mark.django_db
@given(st.lists(PEOPLE, min_size=1, max_size=60), KNOWN, ASKED)
def test_rp03_rp04_the_two_forms_agree_on_postgres(people: list[Vaccinated], known_on: date, on: date) -> None:
    """RP-03, RP-04."""
    agree(on_postgres, people, rules.as_known_on(known_on), on)


@pytest.fixture(scope="module")
def with_a_longer_delay_announced() -> RuleBook:
    """The shipped rules, but for a delay of three months that becomes six on 1 March 2022, known since January."""
    shipped = {path.name: path for path in sorted((rules.folder / "covid").iterdir())}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for other, path in shipped.items():
            (folder / other).write_bytes(path.read_bytes())
        text = (folder / "booster.yaml").read_text("utf-8")
        start, end = text.index("covid.booster.delay:"), text.index("# After some vaccines")
        (folder / "booster.yaml").write_text(text[:start] + ANNOUNCED + text[end:], "utf-8")
        return Rules(folder).as_known_on(date(2022, 1, 10))


def test_rp01_an_announced_delay_counts_as_soon_as_it_is_known(with_a_longer_delay_announced: RuleBook) -> None:
    """RP-01: due before the change by the delay of today, after it by the one announced."""
    on, born = date(2022, 1, 10), date(1980, 1, 1)
    dates = [
        recall(Vaccinated(born, "comirnaty", last), on, with_a_longer_delay_announced).booster_from
        for last in (date(2021, 11, 28), date(2021, 11, 29))
    ]
    assert dates == [date(2022, 2, 28), date(2022, 5, 31)]


@given(people=st.lists(PEOPLE, min_size=1, max_size=60), on=ASKED)
def test_rp04_an_announced_delay_is_the_same_in_both_forms(
    with_a_longer_delay_announced: RuleBook, people: list[Vaccinated], on: date
) -> None:
    """RP-01, RP-04."""
    agree(on_duckdb, people, with_a_longer_delay_announced, on)


BEFORE, AFTER, ON = date(2021, 12, 24), date(2021, 12, 28), date(2021, 12, 28)


def by_one(people: list[Vaccinated], known_on: date) -> list[tuple[date | None, date | None]]:
    found = [recall(one, ON, rules.as_known_on(known_on)) for one in people]
    return [(each.booster_from, each.pass_until) for each in found]


def moved() -> Moves:
    return moves_in_register(rules.as_known_on(BEFORE), rules.as_known_on(AFTER), ON)


@pytest.mark.django_db
def test_rp04_a_change_says_how_many_move_and_by_how_much() -> None:
    """RP-04: four months become three, an end is announced for the pass, the young are announced a booster."""
    people = country(40)
    boosted(date(1975, 1, 1), date(2021, 3, 1))
    was, now = by_one(people, BEFORE), by_one(people, AFTER)
    shifts = [(new[0] - old[0]).days for old, new in zip(was, now, strict=True) if old[0] and new[0] and new[0] != old[0]]
    found = moved()
    assert found.people == len(people)
    assert shifts and (found.booster.earlier, found.booster.later) == (
        sum(day < 0 for day in shifts),
        sum(day > 0 for day in shifts),
    )
    assert found.booster.widest and (found.booster.widest[0], found.booster.widest[2]) == (min(shifts), max(shifts)) == (-30, -13)
    appears = sum(old[0] is None and new[0] is not None for old, new in zip(was, now, strict=True))
    assert found.booster.appears == appears > 0 and found.booster.disappears == 0
    ends = [(new[1] - old[1]).days for old, new in zip(was, now, strict=True) if old[1] and new[1] and new[1] != old[1]]
    assert found.end_of_pass.moved == len(ends) > 0 and found.end_of_pass.days == {day: ends.count(day) for day in ends}


@pytest.mark.django_db
def test_rp04_what_the_register_knows_of_a_person_counts(tmp_path: Path) -> None:
    """RP-04: merged records, infections, situations of the day; the dead are left out; the snapshot says the same."""
    from allant import facts

    born, last = date(1980, 1, 1), date(2021, 7, 1)
    ill = complete(born, last)
    Situation.objects.create(person=ill, kind="immunodepressed", starts_on=date(2021, 1, 1))
    infected = complete(born, last)
    Infection.objects.create(person=infected, occurred_on=date(2021, 9, 10))
    Person.objects.filter(pk=complete(born, last).pk).update(died_on=date(2021, 12, 1))
    facts.snapshot(connection, tmp_path, as_of=ON)
    assert write_dates(tmp_path, tmp_path / "dates.parquet", rules.as_known_on(AFTER), ON) == 2
    dates = {row["person_id"]: row["booster_from"] for row in pq.read_table(tmp_path / "dates.parquet").to_pylist()}
    assert dates == {ill.pk: last + timedelta(days=28), infected.pk: date(2021, 12, 11)}
    books = rules.as_known_on(BEFORE), rules.as_known_on(AFTER)
    assert moves_in_snapshot(tmp_path, *books, ON) == moves_in_register(*books, ON)


def test_rp04_a_snapshot_without_a_table_says_which(tmp_path: Path) -> None:
    """RP-04."""
    (tmp_path / "person").mkdir()
    pq.write_table(pa.table({"person_id": [1]}), tmp_path / "person" / "part-0.parquet")
    with pytest.raises(SnapshotIncomplete, match="dose_summary"):
        write_dates(tmp_path, tmp_path / "dates.parquet", rules.as_known_on(AFTER), ON)

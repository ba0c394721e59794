"""VC-38: the checks, and that PostgreSQL and DuckDB give the same verdicts."""

from datetime import date
from typing import Any

import duckdb
import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from allant.doctrine import rules
from allant.immunizations import checks
from allant.immunizations.actions import DoseRefused, declare_infection, record_dose, save_lot
from allant.immunizations.models import Dose, Series
from allant.people.models import Person
from tests.immunizations.builders import TODAY, act, day
from tests.immunizations.spec import FIRST, Step, Story
from tests.immunizations.spec.cases import CASES, CHAPTERS
from tests.immunizations.spec.rendering import PAGE, page
from tests.immunizations.spec.stories import STORIES
from tests.people.builders import person

COLUMNS = {
    "row_no": "bigint",
    "person_id": "bigint",
    "person_known": "boolean",
    "birth_date": "date",
    "died_on": "date",
    "infected_on": "date",
    "last_infected_on": "date",
    "situations": "varchar",
    "occurred_on": "date",
    "vaccine": "varchar",
    "dose_number": "integer",
    "series_doses": "integer",
    "series": "varchar",
    "previous_on": "date",
    "previous_number": "integer",
    "previous_vaccine": "varchar",
    "first_vaccine": "varchar",
    "previous_complete": "boolean",
    "lot_expires_on": "date",
    "lot_recalled_on": "date",
    "today": "date",
}
def _relation(acts: list[dict[str, Any]]) -> str:
    values = ", ".join(
        "(" + ", ".join(f"CAST({_literal(act.get(name))} AS {kind})" for name, kind in COLUMNS.items()) + ")" for act in acts
    )
    return f"(SELECT * FROM (VALUES {values}) AS act ({', '.join(COLUMNS)}))"


def _literal(value: Any) -> str:
    return "NULL" if value is None else f"'{value}'" if isinstance(value, str | date) else str(value)


def _verdicts(acts: list[dict[str, Any]]) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    doctrine = checks.doctrine_relations(rules.as_known_on(date(2022, 6, 1)))
    numbered = [act | {"row_no": number} for number, act in enumerate(acts)]
    query = f"SELECT * FROM ({checks.verdict_sql(_relation(numbered), doctrine)}) AS verdict ORDER BY row_no"
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall(), duckdb.sql(query).fetchall()


@pytest.mark.django_db
def test_every_case_on_both_engines() -> None:
    """VC-38, VC-40, VC-41: one line a case; the first code decides, none when it is accepted."""
    postgres, duck = _verdicts([case.prepared for case in CASES])
    assert postgres == duck
    seen = {case.shows: (refused or broken).split(",")[0] for case, (_, refused, broken) in zip(CASES, postgres, strict=True)}
    assert seen == {case.shows: case.verdict for case in CASES}


def test_cases_have_names_of_their_own() -> None:
    assert len({case.shows for case in CASES}) == len(CASES)


def test_the_checks_know_every_series() -> None:
    """Whoever adds a series says how it is judged."""
    assert ("primary", *checks.BOOSTERS) == tuple(Series.values)


def test_every_check_is_shown_by_a_case() -> None:
    """VC-38: a check without a case could be removed unnoticed; each has a chapter, and each but one a case it lets through."""
    codes = {check.code for check in (*checks.REFUSALS, *checks.RULES)}
    assert codes == {case.verdict for case in CASES if case.verdict} == {chapter.code for chapter in CHAPTERS}
    assert len(CHAPTERS) == len(codes)


def test_the_page_of_the_recording_rules_is_up_to_date() -> None:
    """VC-38: the table of cases is in the docs."""
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m tests.immunizations.spec.rendering"


def _reasons(refusal: DoseRefused) -> str:
    return f"refused: {', '.join(refusal.codes)}"


def _outcome(someone: Person, step: Step) -> str:
    occurred_on, vaccine, rank, series, doses = step.act.split()
    known = set(Dose.objects.values_list("pk", flat=True))
    try:
        dose = record_dose(
            person=someone,
            act=act(occurred_on, vaccine=vaccine, dose_number=int(rank), series=series, series_doses=int(doses), **step.told),
            source="teleservice",
            source_key=step.key,
            by="ps:1",
            forced_reason=step.forced_reason,
            today=TODAY,
        )
    except DoseRefused as refusal:
        assert str(refusal)
        return _reasons(refusal)
    if dose.pk in known:
        return "already there"
    dose.refresh_from_db()
    assert bool(dose.forced_rules) == bool(dose.forced_reason)
    return f"recorded, forced: {', '.join(dose.forced_rules)}" if dose.forced_rules else "recorded"


@pytest.mark.django_db
@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.shows)
def test_every_story(story: Story) -> None:
    """VC-38, VC-39, VC-40, VC-41, VC-42, VC-30: what the recording does with one sending after the other."""
    someone = person()
    for name, value in story.given.items():
        what, _, number = name.partition(" ")
        if what == "infection":
            declare_infection(person=someone, occurred_on=day(value), by="ps:1", today=TODAY)
        else:
            number, _, why = number.partition(" ")
            days = {f"{one}_on": day(value) if one == why else None for one in ("expires", "recalled")}
            save_lot(vaccine="comirnaty", number=number, by="test", **days)
    assert [_outcome(someone, step) for step in story.steps] == [step.outcome for step in story.steps]


days = st.dates(date(2020, 11, 1), date(2022, 3, 1))
ranks = st.integers(-1, 11)
vaccines = st.sampled_from(["comirnaty", "spikevax", "vaxzevria", "janssen", "unknown", "pfizer"])
acts = st.fixed_dictionaries(
    {
        "person_id": st.just(1),
        "person_known": st.booleans(),
        "birth_date": st.none()
        | st.sampled_from([date(2004, 2, 29), date(2008, 2, 29)])
        | st.dates(date(1930, 1, 1), date(2021, 12, 31)),
        "died_on": st.none() | days,
        "infected_on": st.none() | st.dates(date(2020, 3, 1), date(2021, 12, 1)),
        "last_infected_on": st.none() | st.dates(date(2021, 6, 1), date(2022, 6, 1)),
        "situations": st.none() | st.sampled_from([",", ",immunodepressed,", ",ald,ald:C92,", ",institution,institution:ehpad,"]),
        "occurred_on": st.none() | days,
        "vaccine": st.none() | vaccines,
        "dose_number": st.none() | ranks,
        "series_doses": st.none() | ranks,
        "series": st.none() | st.sampled_from(["primary", *checks.BOOSTERS, "rappel"]),
        "previous_on": st.none() | days,
        "previous_number": st.none() | ranks,
        "previous_vaccine": st.none() | vaccines,
        "first_vaccine": st.none() | vaccines,
        "previous_complete": st.none() | st.booleans(),
        "lot_expires_on": st.none() | days,
        "lot_recalled_on": st.none() | days,
        "today": days,
    }
)


@pytest.mark.django_db
@given(st.lists(acts, min_size=1, max_size=20))
def test_both_engines_agree(batch: list[dict[str, Any]]) -> None:
    """The same text gives the same verdicts on PostgreSQL and DuckDB, and one verdict a row."""
    postgres, duck = _verdicts(batch)
    assert postgres == duck
    assert len(postgres) == len(batch)


def test_a_book_that_knows_nothing_yet_still_makes_sql() -> None:
    """Before the first vaccine is known, every vaccine is unknown; nothing crashes."""
    doctrine = checks.doctrine_relations(rules.as_known_on(date(2020, 1, 1)))
    (verdict,) = duckdb.sql(checks.verdict_sql(_relation([FIRST | {"row_no": 1}]), doctrine)).fetchall()
    assert verdict[1] == "unknown_vaccine"

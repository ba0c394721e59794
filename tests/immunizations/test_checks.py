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
from allant.immunizations.models import Series

COLUMNS = {
    "row_no": "bigint",
    "person_id": "bigint",
    "person_known": "boolean",
    "birth_date": "date",
    "died_on": "date",
    "infected_on": "date",
    "situations": "varchar",
    "occurred_on": "date",
    "vaccine": "varchar",
    "dose_number": "integer",
    "series_doses": "integer",
    "series": "varchar",
    "previous_on": "date",
    "previous_number": "integer",
    "previous_vaccine": "varchar",
    "previous_complete": "boolean",
    "today": "date",
}
FIRST = {
    "person_id": 1,
    "person_known": True,
    "birth_date": "1950-05-01",
    "situations": ",",
    "occurred_on": "2021-03-01",
    "vaccine": "comirnaty",
    "dose_number": 1,
    "series_doses": 2,
    "series": "primary",
    "today": "2022-06-01",
}
AFTER_ONE = {"previous_on": "2021-03-01", "previous_number": 1, "previous_vaccine": "comirnaty", "previous_complete": False}
AFTER_TWO = {**AFTER_ONE, "previous_number": 2, "previous_complete": True}
SECOND = FIRST | AFTER_ONE | {"dose_number": 2, "occurred_on": "2021-04-01"}
BOOSTER = FIRST | AFTER_TWO | {"dose_number": 3, "occurred_on": "2021-10-01", "series": "booster"}
SECOND_BOOSTER = BOOSTER | {
    "series": "second_booster", "previous_on": "2021-10-01", "previous_number": 3, "dose_number": 4, "occurred_on": "2022-04-15",
}  # fmt: skip
LEAPLING = FIRST | {"birth_date": "2004-02-29", "vaccine": "janssen", "series_doses": 1}

CASES = [
    ("premier", FIRST, ""),
    ("deuxième", SECOND, ""),
    ("VC-38 futur", FIRST | {"today": "2021-02-28"}, "in_the_future"),
    ("VC-38 avant la naissance", FIRST | {"birth_date": "2021-03-02"}, "before_birth"),
    ("après le décès", FIRST | {"died_on": "2021-02-28"}, "after_death"),
    ("le jour du décès", FIRST | {"died_on": "2021-03-01"}, ""),
    ("personne inconnue", FIRST | {"person_known": False, "birth_date": None}, "unknown_person"),
    ("vaccin inconnu", FIRST | {"vaccine": "pfizer"}, "unknown_vaccine"),
    ("sans date", FIRST | {"occurred_on": None}, "malformed"),
    ("rang zéro", FIRST | {"dose_number": 0}, "malformed"),
    ("série inconnue", FIRST | {"series": "rappel"}, "malformed"),
    ("même jour", SECOND | {"occurred_on": "2021-03-01"}, "same_day"),
    ("rang pris", SECOND | {"dose_number": 1}, "rank_taken"),
    ("vaccin non précisé", FIRST | {"vaccine": "unknown"}, "vaccine_not_named"),
    ("VC-38 avant l'autorisation", FIRST | {"vaccine": "janssen", "series_doses": 1}, "before_authorisation"),
    ("le jour de l'autorisation", FIRST | {"vaccine": "janssen", "series_doses": 1, "occurred_on": "2021-03-11"}, ""),
    ("VC-38 trop jeune", FIRST | {"birth_date": "2005-03-02"}, "under_minimum_age"),
    ("seize ans ce jour", FIRST | {"birth_date": "2005-03-01"}, ""),
    ("12 ans avant l'ouverture", FIRST | {"birth_date": "2009-01-01", "occurred_on": "2021-06-14"}, "under_minimum_age"),
    ("12 ans à l'ouverture", FIRST | {"birth_date": "2009-01-01", "occurred_on": "2021-06-15"}, ""),
    ("18 ans, né un 29 février, le 28", LEAPLING | {"occurred_on": "2022-02-28"}, "under_minimum_age"),
    ("18 ans, né un 29 février, le 1er mars", LEAPLING | {"occurred_on": "2022-03-01"}, ""),
    ("naissance inconnue", FIRST | {"birth_date": None}, ""),
    ("VC-38 intervalle court", SECOND | {"occurred_on": "2021-03-21"}, "interval_too_short"),
    ("intervalle juste", SECOND | {"occurred_on": "2021-03-22"}, ""),
    (
        "intervalle du premier vaccin",
        SECOND | {"previous_vaccine": "spikevax", "occurred_on": "2021-03-22"},
        "interval_too_short",
    ),
    ("VC-38 rang qui saute", FIRST | {"dose_number": 2}, "rank_skips"),
    ("rang qui recule", SECOND | {"previous_number": 3, "dose_number": 2}, "rank_goes_back"),
    ("une dose annoncée pour deux", FIRST | {"series_doses": 1}, "series_too_short"),
    ("VC-40 infection de plus de trois mois", FIRST | {"series_doses": 1, "infected_on": "2020-12-01"}, ""),
    ("VC-40 infection récente", FIRST | {"series_doses": 1, "infected_on": "2020-12-02"}, "series_too_short"),
    (
        "VC-40 avant la règle",
        FIRST | {"series_doses": 1, "infected_on": "2020-04-01", "occurred_on": "2021-02-11"},
        "series_too_short",
    ),
    (
        "VC-40 sauf immunodépression",
        FIRST | {"series_doses": 1, "infected_on": "2020-04-01", "situations": ",immunodepressed,"},
        "series_too_short",
    ),
    ("troisième dose ordinaire", FIRST | AFTER_TWO | {"dose_number": 3, "occurred_on": "2021-05-01"}, "beyond_series"),
    (
        "troisième dose, immunodépression",
        FIRST | AFTER_TWO | {"dose_number": 3, "occurred_on": "2021-05-01", "situations": ",ald,immunodepressed,"},
        "",
    ),
    ("rappel", BOOSTER, ""),
    ("rappel sans schéma complet", BOOSTER | {"previous_complete": False}, "booster_without_primary"),
    ("rappel avant l'ouverture", BOOSTER | {"occurred_on": "2021-08-31"}, "booster_before_opening"),
    ("rappel à 40 ans, avant", BOOSTER | {"birth_date": "1981-05-01", "occurred_on": "2021-11-26"}, "booster_before_opening"),
    ("rappel à 40 ans, le jour", BOOSTER | {"birth_date": "1981-05-01", "occurred_on": "2021-11-27"}, ""),
    ("rappel à 40 ans, à risque", BOOSTER | {"birth_date": "1981-05-01", "situations": ",ald,ald:C92,"}, ""),
    ("rappel à 40 ans, situation inconnue", BOOSTER | {"birth_date": "1981-05-01", "situations": None}, ""),
    ("rappel la veille des six mois", BOOSTER | {"previous_on": "2021-04-02"}, "booster_too_early"),
    ("rappel la veille des 153 jours", BOOSTER | {"previous_on": "2021-07-06", "occurred_on": "2021-12-05"}, "booster_too_early"),
    ("rappel à 153 jours", BOOSTER | {"previous_on": "2021-07-06", "occurred_on": "2021-12-06"}, ""),
    (
        "rappel un mois après Janssen",
        BOOSTER | {"previous_vaccine": "janssen", "previous_on": "2021-09-01", "previous_number": 1, "dose_number": 2},
        "",
    ),
    ("deuxième rappel", SECOND_BOOSTER, ""),
    ("deuxième rappel sans schéma complet", SECOND_BOOSTER | {"previous_complete": False}, "booster_without_primary"),
    ("deuxième rappel trop tôt", SECOND_BOOSTER | {"previous_on": "2022-02-01"}, "booster_too_early"),
    ("troisième rappel", SECOND_BOOSTER | {"series": "third_booster", "previous_number": 4, "dose_number": 5}, ""),
]


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
    """VC-38, VC-40: one line a case; the first code decides, none when it is accepted."""
    postgres, duck = _verdicts([act for _, act, _ in CASES])
    assert postgres == duck
    seen = {name: ((refused or broken).split(",")[0]) for (name, _, _), (_, refused, broken) in zip(CASES, postgres, strict=True)}
    assert seen == {name: expected for name, _, expected in CASES}


def test_the_checks_know_every_series() -> None:
    """Whoever adds a series says how it is judged."""
    assert ("primary", *checks.BOOSTERS) == tuple(Series.values)


def test_every_check_is_shown_by_a_case() -> None:
    """A check without a case could be removed unnoticed."""
    assert {check.code for check in (*checks.REFUSALS, *checks.RULES)} == {code for *_, code in CASES if code}


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
        "situations": st.none() | st.sampled_from([",", ",immunodepressed,", ",ald,ald:C92,", ",institution,institution:ehpad,"]),
        "occurred_on": st.none() | days,
        "vaccine": st.none() | vaccines,
        "dose_number": st.none() | ranks,
        "series_doses": st.none() | ranks,
        "series": st.none() | st.sampled_from(["primary", *checks.BOOSTERS, "rappel"]),
        "previous_on": st.none() | days,
        "previous_number": st.none() | ranks,
        "previous_vaccine": st.none() | vaccines,
        "previous_complete": st.none() | st.booleans(),
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

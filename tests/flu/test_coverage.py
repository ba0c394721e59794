"""RP-28: the coverage of people at risk by season, beside what was published and the objective; the page and its file."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.cache import caches
from django.test import Client
from pytest_django import Settings

from allant.doctrine import rules
from allant.flu.coverage import begun, coverage_of, objective, published
from allant.flu.seasons import season_on
from allant.immunizations.seasonal import SeasonalAct, record_seasonal_dose
from allant.people.models import Person
from tests.flu.people import aged

pytestmark = pytest.mark.django_db
OPENING, ON, NEXT = date(2021, 10, 22), date(2021, 12, 15), date(2022, 11, 5)
BOOK = rules.as_known_on(ON)


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    caches["charts"].clear()


def vaccinated(person: Person, on: date = date(2021, 11, 10)) -> Person:
    told = SeasonalAct(disease="influenza", occurred_on=on, vaccine="vaxigrip_tetra", lot="A1")
    record_seasonal_dose(person=person, act=told, source="csv", source_key=f"{person.pk}-{on}", by="test", today=on)
    return person


def people() -> None:
    """Ten at risk, four of them vaccinated; two nurses and a young person, who are not at risk; a dose out of the season."""
    for years in (65, 70, 80):
        vaccinated(aged(years, on=OPENING))
    for years in (66, 71):
        aged(years, on=OPENING)
    vaccinated(aged(40, "ald:8", on=OPENING))
    aged(40, "ald:8", on=OPENING)
    aged(30, "pregnancy", on=OPENING)
    aged(50, "obesity", on=OPENING)
    aged(30, "pregnancy", "obesity", on=OPENING)
    vaccinated(aged(30, "profession:nurse", on=OPENING))
    aged(64, on=OPENING)
    vaccinated(aged(30, on=OPENING))
    vaccinated(aged(90, on=OPENING, died_on=date(2021, 12, 1)))


def test_rp_28_the_coverage_counts_people_at_risk_vaccinated_in_the_season(django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    """RP-28: one statement; a person of two groups once in the whole; nurses are not at risk; the dead do not count."""
    people()
    season = season_on(BOOK, ON)
    assert season
    with django_assert_num_queries(1):
        found = coverage_of(season, ON, BOOK)
    assert (found.whole.persons, found.whole.vaccinated, found.whole.percent) == (10, 4, 40.0)
    assert {share.code: (share.persons, share.vaccinated) for share in found.groups} == {
        "age_65": (5, 3), "chronic": (2, 1), "pregnancy": (2, 0), "obesity": (2, 0),
    }  # fmt: skip
    assert coverage_of(season, date(2021, 11, 9), BOOK).whole.vaccinated == 0, "by the day asked"


def test_rp_28_each_season_counts_its_own_doses() -> None:
    """RP-28: a dose of 2021 is none of 2022; a cancelled one is none at all; a merged record is one person."""
    kept, absorbed = aged(70, on=OPENING), aged(70, on=OPENING)
    vaccinated(absorbed)
    absorbed.merged_into = kept
    absorbed.save()
    book = rules.as_known_on(NEXT)
    first, second = begun(NEXT, book)
    assert (first.code, second.code) == ("2021", "2022")
    assert coverage_of(first, NEXT, book).whole.vaccinated == 1
    assert coverage_of(second, NEXT, book).whole == coverage_of(second, NEXT, book).whole
    assert coverage_of(second, NEXT, book).whole.vaccinated == 0
    assert coverage_of(first, NEXT, book).whole.persons == 1


def test_rp_28_what_was_published_and_the_objective_have_their_source() -> None:
    """RP-28: 47.8 % in 2019-2020, 55.8 % in 2020-2021."""
    found = {each.title: each.percent for each in published(ON, BOOK)}
    assert found == {"2019-2020": 47.8, "2020-2021": 55.8}
    assert all("seed 002" in each.source for each in published(ON, BOOK))
    assert published(date(2021, 11, 1), rules.as_known_on(date(2021, 11, 1))) == [], "published on 30 November 2021"
    assert objective(ON, BOOK) == 75


def test_rp_28_the_page_and_the_file_say_the_same_with_small_groups_left_out(client: Client, settings: Settings) -> None:
    """RP-28: seasons, objective, gap, definition, CSV; statistical secrecy on groups."""
    settings.ALLANT_TODAY = ON
    people()
    page = client.get("/chiffres/grippe/").content.decode()
    assert "47,8" in page and "55,8" in page and "40,0" in page and "75,0" in page
    assert "−35,0" in page and "#couverture-grippe" in page
    assert "secret statistique" in page and "60,0" not in page, "three of five persons of 65 and over"
    lines = client.get("/chiffres/grippe/couverture-grippe.csv").content.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("saison;groupe;libelle;personnes;vaccinees;couverture;objectif")
    assert lines[1].startswith("2019-2020;ensemble;Personnes à risque;;;47.8;75;")
    assert lines[3].startswith("2021-2022;ensemble;Personnes à risque;10;4;40.0;75;15/12/2021;")
    assert client.get("/chiffres/definitions/").content.decode().count('id="couverture-grippe"') == 1


def test_rp_28_before_any_season_the_page_says_so(client: Client, settings: Settings) -> None:
    """RP-28."""
    settings.ALLANT_TODAY = date(2021, 3, 1)
    assert "Aucune saison" in client.get("/chiffres/grippe/").content.decode()

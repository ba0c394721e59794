"""Whose record a FranceConnect identity opens (VC-62): the right one, or none."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from allant.people.actions import merge
from allant.people.identification import NotIdentified, PivotIdentity, person_of_pivot, person_proving
from allant.people.matricule import key
from allant.people.models import Matricule, Person
from tests.people.builders import person

pytestmark = pytest.mark.django_db

SUZANNE = PivotIdentity("MERCIER", "Suzanne Élodie", "1940-03-12", "F", "35238")
NIR = "2400335238001"


def registered(number: str = NIR, kind: str = "NIR", **values: Any) -> Person:
    """Suzanne Mercier, born in Rennes, unless told otherwise."""
    found = person(**{"family_name": "Mercier", "given_names": "Suzanne", "birth_date": date(1940, 3, 12), "sex": "F", **values})
    Matricule.objects.create(person=found, value=number, kind=kind, starts_on=date(2000, 1, 1))
    return found


def test_vc62_one_exact_match_is_the_person() -> None:
    """VC-62: case, accents and hyphens do not matter; the register may hold the first given name alone."""
    found = registered(given_names="SUZANNE")
    assert person_of_pivot(SUZANNE) == found
    assert person_of_pivot(replace(SUZANNE, family_name="mercier", given_names="Suzanne")) == found


@pytest.mark.parametrize(
    "other",
    [
        {"family_name": "Mercier-Dubois"}, {"family_name": "Merciere"}, {"given_names": "Élodie Suzanne"},
        {"given_names": "Suzanne Marie"}, {"born": "1940-03-13"}, {"born": "1940-03-00"}, {"born": ""}, {"born": "hier"},
        {"sex": "M"}, {"sex": ""}, {"birth_place": "35001"}, {"birth_place": ""}, {"family_name": "", "given_names": ""},
        {"family_name": "%"}, {"family_name": "M\\"},
    ],
    ids=str,
)  # fmt: skip
def test_vc62_anything_short_of_it_is_nobody(other: dict[str, str]) -> None:
    """VC-62: another's record is worse than none."""
    registered(given_names="Suzanne Élodie")
    assert person_of_pivot(replace(SUZANNE, **other)) is None


def test_vc62_two_homonyms_of_one_place_and_day_are_nobody() -> None:
    """VC-62."""
    registered()
    registered("2400335238002")
    assert person_of_pivot(SUZANNE) is None


def test_vc62_a_homonym_born_elsewhere_does_not_matter() -> None:
    """VC-62: the place of birth is read in the number."""
    found = registered()
    registered("2400313055001")
    assert person_of_pivot(SUZANNE) == found


@pytest.mark.parametrize(("number", "kind"), [("7235000000001", "NNP"), ("5235000000001", "MIG")])
def test_vc62_a_number_without_place_of_birth_proves_nothing(number: str, kind: str) -> None:
    """VC-62."""
    registered(number, kind)
    assert person_of_pivot(SUZANNE) is None


def test_vc62_born_abroad() -> None:
    """VC-62: the country stands where the commune would."""
    found = registered("2400399350001", "NIA")
    assert person_of_pivot(replace(SUZANNE, birth_place="99350")) == found


@pytest.mark.parametrize("values", [{"died_on": date(2021, 1, 1)}, {"birth_precision": "month"}, {"sex": None}])
def test_vc62_the_dead_and_the_uncertain_are_not_found(values: dict[str, Any]) -> None:
    """VC-62."""
    registered(**values)
    assert person_of_pivot(SUZANNE) is None


def test_vc62_a_merged_record_leads_to_the_survivor() -> None:
    """VC-62, VC-63: the two records of one person are one person."""
    survivor, duplicate = registered(), registered("2400335238002")
    merge(duplicate=duplicate, into=survivor, by="test", reason="doublon")
    assert person_of_pivot(SUZANNE) == survivor


def test_vc62_the_number_is_a_second_proof() -> None:
    """VC-62: under a name in use, or a place that changed."""
    found = registered(family_name="Dubois")
    assert person_of_pivot(SUZANNE) is None
    assert person_proving(SUZANNE, f"2 40 03 35 238 001 {key(NIR):02d}") == found
    assert person_proving(replace(SUZANNE, born="1940-00-00"), NIR) == found, "as far as FranceConnect knows the date"


@pytest.mark.parametrize(
    "other", [{"given_names": "Élodie"}, {"given_names": ""}, {"born": "1940-03-13"}, {"born": "0000-00-00"}, {"sex": "M"}]
)
def test_vc62_a_number_found_in_the_street_opens_nothing(other: dict[str, str]) -> None:
    """VC-62: the same words for a wrong number and for somebody else's."""
    registered()
    with pytest.raises(NotIdentified) as stolen:
        person_proving(replace(SUZANNE, **other), NIR)
    with pytest.raises(NotIdentified) as unknown:
        person_proving(SUZANNE, "2400335238999")
    assert str(stolen.value) == str(unknown.value)

"""Duplicate records (VC-63): what is proposed and what never is, and merges that keep every act and can be undone."""

from __future__ import annotations

import json
import random
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from typer.testing import CliRunner

from allant.country.population import make_country
from allant.country.population.load import load_country
from allant.doctrine import rules
from allant.immunizations.models import Dose, DoseSummary, Infection
from allant.people import duplicates
from allant.people.actions import MergeRefused
from allant.people.duplicate_commands import app
from allant.people.models import ContactPoint, DuplicateCandidate, Matricule, Person
from allant.vaccination.journey import journey_of
from tests.people.builders import person

AT = datetime(2021, 6, 1, tzinfo=UTC)
BORN = date(1985, 5, 12)
JOURNEY_DAY = date(2021, 12, 31)
BOOK = rules.as_known_on(JOURNEY_DAY)


def record(number: str = "", kind: str = "NIR", since: date = date(2010, 1, 1), formerly: str = "", **values: Any) -> Person:
    """Camille Martin born on 12 May 1985, a man, with one number, unless told otherwise."""
    made = person(**{"birth_date": BORN, "sex": "M", **values})
    if number:
        Matricule.objects.create(person=made, value=number, kind=kind, starts_on=since)
    if formerly:
        former(made, formerly)
    return made


def former(owner: Person, number: str, kind: str = "NIR") -> None:
    """A number the record bore before."""
    Matricule.objects.create(person=owner, value=number, kind=kind, starts_on=date(2005, 1, 1), ends_on=date(2010, 1, 1))


def found() -> dict[tuple[int, int], str]:
    """What a search proposes: the pairs and the rule of each."""
    duplicates.find(at=AT)
    return {(pair.first_id, pair.second_id): pair.rule for pair in DuplicateCandidate.objects.all()}


NIR, NEXT, OTHER = "1850535238042", "1850535238043", "1850575112321"
NIA, NNP = "1850599352017", "7103512345678"

# one record, the other, the rule that proposes them
SAME: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "without a number on one side": ({"number": NIR}, {}, "same_identity"),
    "accents, case, hyphens": (
        {"number": NIR, "family_name": "LEFEVRE", "given_names": "JEAN PIERRE"},
        {"family_name": "Lefèvre", "given_names": "Jean-Pierre"}, "same_identity",
    ),
    "a provisional number, then the NIR": ({"number": NNP, "kind": "NNP"}, {"number": NIR}, "same_identity"),
    "family and given names swapped": (
        {"number": NIR}, {"family_name": "Camille", "given_names": "Martin"}, "swapped_names",
    ),
    "a NIA, then a NIR of the same birth": (
        {"number": NIA, "kind": "NIA", "family_name": "Garcia"},
        {"number": "1850599352118", "since": date(2015, 1, 1), "family_name": "Garcia Lopez"}, "nia_then_nir",
    ),
    "sex unknown on one side": ({"number": NIR}, {"sex": None}, "same_identity"),
}  # fmt: skip

APART: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "two NIR": ({"number": NIR}, {"number": OTHER}),
    "another sex": ({"number": NIR}, {"sex": "F"}),
    "another day of birth": ({"number": NIR}, {"birth_date": date(1985, 5, 13)}),
    "birth year alone": ({"number": NIR}, {"birth_date": date(1985, 1, 1), "birth_precision": "year"}),
    "birth unknown on both sides": (
        {"birth_date": None, "birth_precision": "none"}, {"birth_date": None, "birth_precision": "none"},
    ),
    "a NIA of another birth place": ({"number": NIA, "kind": "NIA"}, {"number": NIR}),
    "a NIA, another family": (
        {"number": NIA, "kind": "NIA", "family_name": "Garcia"}, {"number": "1850599352118", "family_name": "Silva"},
    ),
    "a NIA given after the NIR": (
        {"number": NIA, "kind": "NIA", "since": date(2016, 1, 1), "family_name": "Garcia"},
        {"number": "1850599352118", "since": date(2015, 1, 1), "family_name": "Garcia Lopez"},
    ),
}  # fmt: skip

TWINS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "other given names, consecutive numbers": (
        {"number": NIR, "household_key": 9}, {"number": NEXT, "household_key": 9, "given_names": "Dominique"},
    ),
    "given names that begin alike": (
        {"number": NIR, "household_key": 9, "given_names": "Marie Anne", "sex": "F"},
        {"household_key": 9, "given_names": "Marie Claire", "sex": "F"},
    ),
    "the sibling's given name by mistake, consecutive numbers": ({"number": NIR}, {"number": NEXT, "kind": "NIA"}),
    "a boy and a girl with one given name": ({"number": NIR}, {"number": "2850535238043", "sex": "F"}),
    "children without numbers under one parent": (
        {"household_key": 9, "given_names": "Louise", "birth_date": date(2012, 3, 4)},
        {"household_key": 9, "given_names": "Alice", "birth_date": date(2012, 3, 4)},
    ),
    "one given name for both, ranks 1 and 2": ({"number": NIR}, {"birth_rank": 2}),
    "one number for both by mistake, ranks 1 and 2": ({"number": NIR}, {"birth_rank": 2, "formerly": NIR}),
    "a third of three": ({"number": NIR}, {"number": "1850535238044", "kind": "NIA"}),
}  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("case", SAME)
@pytest.mark.parametrize("order", [1, -1], ids=["first then second", "second then first"])
def test_vc63_one_person_recorded_twice_is_proposed(case: str, order: int) -> None:
    """VC-63."""
    one, other, rule = SAME[case]
    first, second = (record(**values) for values in (one, other)[::order])
    assert found() == {(first.pk, second.pk): rule}


@pytest.mark.django_db
@pytest.mark.parametrize("case", APART)
def test_vc63_two_persons_are_not_proposed(case: str) -> None:
    """VC-63."""
    for values in APART[case]:
        record(**values)
    assert found() == {}


@pytest.mark.django_db
@pytest.mark.parametrize("case", TWINS)
@pytest.mark.parametrize("order", [1, -1], ids=["first then second", "second then first"])
def test_vc63_twins_are_never_proposed(case: str, order: int) -> None:
    """VC-63: same birth date, same parent."""
    parent = person(birth_date=date(1955, 1, 1))
    for values in TWINS[case][::order]:
        record(**{"policyholder": parent, **values})
    assert found() == {}


@pytest.mark.django_db
def test_vc63_a_number_once_borne_by_both_is_enough() -> None:
    """VC-63: the married name differs; the number's history tells."""
    first, second = record(OTHER, family_name="Durand"), record(NIR, family_name="Petit")
    former(second, OTHER)
    assert found() == {(first.pk, second.pk): "same_number"}


@pytest.mark.django_db
def test_vc63_the_twin_whose_number_was_borne_by_mistake_is_not_the_other() -> None:
    """VC-63: twins whose numbers were mixed up, then put right."""
    record(NIR, given_names="Camille")
    second = record(NEXT, given_names="Camille")
    former(second, NIR)
    assert found() == {}


@pytest.mark.django_db
def test_vc63_a_partial_birth_date_agrees_with_the_days_it_contains() -> None:
    """VC-63."""
    exact, year, elsewhere = record(NIR), record(birth_date=date(1985, 1, 1), birth_precision="year"), record(OTHER)
    former(year, NIR, "NIA")
    former(elsewhere, NNP, "NNP")
    assert found() == {(exact.pk, year.pk): "same_number"}


@pytest.mark.django_db
def test_vc63_proposed_once_and_a_decision_stands() -> None:
    """VC-63: idempotent; a pair judged different is not proposed again."""
    record(NIR), record()
    assert sum(duplicates.find(at=AT).values()) == 1
    assert sum(duplicates.find(at=AT).values()) == 0
    pair = DuplicateCandidate.objects.get()
    duplicates.decide_different(pair=pair, by="agent", reason="deux cousins", at=AT)
    assert sum(duplicates.find(at=AT).values()) == 0
    assert not DuplicateCandidate.objects.waiting()
    with pytest.raises(MergeRefused, match="personnes différentes"):
        duplicates.decide_merge(pair=pair, survivor=pair.first, by="agent", reason="x", at=AT)
    duplicates.undo_merge(pair=pair, by="agent", reason="erreur")
    assert DuplicateCandidate.objects.waiting().get() == pair


@pytest.mark.django_db
def test_vc63_numbers_of_absorbed_records_count_for_the_survivor() -> None:
    """VC-63."""
    survivor, absorbed = record(NIR), record(NNP, kind="NNP", family_name="Martim")
    Person.objects.filter(pk=absorbed.pk).update(merged_into=survivor)
    third = record(family_name="Martyn")
    former(third, NNP, "NNP")
    assert found() == {(survivor.pk, third.pk): "same_number"}


def dose(owner: Person, rank: int, on: date) -> Dose:
    """A dose given."""
    return Dose.objects.create(
        person=owner, occurred_on=on, vaccine="comirnaty", dose_number=rank, series="primary", series_doses=2,
        recorded_at=AT, recorded_by="test", source="teleservice", source_key=f"t:{owner.pk}:{rank}",
    )  # fmt: skip


@pytest.mark.django_db
def test_vc63_merging_keeps_every_act_and_undoing_gives_each_its_own() -> None:
    """VC-63."""
    first, second = record(NIR), record()
    one, two = dose(first, 1, date(2021, 1, 20)), dose(second, 2, date(2021, 2, 20))
    found()
    pair = DuplicateCandidate.objects.get()
    duplicates.decide_merge(pair=pair, survivor=second, by="agent", reason="même personne", at=AT)
    duplicates.decide_merge(pair=pair, survivor=second, by="agent", reason="même personne", at=AT)
    second.refresh_from_db()
    assert list(Dose.objects.current().given_to(second)) == [one, two]
    assert DoseSummary.objects.get(pk=second.pk).dose_count == 2
    assert Dose.objects.get(pk=one.pk).person_id == first.pk, "an act is never re-pointed"
    with pytest.raises(MergeRefused):
        duplicates.decide_different(pair=pair, by="agent", reason="x", at=AT)
    duplicates.undo_merge(pair=pair, by="agent", reason="erreur")
    duplicates.undo_merge(pair=pair, by="agent", reason="erreur")
    assert list(Dose.objects.current().given_to(first)) == [one]
    assert list(Dose.objects.current().given_to(second)) == [two]
    assert DuplicateCandidate.objects.waiting().get() == pair


@pytest.mark.django_db
def test_vc63_a_survivor_from_outside_the_pair_is_refused() -> None:
    record(NIR), record()
    found()
    with pytest.raises(MergeRefused, match="l'une des deux"):
        duplicates.decide_merge(pair=DuplicateCandidate.objects.get(), survivor=record(OTHER), by="a", reason="x", at=AT)


def reads() -> dict[str, Any]:
    """What pages and campaigns read of everybody: doses, summaries, journeys, numbers, contacts, infections, facts."""
    from allant.people.facts import person_query

    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM ({person_query()}) AS fact ORDER BY person_id")
        facts = cursor.fetchall()
    everybody = Person.objects.order_by("pk")
    return {
        "facts": facts,
        "doses": {one.pk: list(Dose.objects.current().given_to(one).values_list("pk", flat=True)) for one in everybody},
        "all_doses": list(Dose.objects.order_by("pk").values()),
        "summaries": list(DoseSummary.objects.order_by("pk").values()),
        "numbers": list(Matricule.objects.order_by("pk").values()),
        "contacts": list(ContactPoint.objects.order_by("pk").values()),
        "infections": list(Infection.objects.order_by("pk").values()),
        "persons": list(everybody.values()),
        "journeys": {one.pk: journey_of(one, JOURNEY_DAY, BOOK) for one in everybody},
    }


ACTS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 300)), max_size=6, unique_by=(lambda act: act[1],))


class MergingAndUndoing(TestCase):
    """VC-63: merging then undoing leaves nothing changed, whatever the records hold."""

    @given(acts=ACTS, steps=st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=4), infected=st.booleans())
    def test_is_the_identity(self, acts: list[tuple[int, int]], steps: list[tuple[bool, bool]], infected: bool) -> None:
        """VC-63."""
        owners = [record(NIR), record(), record(OTHER, given_names="Zoé")]
        ranks = [0, 0, 0]
        for who, day in sorted(acts, key=lambda act: act[1]):
            ranks[who] += 1
            dose(owners[who], ranks[who], date.fromordinal(date(2021, 1, 4).toordinal() + day))
        ContactPoint.objects.create(person=owners[1], kind="mobile", value="0639980001")
        if infected:
            Infection.objects.create(person=owners[1], occurred_on=date(2020, 11, 1))
        duplicates.find(at=AT)
        pair = DuplicateCandidate.objects.get()
        before = reads()
        for first_survives, twice in steps:
            survivor = pair.first if first_survives else pair.second
            for _ in range(2 if twice else 1):
                duplicates.decide_merge(pair=pair, survivor=survivor, by="agent", reason="même personne", at=AT)
            merged = reads()
            assert merged["all_doses"] == before["all_doses"]
            assert {one.pk for one in merged["journeys"][survivor.pk].doses} == set(
                before["doses"][pair.first_id] + before["doses"][pair.second_id]
            )
            assert sorted(merged["doses"][survivor.pk]) == sorted(
                before["doses"][pair.first_id] + before["doses"][pair.second_id]
            )
            duplicates.undo_merge(pair=pair, by="agent", reason="erreur")
            assert reads() == before


def planted(chosen: list[Person]) -> set[tuple[int, int]]:
    """A second record of some people, each in its own way; the pairs made."""
    pairs = set()
    for rank, original in enumerate(chosen):
        ways: list[dict[str, Any]] = [
            {},
            {"family_name": original.family_name.upper(), "given_names": original.given_names.replace("-", " ").upper()},
            {"family_name": original.given_names, "given_names": original.family_name},
        ]
        copy = person(
            **{"family_name": original.family_name, "given_names": original.given_names, "birth_date": original.birth_date,
               "sex": original.sex, **ways[rank % len(ways)]}
        )  # fmt: skip
        pairs.add((original.pk, copy.pk))
    return pairs


def twin_of(original: Person, rank: int) -> None:
    """A brother or sister born the same day, in the same household, with the next number."""
    number = original.matricules.get(kind="NIR").value
    order = int(number[-3:])
    following = f"{number[:-3]}{order + 1 if order < 999 else order - 1:03d}"
    if Matricule.objects.filter(value=following).exists():
        return
    twin = person(
        family_name=original.family_name, given_names=original.given_names if rank % 3 == 0 else "Maxence",
        birth_date=original.birth_date, sex=original.sex, household_key=original.household_key,
    )  # fmt: skip
    Matricule.objects.create(person=twin, value=following, kind="NIA" if rank % 3 == 0 else "NIR", starts_on=date(2021, 1, 1))


@pytest.mark.django_db
def test_vc63_every_planted_duplicate_is_proposed_and_nobody_else(tmp_path: Path) -> None:
    """VC-63: precision and recall over a synthetic country of 5 000 people with 300 duplicates and 300 twins planted."""
    make_country(tmp_path, 5_000, 3, lambda done, total: None, jobs=1)
    load_country(tmp_path, lambda label, done, total: None)
    certain = list(
        Person.objects.filter(birth_precision="day", matricules__kind="NIR", matricules__ends_on__isnull=True).order_by("pk")
    )
    random.Random(7).shuffle(certain)
    for rank, original in enumerate(certain[300:600]):
        twin_of(original, rank)
    pairs = planted(certain[:300])
    assert set(found()) == pairs


@pytest.mark.django_db
def test_vc63_the_command_says_how_many_and_names_nobody() -> None:
    """VC-63."""
    record(NIR), record()
    first = CliRunner().invoke(app, ["find", "--json"])
    assert json.loads(first.stdout)["added"]["same_identity"] == 1
    again = CliRunner().invoke(app, ["find"])
    assert "1  en attente" in again.stdout and "Martin" not in again.stdout and NIR not in again.stdout

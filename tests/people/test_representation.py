"""Who may act for whom (VC-62): what the register names, what the doctrine lets each open, day by day."""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa
import pytest
from django.db import IntegrityError, transaction

from allant.directory.loading import LoadRefused
from allant.doctrine import rules
from allant.people.actions import load_representations, merge
from allant.people.models import Person, Representation, Situation
from allant.people.representation import representations_by, represented_by
from tests.people.builders import person

pytestmark = pytest.mark.django_db

TODAY = date(2021, 12, 1)
BOOK = rules.as_known_on(TODAY)
CHILD, ADULT = date(2010, 5, 1), date(1950, 5, 1)


def link(someone: Person, representative: Person, kind: str, **values: Any) -> Representation:
    return Representation.objects.create(
        person=someone, representative=representative, kind=kind, **{"source": "court", **values}
    )


def sees(holder: Person, on: date = TODAY) -> set[Person]:
    return set(represented_by(holder, on, BOOK))


@pytest.mark.parametrize(
    ("kind", "born", "guarded", "opens"),
    [
        ("parent", CHILD, False, True),
        ("parent", CHILD, True, False),
        ("parent", ADULT, False, False),
        ("parent", None, False, False),
        ("guardian", CHILD, True, True),
        ("guardian", ADULT, True, True),
        ("guardian", ADULT, False, True),
        ("guardian", None, True, True),
        ("curator", ADULT, True, True),
        ("curator", CHILD, False, False),
        ("family", ADULT, True, True),
        ("family", CHILD, False, False),
    ],
)
def test_vc62_what_each_kind_opens(kind: str, born: date | None, guarded: bool, opens: bool) -> None:
    """VC-62: a parent for a minor, a guardian for both, a curator for an adult; a guardianship ends the parent's."""
    holder = person()
    someone = person(birth_date=born, birth_precision="day" if born else "none")
    if guarded:
        Situation.objects.create(person=someone, kind="guardianship")
    link(someone, holder, kind)
    assert sees(holder) == ({someone} if opens else set())


@pytest.mark.parametrize(
    ("starts_on", "ends_on", "opens"),
    [
        (None, None, True),
        (TODAY, None, True),
        (date(2021, 12, 2), None, False),
        (None, TODAY, False),
        (None, date(2021, 12, 2), True),
    ],
)
def test_vc62_a_period_is_half_open(starts_on: date | None, ends_on: date | None, opens: bool) -> None:
    """VC-62: from its first day, no more on its last."""
    holder, someone = person(), person()
    link(someone, holder, "guardian", starts_on=starts_on, ends_on=ends_on)
    assert (someone in sees(holder)) is opens


def test_vc62_a_child_of_eighteen_is_alone_from_that_day() -> None:
    """VC-62: majority is the doctrine's, whatever end the row has."""
    holder, child = person(), person(birth_date=date(2003, 12, 2))
    link(child, holder, "parent")
    assert (sees(holder, date(2021, 12, 1)), sees(holder, date(2021, 12, 2))) == ({child}, set())


def test_vc62_neither_the_spouse_nor_an_adult_child_nor_the_household() -> None:
    """VC-62: attached to one number, living together: nothing of that opens an adult's record, either way."""
    holder = person(household_key=1)
    spouse = person(household_key=1, policyholder=holder)
    grown = person(household_key=1, policyholder=holder, birth_date=date(2001, 1, 1))
    for reader in (holder, spouse, grown):
        assert sees(reader) == set()


def test_vc62_both_parents_where_the_register_names_them() -> None:
    """VC-62: the policyholder and the other parent; a step-parent of the household is none."""
    father, mother, partner = person(household_key=1), person(household_key=2), person(household_key=1)
    child = person(birth_date=CHILD, policyholder=father, household_key=1)
    link(child, father, "parent", source="civil_status")
    link(child, mother, "parent", source="civil_status")
    assert (sees(father), sees(mother), sees(partner)) == ({child}, {child}, set())


def test_vc62_the_policyholder_stands_only_where_the_register_never_named_anybody() -> None:
    """VC-62: an authority that a judge withdrew does not come back by the assumption."""
    father, mother = person(), person()
    child = person(birth_date=CHILD, policyholder=father)
    assert sees(father) == {child}
    row = link(child, father, "parent", ends_on=date(2021, 6, 1))
    assert sees(father) == set()
    row.delete()
    link(child, mother, "parent")
    assert (sees(father), sees(mother)) == (set(), {child})


def test_vc62_merged_records_count_as_one() -> None:
    """VC-62, VC-63: a link to or from an absorbed record is one of the survivor."""
    holder, doubled = person(), person()
    child, twice = person(birth_date=CHILD), person(birth_date=CHILD)
    link(twice, doubled, "parent")
    merge(duplicate=doubled, into=holder, by="test", reason="doublon")
    merge(duplicate=twice, into=child, by="test", reason="doublon")
    assert sees(holder) == {child}
    assert [(one.person, one.kind) for one in representations_by(holder, TODAY, BOOK)] == [(child, "parent")]


def test_vc62_a_minor_or_somebody_of_unknown_age_represents_nobody() -> None:
    """VC-62."""
    young, unknown = person(birth_date=date(2004, 1, 1)), person(birth_date=None, birth_precision="none")
    for holder in (young, unknown):
        child = person(birth_date=CHILD)
        link(child, holder, "parent")
        assert sees(holder) == set()


def test_vc62_the_dead_are_represented_by_nobody() -> None:
    """VC-62."""
    holder, someone = person(), person(died_on=TODAY)
    link(someone, holder, "guardian")
    assert sees(holder) == set()


def table(**columns: list[Any]) -> pa.Table:
    return pa.table(columns)


def test_vc62_representations_are_loaded_once() -> None:
    """VC-62: by file, as the rest of the register; nobody represents themselves; a period has an order."""
    holder, someone = person(), person()
    rows = {"person_id": [someone.pk], "representative_id": [holder.pk], "kind": ["guardian"], "source": ["court"]}
    for added in (1, 0):
        assert load_representations(table(**rows), by="test").inserted == added
    with pytest.raises((LoadRefused, IntegrityError)), transaction.atomic():
        load_representations(table(**{**rows, "representative_id": [someone.pk]}), by="test")
    with pytest.raises(IntegrityError), transaction.atomic():
        link(someone, holder, "curator", starts_on=TODAY, ends_on=TODAY)
    assert Representation.objects.count() == 1


def test_vc62_an_end_keeps_the_former_row() -> None:
    """VC-62: who represented whom, and until when the register thought so, stays readable."""
    row = link(person(), person(), "guardian")
    Representation.objects.filter(pk=row.pk).update(ends_on=TODAY)
    (former,) = row.events.all()  # type: ignore[attr-defined]
    assert former.ends_on is None

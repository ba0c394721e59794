"""Duplicates of the register found by the linkage (ID-09): proposed once, only what changed is read again, decisions are kept."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from typer.testing import CliRunner

from allant.identification import linking
from allant.identification.commands import app
from allant.identification.linking import Linked, find_duplicates
from allant.identification.models import LinkageReading
from allant.linkage import load_model
from allant.people import duplicates
from allant.people.models import ContactPoint, DuplicateCandidate, Matricule, Person
from tests.people.builders import person

pytestmark = pytest.mark.django_db
AT = datetime(2022, 6, 1, 12, tzinfo=UTC)


def record(given: str = "Camille", number: str = "", kind: str = "NIR", phone: str = "", **values: Any) -> Person:
    """Somebody of Rennes born on 12 May 1985."""
    told = {"family_name": "Lefèvre", "birth_date": date(1985, 5, 12), "sex": "F", "postcode": "35000", "departement_code": "35"}
    made = person(given_names=given, **(told | values))
    if number:
        Matricule.objects.create(person=made, value=number, kind=kind, starts_on=date(2010, 1, 1))
    if phone:
        ContactPoint.objects.create(person=made, kind="mobile", value=phone)
    return made


def twice() -> tuple[Person, Person]:
    """One person recorded again, the name mistyped, day and month exchanged."""
    return (
        record(number="2850535238042", phone="+33639980001"),
        record(family_name="Lefevvre", birth_date=date(1985, 12, 5), phone="+33639980001"),
    )


def run(**values: Any) -> Linked:
    """A search."""
    return find_duplicates(at=AT, model=load_model(), **values)


def test_id09_a_pair_no_exact_rule_finds_is_proposed_with_its_reasons() -> None:
    """ID-09: weight and levels are kept with the proposal."""
    first, second = twice()
    duplicates.find(at=AT)
    assert not DuplicateCandidate.objects.exists()
    assert run() == Linked(read=2, proposed=1)
    pair = DuplicateCandidate.objects.get()
    assert (pair.first_id, pair.second_id, pair.rule) == (first.pk, second.pk, "linkage")
    assert pair.weight >= load_model().threshold and pair.levels["birth_date"] == "swapped" and pair.levels["reach"] == "phone"
    assert "birth_place" not in pair.levels  # unknown without a number


def test_id09_a_second_run_reads_only_what_is_new_or_changed() -> None:
    """ID-09: and a pair that waits is weighed again when a record changes."""
    _, second = twice()
    run()
    assert run() == Linked()
    Person.objects.filter(pk=second.pk).update(birth_date=date(1985, 5, 12))
    assert run() == Linked(read=1, weighed=1)
    assert DuplicateCandidate.objects.get().levels["birth_date"] == "same"
    record(number="2850535238901", family_name="Autre", given="Zoé", birth_date=date(1999, 1, 2))
    assert run() == Linked(read=1)


def test_id09_a_pair_decided_is_left_alone() -> None:
    """ID-09: told apart, it is never proposed again, even when a record changes; merged, neither."""
    first, second = twice()
    run()
    pair = DuplicateCandidate.objects.get()
    duplicates.decide_different(pair=pair, by="agent", reason="Deux cousines", at=AT)
    Person.objects.filter(pk=second.pk).update(birth_date=date(1985, 5, 12))
    assert run() == Linked(read=1) and not DuplicateCandidate.objects.waiting().exists()
    duplicates.undo_merge(pair=pair, by="agent", reason="Erreur")
    duplicates.decide_merge(pair=pair, survivor=first, by="agent", reason="Même personne", at=AT)
    assert run().proposed == 0 and DuplicateCandidate.objects.count() == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"number": "2850535238042"}, {"given": "Marion", "number": "2850535238043"}),
        ({"number": "2850535238042"}, {"given": "Marion"}),
        ({"number": "2850535238042"}, {"number": "2850535238043", "kind": "NIA"}),
        ({"number": "2850535238042"}, {"birth_rank": 2}),
        ({"number": "2850535238042"}, {"number": "2850535238500"}),
    ],
    ids=["twins", "a twin without a number", "numbers in a row", "another birth rank", "two NIR"],
)
def test_id09_twins_are_not_proposed(one: dict[str, Any], other: dict[str, Any]) -> None:
    """ID-09: same parents, birth, home and telephone."""
    for values in (one, other):
        record(phone="+33639980001", household_key=9, **values)
    assert run() == Linked(read=2)


def test_id09_a_number_borne_before_forbids_a_pair_too() -> None:
    """ID-09: the register knows former numbers, that the model does not read."""
    _, second = twice()
    Matricule.objects.create(
        person=second, value="2850535238043", kind="NIR", starts_on=date(2000, 1, 1), ends_on=date(2010, 1, 1)
    )
    assert run() == Linked(read=2)


def test_id09_killed_between_two_parts_it_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """ID-09: what a part proposed and read is written together; the rest is read by the next call."""
    twice()
    record(number="2850535238901", family_name="Autre", given="Zoé", birth_date=date(1999, 1, 2))
    real, calls = linking.copy_in, []

    def dying(table: str, rows: Any) -> int:
        calls.append(table)
        if len(calls) > 2:
            raise KeyboardInterrupt
        return real(table, rows)

    monkeypatch.setattr(linking, "copy_in", dying)
    with pytest.raises(KeyboardInterrupt):
        run(part=1)
    assert LinkageReading.objects.count() == 1
    monkeypatch.undo()
    assert run(part=1).read == 2 and DuplicateCandidate.objects.count() == 1 and LinkageReading.objects.count() == 3


def test_id09_the_command_says_what_it_did() -> None:
    """ID-09."""
    twice()
    told = CliRunner().invoke(app, ["find-duplicates", "--on", "2022-06-01", "--json"])
    assert told.exit_code == 0 and json.loads(told.stdout) == {"read": 2, "proposed": 1, "weighed": 0, "waiting": 1}, told.output
    told = CliRunner().invoke(app, ["find-duplicates"])
    assert "0  fiche(s) nouvelle(s)" in told.output and "1  en attente" in told.output
    assert CliRunner().invoke(app, ["find-duplicates", "--on", "hier"]).exit_code == 2

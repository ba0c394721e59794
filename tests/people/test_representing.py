"""Writing who may act for whom (VC-62): what the register refuses, what it says before, an end, a mistake taken back."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from allant.doctrine import rules
from allant.people.models import Person, Representation, RepresentationKind, RepresentationSource, Situation
from allant.people.representation import represented_by
from allant.people.representing import (
    RepresentationRefused,
    Wanted,
    end_representation,
    register_representation,
    withdraw_representation,
    worth_knowing,
)
from tests.people.builders import person

pytestmark = pytest.mark.django_db

TODAY = date(2021, 12, 1)
BOOK = rules.as_known_on(TODAY)
CHILD = date(2010, 5, 1)


def wanted(someone: Person, holder: Person, kind: str = "parent", **period: date) -> Wanted:
    return Wanted(
        person=someone, representative=holder, kind=RepresentationKind(kind), source=RepresentationSource.COURT,
        **{"starts_on": None, "ends_on": None, **period},
    )  # fmt: skip


def written(*given: Any, **period: date) -> Representation:
    return register_representation(wanted=wanted(*given, **period), on=TODAY, book=BOOK, by="agent")


def sees(holder: Person) -> list[Person]:
    return list(represented_by(holder, TODAY, BOOK))


def test_vc62_what_is_written_opens_at_once_and_ends_on_its_day() -> None:
    """VC-62: typed, the parent reads; ended, no more from that day; the former end stays in the history."""
    child, parent = person(birth_date=CHILD), person()
    row = written(child, parent)
    assert sees(parent) == [child]
    end_representation(representation=row, ends_on=TODAY, on=TODAY, by="agent", reason="jugement")
    assert sees(parent) == []
    (former,) = row.events.all()
    assert former.ends_on is None and former.pgh_context.metadata == {"by": "agent", "reason": "jugement"}
    with pytest.raises(RepresentationRefused, match="déjà pris fin le 01/12/2021"):
        end_representation(representation=row, ends_on=TODAY, on=TODAY, by="agent", reason="encore")


def test_vc62_a_mistake_is_taken_back_as_if_it_had_never_been() -> None:
    """VC-62: the policyholder, whom the mistake had put aside, represents the child again; the history keeps it."""
    parent = person()
    child = person(birth_date=CHILD, policyholder=parent)
    row = written(child, person(), starts_on=TODAY)
    assert sees(parent) == []
    with pytest.raises(RepresentationRefused, match=r"au plus tôt le 02/12/2021.*retirez-la") as refused:
        end_representation(representation=row, ends_on=TODAY, on=TODAY, by="agent", reason="erreur")
    assert refused.value.field == "ends_on"
    withdraw_representation(representation=row, by="agent", reason="erreur de numéro")
    assert sees(parent) == [child] and row.events.get().pgh_context.metadata["reason"] == "erreur de numéro"
    with pytest.raises(RepresentationRefused, match="retirée entre-temps"):
        withdraw_representation(representation=row, by="agent", reason="encore")


@pytest.mark.parametrize(
    ("someone", "holder", "kind", "period", "said", "field"),
    [
        ({"birth_date": CHILD}, {"birth_date": date(2005, 1, 1)}, "parent", {}, "pas connu comme majeur", "number"),
        (
            {"birth_date": CHILD},
            {"birth_date": None, "birth_precision": "none"},
            "parent",
            {},
            "pas connu comme majeur",
            "number",
        ),
        ({"birth_date": CHILD}, {"died_on": TODAY}, "parent", {}, "porte ce numéro est décédée", "number"),
        ({"died_on": TODAY}, {}, "guardian", {}, "rien à inscrire", None),
        ({}, {}, "parent", {}, "enfant majeur", "kind"),
        ({"birth_date": None, "birth_precision": "none"}, {}, "parent", {}, "âge inconnu", "kind"),
        ({"birth_date": CHILD}, {}, "curator", {}, "un mineur a un parent ou un tuteur", "kind"),
        ({}, {}, "guardian", {"starts_on": TODAY, "ends_on": TODAY}, "La fin doit suivre le début", "ends_on"),
    ],
)
def test_vc62_what_is_refused(
    someone: dict[str, Any], holder: dict[str, Any], kind: str, period: dict[str, date], said: str, field: str | None
) -> None:
    """VC-62: in French, with the field to look at; nothing is written."""
    with pytest.raises(RepresentationRefused, match=said) as refused:
        written(person(**someone), person(**holder), kind, **period)
    assert refused.value.field == field and not Representation.objects.exists()


def test_vc62_nobody_represents_themselves_nor_twice() -> None:
    """VC-62: whichever record of the two persons bears the first one."""
    someone, holder = person(), person()
    with pytest.raises(RepresentationRefused, match="ne se représente pas"):
        written(someone, someone, "guardian")
    former, absorbed = person(merged_into=someone), person(merged_into=holder)
    Representation.objects.create(person=former, representative=absorbed, kind="guardian", source="court", ends_on=TODAY)
    with pytest.raises(RepresentationRefused, match="changez les dates"):
        written(someone, holder, "guardian")
    assert written(someone, holder, "guardian", starts_on=TODAY).starts_on == TODAY


def test_vc62_what_the_agent_is_told_before() -> None:
    """VC-62: the policyholder put aside, a guardianship, a period to come or over, a curator who merely assists."""
    holder = person()
    child = person(birth_date=CHILD, policyholder=holder)
    guarded = person(birth_date=CHILD)
    Situation.objects.create(person=guarded, kind="guardianship")
    cases = [
        (wanted(child, holder), "seul le registre compte"),
        (wanted(guarded, holder), "seul le tuteur ouvre"),
        (wanted(person(), holder, "guardian", starts_on=date(2021, 12, 2)), "qu'à partir du 02/12/2021"),
        (wanted(person(), holder, "guardian", ends_on=TODAY), "période est déjà finie"),
        (wanted(person(), holder, "curator"), "assiste seulement"),
    ]
    for one, said in cases:
        (note,) = worth_knowing(one, TODAY, BOOK)
        assert said in note
    assert worth_knowing(wanted(person(policyholder=holder), holder, "guardian"), TODAY, BOOK) == []

"""VC-61: ranks and series of a file, from what is known of the person under any of their records."""

from datetime import date

import pytest

from allant.immunizations.models import Dose, Infection
from allant.people.actions import merge
from allant.people.models import Person, Situation
from tests.vaccination.imports import register
from tests.vaccination.imports.rendering import table

pytestmark = pytest.mark.django_db


def needed_after_a_merge(*, infected: bool, immunodepressed: bool = False) -> list[int]:
    """Doses of the schedule of a first dose in a file, what is known having been told under the record since absorbed."""
    sender = register.settle()
    absorbed = register.person(11, "Martin", "Jeanne", "1940-05-17")
    if infected:
        Infection.objects.create(person=absorbed, occurred_on=date(2020, 4, 1))
    if immunodepressed:
        Situation.objects.create(person=absorbed, kind="immunodepressed", starts_on=date(2020, 1, 1))
    survivor = Person.objects.get(pk=1)
    merge(duplicate=absorbed, into=survivor, by="agent", reason="x")
    register.send(register.text([{**table()["usual"], "rang": "", "date": "01/03/2021"}]), sender)
    return list(Dose.objects.filter(person=survivor).values_list("series_doses", flat=True))


def test_nothing_told_leaves_two_doses() -> None:
    """VC-40: the schedule of the vaccine."""
    assert needed_after_a_merge(infected=False) == [2]


def test_an_infection_of_the_absorbed_record_shortens_the_schedule() -> None:
    """VC-40, VC-61, VC-63."""
    assert needed_after_a_merge(infected=True) == [1]


def test_an_immunodepression_of_the_absorbed_record_does_not_let_it_shorten() -> None:
    """VC-40, VC-61, VC-63: the infection of an immunodepressed person shortens nothing."""
    assert needed_after_a_merge(infected=True, immunodepressed=True) == [2]

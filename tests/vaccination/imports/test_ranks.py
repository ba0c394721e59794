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


def test_an_older_dose_read_from_a_document_takes_the_next_rank() -> None:
    """VC-42, VC-61: no recorded rank moves, as on the page and by FHIR; told again it is the same dose."""
    sender = register.settle()
    anne = {**table()["usual"], "nir": "2200535238004", "nom": "Durand-Moreau", "prenom": "Anne", "rang": "", "lot": ""}
    told = {**anne, "date": "20/12/2020", "justificatif": "Carnet", "pays": "Suisse", "date_naissance": "20/05/1920"}
    for name in ("first", "second"):
        file = register.send(register.text([{**told, "identifiant": name}]), sender)
        assert register.faults(file) == {}
    ranks = Dose.objects.filter(person=7).order_by("occurred_on").values_list("occurred_on", "dose_number")
    assert list(ranks) == [(date(2020, 12, 20), 2), (date(2021, 2, 1), 1)]


def test_the_next_rank_follows_the_highest_known() -> None:
    """VC-61: of whom only the second dose is known, the next two are the third and the fourth."""
    sender = register.settle()
    abroad = {**table()["usual"], "rang": "", "justificatif": "Carnet", "pays": "Suisse"}
    register.send(register.text([{**abroad, "date": "01/03/2021", "rang": "2"}]), sender)
    file = register.send(register.text([{**abroad, "date": "01/12/2021"}, {**abroad, "date": "01/08/2021"}]), sender)
    assert register.faults(file) == {}
    assert list(Dose.objects.filter(person=1).order_by("occurred_on").values_list("dose_number", flat=True)) == [2, 3, 4]


def test_an_infection_of_the_absorbed_record_shortens_the_schedule() -> None:
    """VC-40, VC-61, VC-63."""
    assert needed_after_a_merge(infected=True) == [1]


def test_an_immunodepression_of_the_absorbed_record_does_not_let_it_shorten() -> None:
    """VC-40, VC-61, VC-63: the infection of an immunodepressed person shortens nothing."""
    assert needed_after_a_merge(infected=True, immunodepressed=True) == [2]

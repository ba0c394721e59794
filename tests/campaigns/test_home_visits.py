"""AV-40 (Vaucluse): a visit at home goes to a nurse of the territory, gets a day, is overdue or closed by a dose."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from allant.campaigns.models import HomeVisit
from allant.campaigns.proposals import home_visits
from allant.campaigns.proposals.home_visits import VisitRefused, ask, close, close_vaccinated, give, open_visits, plan
from allant.immunizations.recording import record_dose
from allant.outreach import texts
from allant.outreach.models import Message
from allant.outreach.templates import fill
from allant.people.models import Person
from tests.campaigns.proposal_cases import AT, BOOK, DAY, invited, nurse, somebody
from tests.immunizations.builders import act

pytestmark = pytest.mark.django_db


def asked(who: Person | None = None, **values: Any) -> HomeVisit:
    usual = {"person": who or somebody(), "invitation": None, "origin": "phone", "by": "agent:1", "at": AT, "book": BOOK}
    return ask(**{**usual, **values})


def vaccinated(who: Person, on: str) -> None:
    record_dose(person=who, act=act(on), source="teleservice", source_key=f"k{who.pk}{on}", by="ps:1", today=DAY + timedelta(30))


def test_av40_a_request_goes_to_the_least_loaded_nurse_of_the_territory() -> None:
    """AV-40: dated by the doctrine; asked twice is once; what happened is kept in order."""
    nurse(9, departement="84")
    first, second = nurse(1), nurse(2)
    one, two = asked(), asked()
    assert {one.nurse, two.nurse} == {first, second} and one.due_on == DAY + timedelta(days=14)
    assert asked(one.person) == one and HomeVisit.objects.count() == 2
    assert list(one.events.values_list("kind", flat=True)) == ["asked", "given"]


def test_av40_without_a_nurse_it_waits_for_the_fund() -> None:
    """AV-40: given by hand then, to a nurse of the territory only; the day of the former one is forgotten."""
    visit = asked()
    assert visit.nurse is None
    with pytest.raises(VisitRefused, match="Confiez d'abord"):
        plan(visit, planned_on=DAY, by="ps", at=AT)
    with pytest.raises(VisitRefused, match="dans le territoire"):
        give(visit, nurse=nurse(9, departement="84"), by="agent", at=AT, book=BOOK)
    with pytest.raises(VisitRefused, match="dans le territoire"):
        give(visit, nurse=nurse(8, profession="medecin"), by="agent", at=AT, book=BOOK)
    give(visit, nurse=nurse(1), by="agent", at=AT, book=BOOK)
    plan(visit, planned_on=DAY + timedelta(days=2), by="ps", at=AT)
    give(visit, nurse=nurse(2), by="agent", at=AT, book=BOOK)
    visit.refresh_from_db()
    assert visit.planned_on is None
    with pytest.raises(VisitRefused, match="est passé"):
        plan(visit, planned_on=DAY - timedelta(days=1), by="ps", at=AT)


def test_av40_a_dose_closes_it_and_an_older_one_does_not() -> None:
    """AV-40: under a merged record too; gone from the lists at once, closed by the round, run twice."""
    nurse()
    one, two, three = asked(), asked(), asked()
    vaccinated(one.person, "2021-08-20")
    vaccinated(two.person, "2021-08-01")
    absorbed = somebody()
    Person.objects.filter(pk=absorbed.pk).update(merged_into=three.person)
    vaccinated(absorbed, "2021-08-21")
    assert list(open_visits()) == [two]
    assert close_vaccinated(at=AT) == 2 and close_vaccinated(at=AT) == 0
    one.refresh_from_db()
    assert one.ended_as == "done" and list(one.events.values_list("kind", flat=True))[-1] == "done"


def test_av40_what_is_overdue_comes_first() -> None:
    """AV-40: by the day it was due."""
    nurse()
    late, soon = asked(at=AT - timedelta(days=30)), asked()
    assert list(open_visits()) == [late, soon] and late.due_on < DAY < soon.due_on


def test_av40_closed_without_a_dose_it_says_why() -> None:
    """AV-40: never « done » by hand; closed once."""
    visit = asked()
    for wrong in ("done", "rien"):
        with pytest.raises(VisitRefused, match="Choisissez pourquoi"):
            close(visit, ended_as=wrong, by="agent", at=AT)
    close(visit, ended_as="declined", by="agent", at=AT)
    with pytest.raises(VisitRefused, match="close"):
        close(visit, ended_as="declined", by="agent", at=AT)
    assert asked(visit.person) != visit, "one may ask again"


def test_av40_who_died_or_lives_nowhere_known_is_not_given() -> None:
    """AV-40: said with a way on."""
    for values in ({"died_on": DAY}, {"departement_code": None, "commune_code": None}):
        with pytest.raises(VisitRefused, match="0800 730 956"):
            asked(somebody(**values))


def test_av40_the_nurse_is_told_by_a_mail_that_names_nobody() -> None:
    """AV-40: once a request; one given to another since has lost its cause."""
    visit = asked()
    give(visit, nurse=nurse(1, email="n1@example.org"), by="agent", at=AT, book=BOOK)
    invited(0, offers="home")  # the wordings
    (message,) = Message.objects.filter(cause_kind=home_visits.CAUSE)
    subject, body = fill(texts.of_each([message])[message.pk], texts.variables_of([message])[message.pk])
    assert "30/08/2021" in body and "Keraval" not in subject + body and message.practitioner.email == "n1@example.org"
    give(visit, nurse=nurse(2), by="agent", at=AT, book=BOOK)
    assert texts.variables_of([message]) == {}


def test_av40_the_letter_of_vaucluse_says_where_to_ask(settings: Any) -> None:
    """AV-40: written by the wave like any other, with the page and the code."""
    settings.ALLANT_TODAY = DAY
    invited(1, offers="home")
    message = Message.objects.get()
    _, body = fill(texts.of_each([message])[message.pk], texts.variables_of([message])[message.pk])
    assert "à votre domicile" in body and "/rendez-vous/courrier/" in body and "en aucun cas une obligation" in body

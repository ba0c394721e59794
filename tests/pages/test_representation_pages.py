"""Who may act for whom, typed by the identity unit (VC-62): from a number to the right, both named in the access log."""

from __future__ import annotations

from datetime import date
from html import unescape
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from allant.accounts.models import AccessLogEntry
from allant.accounts.roles import Role
from allant.people.models import Person, Representation
from allant.people.numbering import give_number
from tests.accounts.sessions import account_with, enter
from tests.people.builders import person

pytestmark = pytest.mark.django_db
PAGES = "/identite/representations/"
NUMBERS = {"mother": "2750575101010", "father": "1740575101011", "elsewhere": "1740535238012"}
TYPED = {"number": NUMBERS["father"], "kind": "parent", "source": "civil_status", "starts_on": "", "ends_on": ""}


def text(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status, answer
    return " ".join(unescape(answer.content.decode()).replace("\u00a0", " ").split())


def borne(number: str, **values: Any) -> Person:
    made = person(**{"departement_code": "75", "birth_date": date(1975, 5, 1), **values})
    give_number(person=made, value=NUMBERS[number], kind="NIR", on=date(2000, 1, 1), by="t")
    return made


@pytest.fixture
def mother() -> Person:
    return borne("mother", given_names="Inès", family_name="Martel")


@pytest.fixture
def father() -> Person:
    return borne("father", given_names="Paul", family_name="Delmas", departement_code="35")


@pytest.fixture
def child(mother: Person) -> Person:
    return person(
        given_names="Zoé", family_name="Delmas", birth_date=date(2012, 3, 4), policyholder=mother, departement_code="75"
    )


@pytest.fixture
def agent(client: Client, settings: Settings) -> Client:
    settings.ALLANT_TODAY = date(2021, 12, 1)
    enter(client, account_with(Role.IDENTITY_AGENT, departement="75", structures=("CPAM-75",)))
    return client


def logged(action: str) -> set[int]:
    return set(AccessLogEntry.objects.filter(action=action, person_id__isnull=False).values_list("person_id", flat=True))


def test_vc62_from_a_number_to_the_right_in_four_steps(agent: Client, mother: Person, father: Person, child: Person) -> None:
    """VC-62: the number of the ouvrant droit, the child, the form, the check that names both; then the log names both."""
    found = text(agent.post(PAGES, {"number": NUMBERS["mother"]}))
    address = f"{PAGES}{child.pk}/"
    assert "Inès Martel" in found and f'href="{address}"' in found and NUMBERS["mother"] not in address
    empty = text(agent.get(address))
    assert "Aucun représentant inscrit" in empty and "représenté par son ouvrant droit" in empty
    check = text(agent.post(address, TYPED))
    for said in ("Zoé Delmas", "Paul Delmas, 01/05/1975", "Parent titulaire", "État civil", "seul le registre compte"):
        assert said in check, said
    assert not Representation.objects.exists()
    done = agent.post(address, {**TYPED, "confirm": "1"}, follow=True)
    assert done.redirect_chain[-1][0] == address
    assert "Représentation inscrite" in text(done) and "en cours" in text(done)
    row = Representation.objects.get()
    assert (row.person, row.representative, row.kind, row.source) == (child, father, "parent", "civil_status")
    assert logged("write") == {child.pk, father.pk} and logged("search") == {mother.pk, child.pk}
    again = agent.post(address, {**TYPED, "confirm": "1"})
    assert "déjà inscrite" in text(again, 422) and Representation.objects.count() == 1


def test_vc62_one_bearer_alone_opens_at_once(agent: Client, father: Person, mother: Person) -> None:
    """VC-62: one step less; somebody of another territory is refused, and it is logged; nobody is an empty answer."""
    assert agent.post(PAGES, {"number": NUMBERS["mother"]})["Location"] == f"{PAGES}{mother.pk}/"
    assert agent.post(PAGES, {"number": NUMBERS["father"]}).status_code == 403
    assert agent.get(f"{PAGES}{father.pk}/").status_code == 403 and logged("refused") == {father.pk}
    assert "Personne ne porte" in text(agent.post(PAGES, {"number": NUMBERS["elsewhere"]}))


def test_vc62_what_is_typed_wrong_is_said_beside_its_field(agent: Client, father: Person, child: Person) -> None:
    """VC-62: in French, nothing lost, nothing written."""
    address = f"{PAGES}{child.pk}/"
    everything = text(agent.post(address, {}), 422)
    for said in ("Saisissez un matricule", "Choisissez la qualité", "Choisissez la pièce"):
        assert said in everything
    assert "vérifiez-le chiffre par chiffre" in text(agent.post(address, {**TYPED, "number": NUMBERS["elsewhere"]}), 422)
    refused = text(agent.post(address, {**TYPED, "kind": "curator", "ends_on": "2022-01-01"}), 422)
    assert "un mineur a un parent ou un tuteur" in refused and 'value="2022-01-01"' in refused
    twice = person(given_names="Paul", family_name="Delmas", birth_date=date(1975, 5, 1))
    twice.matricules.create(value=NUMBERS["father"], kind="NIR", starts_on=date(1999, 1, 1), ends_on=date(2000, 1, 1))
    assert "Plusieurs fiches" in text(agent.post(address, TYPED), 422)
    assert not Representation.objects.exists()


def test_vc62_a_representation_ends_or_is_withdrawn(agent: Client, father: Person, mother: Person, child: Person) -> None:
    """VC-62: with its day and its reason; who was named by mistake is no longer; both are in the access log."""
    first, second = (
        Representation.objects.create(person=child, representative=who, kind="parent", source="court") for who in (father, mother)
    )
    address = f"{PAGES}{child.pk}/{first.pk}/"
    assert "Paul Delmas" in text(agent.get(address))
    assert "Donnez le jour" in text(agent.post(address, {"decision": "end", "reason": "jugement"}), 422)
    assert "Écrivez le motif" in text(agent.post(address, {"decision": "withdraw"}), 422)
    ended = text(agent.post(address, {"decision": "end", "ends_on": "2021-12-01", "reason": "jugement"}, follow=True))
    assert "Fin de la représentation enregistrée" in ended and "terminée" in ended
    assert logged("write") == {child.pk, father.pk}
    late = agent.post(address, {"decision": "end", "ends_on": "2021-12-02", "reason": "jugement"})
    assert "déjà pris fin" in text(late, 422)
    other = f"{PAGES}{child.pk}/{second.pk}/"
    assert "Représentation retirée" in text(agent.post(other, {"decision": "withdraw", "reason": "erreur"}, follow=True))
    assert list(Representation.objects.all()) == [first] and mother.pk in logged("write")
    assert agent.get(other).status_code == 404 and agent.get(f"{PAGES}{father.pk}/{first.pk}/").status_code == 403


def test_vc62_nothing_is_written_when_the_log_cannot_be(
    agent: Client, father: Person, child: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """VC-62: the right and its entries in the access log, both or neither."""
    from allant.pages.identity import representation_views

    def broken(*given: object, **named: object) -> int:
        raise RuntimeError("journal indisponible")

    monkeypatch.setattr(representation_views, "log_request", broken)
    with pytest.raises(RuntimeError):
        agent.post(f"{PAGES}{child.pk}/", {**TYPED, "confirm": "1"})
    assert not Representation.objects.exists()


def test_vc62_before_the_rule_the_page_says_so(agent: Client, child: Person, settings: Settings) -> None:
    """VC-62."""
    settings.ALLANT_TODAY = date(2020, 12, 1)
    assert "encore en vigueur" in text(agent.post(f"{PAGES}{child.pk}/", {**TYPED, "number": NUMBERS["mother"]}), 404)


def test_vc62_query_counts_of_representations(
    agent: Client, father: Person, child: Person, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """VC-62: not one more for another representative."""
    address = f"{PAGES}{child.pk}/"
    agent.get(address)
    for _ in range(2):
        Representation.objects.create(person=child, representative=person(), kind="parent", source="court")
        with django_assert_num_queries(6):  # session, account, memberships, person, representatives, access log
            agent.get(address)
    with django_assert_num_queries(5):  # session, account, memberships, persons, access log
        agent.post(PAGES, {"number": NUMBERS["mother"]})
    with django_assert_num_queries(9):  # + bearer, guardianship, the same two persons, whether anybody was named
        agent.post(address, TYPED)

"""Duplicates on the pages (VC-63): compared side by side, merged, told apart, undone; each reading in the access log."""

from __future__ import annotations

from datetime import UTC, date, datetime
from html import unescape
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from allant.accounts.models import AccessLogEntry, LoggedAction
from allant.accounts.roles import Role
from allant.immunizations.models import Dose
from allant.people import duplicates
from allant.people.models import DuplicateCandidate, Matricule, Person
from tests.accounts.sessions import account_with, enter
from tests.people.builders import person

pytestmark = pytest.mark.django_db

AT = datetime(2021, 6, 1, tzinfo=UTC)
LIST = "/administration/doublons/"


def text(answer: Any, status: int = 200) -> str:
    """The page as a reader sees it."""
    assert answer.status_code == status, answer
    return " ".join(unescape(answer.content.decode()).replace("\u00a0", " ").split())


@pytest.fixture
def agent(client: Client) -> Client:
    """An identity agent of Ille-et-Vilaine."""
    enter(client, account_with(Role.IDENTITY_AGENT, departement="35"))
    return client


def pair(departement: str = "35", given: str = "Camille") -> DuplicateCandidate:
    """One person recorded twice, with a dose under each record."""
    values = {"sex": "F", "departement_code": departement, "given_names": given}
    first, second = person(**values), person(**values)
    number = f"250053523{first.pk % 10_000:04d}"
    Matricule.objects.create(person=first, value=number, kind="NIR", starts_on=date(2000, 1, 1))
    for rank, owner in enumerate((first, second), 1):
        Dose.objects.create(
            person=owner, occurred_on=date(2021, 3, rank), vaccine="comirnaty", dose_number=rank, series="primary",
            series_doses=2, recorded_at=AT, recorded_by="test", source="teleservice", source_key=f"t:{owner.pk}",
        )  # fmt: skip
    duplicates.find(at=AT)
    return DuplicateCandidate.objects.get(first=first, second=second)


def read() -> list[int]:
    """The persons of the readings in the access log."""
    entries = AccessLogEntry.objects.filter(action__in=("read", "search"), person_id__isnull=False)
    return sorted(entries.values_list("person_id", flat=True))


def test_vc63_two_records_are_compared_merged_and_parted_again(agent: Client) -> None:
    """VC-63: every act of both is shown before, after, and after the undoing."""
    proposed = pair()
    address = f"{LIST}{proposed.pk}/"
    assert "Mêmes nom, prénoms" in text(agent.get(LIST))
    page = text(agent.get(address))
    assert "Dose 1, Comirnaty" in page and "Dose 2, Comirnaty" in page and "NIR 25005" in page
    assert read() == sorted([proposed.first_id, proposed.second_id] * 2)
    merge = {"decision": str(proposed.second_id), "reason": "Même personne, pièce d'identité vue"}
    page = text(agent.post(address, merge, follow=True))
    assert f"la fiche {proposed.second_id} est gardée" in page and "Dose 1" in page and "Dose 2" in page
    survivor = Person.objects.get(pk=proposed.second_id)
    assert Dose.objects.current().given_to(survivor).count() == 2
    assert "Aucune paire à comparer" in text(agent.get(LIST)) and "Fusionnées" in text(agent.get(f"{LIST}?etat=decides"))
    page = text(agent.post(address, {"decision": "undo", "reason": "Deux cousines"}, follow=True))
    assert "chaque fiche a retrouvé ses actes" in page
    assert Dose.objects.current().given_to(survivor).count() == 1
    assert AccessLogEntry.objects.filter(action=LoggedAction.WRITE, person_id=survivor.pk).count() == 2


def test_vc63_two_persons_are_told_apart_for_good(agent: Client) -> None:
    """VC-63."""
    proposed = pair()
    page = text(agent.post(f"{LIST}{proposed.pk}/", {"decision": "different", "reason": "Deux cousines"}, follow=True))
    assert "ne sera plus proposée" in page and "Annuler la décision" in page
    duplicates.find(at=AT)
    assert "Aucune paire à comparer" in text(agent.get(LIST))


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        ({"reason": "x"}, "Choisissez une décision"),
        ({"decision": "different", "reason": " "}, "Écrivez le motif"),
        ({"decision": "999999", "reason": "x"}, "Sélectionnez un choix valide"),
    ],
)
def test_vc63_a_decision_sent_wrong_is_told(agent: Client, sent: dict[str, str], message: str) -> None:
    """VC-63."""
    proposed = pair()
    assert message in text(agent.post(f"{LIST}{proposed.pk}/", sent), 422)
    assert DuplicateCandidate.objects.waiting().count() == 1


def test_vc63_a_merge_that_can_no_longer_be_is_refused_in_words(agent: Client) -> None:
    """VC-63: the record was merged elsewhere while the page was open."""
    proposed, other = pair(), person(departement_code="35")
    Person.objects.filter(pk=proposed.first_id).update(merged_into=other)
    sent = {"decision": str(proposed.second_id), "reason": "x"}
    assert "déjà fusionnée dans une autre" in text(agent.post(f"{LIST}{proposed.pk}/", sent), 422)


def test_vc63_an_agent_sees_the_pairs_of_the_territory_alone(agent: Client) -> None:
    """VC-63: a pair of another département is neither listed nor opened; the refusal is logged with the persons."""
    mine, theirs = pair(), pair("75", "Dominique")
    page = text(agent.get(LIST))
    assert "Camille" in page and "Dominique" not in page
    assert agent.get(f"{LIST}{theirs.pk}/").status_code == 403
    assert agent.get(f"{LIST}{mine.pk}/").status_code == 200
    refused = AccessLogEntry.objects.filter(action=LoggedAction.REFUSED, person_id__isnull=False)
    assert set(refused.values_list("person_id", flat=True)) == {theirs.first_id, theirs.second_id}


def test_vc63_an_agent_sees_no_other_rubric(agent: Client) -> None:
    """An identity agent opens the duplicates, not the lots nor the alerts."""
    page = text(agent.get("/administration/"))
    assert "Ouvrir les doublons" in page and "Ouvrir les lots" not in page
    assert agent.get("/administration/lots/").status_code == 403


def test_vc63_pages_cost_the_same_for_many_pairs(agent: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    """VC-63."""
    for count in (1, 12):
        for rank in range(count):
            found = pair(given=f"Camille{'x' * count}{rank}")
        agent.get(LIST)
        with django_assert_num_queries(6):  # session, account, memberships, count, pairs, access log
            agent.get(LIST)
        with django_assert_num_queries(18):  # the pair, seven reads a record (below), what both bear, access log
            agent.get(f"{LIST}{found.pk}/")


def probable(departement: str = "35") -> DuplicateCandidate:
    """A pair that the linkage proposed."""
    first, second = (person(departement_code=departement, sex="F", given_names=given) for given in ("Camille", "Camile"))
    levels = {"family_name": "same", "given_names": "near", "birth_date": "same", "sex": "same", "reach": "phone"}
    return DuplicateCandidate.objects.create(
        first=first, second=second, rule="linkage", found_at=AT, weight=12.34, levels=levels
    )  # fmt: skip


def test_id09_the_page_says_why_a_pair_is_proposed(agent: Client) -> None:
    """ID-09: each comparison in French with its weight; what is unknown says nothing; what each record bears is counted."""
    found = probable()
    Dose.objects.create(
        person=found.first, occurred_on=date(2021, 3, 1), vaccine="comirnaty", dose_number=1, series="primary", series_doses=2,
        recorded_at=AT, recorded_by="test", source="teleservice", source_key="t:why",
    )  # fmt: skip
    page = text(agent.get(f"{LIST}{found.pk}/"))
    for part in ("poids <strong>12,3</strong>", "99,98", "Même date", "Un même téléphone", "Non renseigné sur l'une", "pour"):
        assert part in page, part
    assert "<th scope=\"row\">Doses</th><td>1</td><td>0</td>" in page
    assert read() == sorted([found.first_id, found.second_id])


def test_id09_a_pair_is_put_off_and_comes_back(agent: Client, settings: Any) -> None:
    """ID-09: after the delay of the doctrine; it waits under « plus tard » meanwhile."""
    settings.ALLANT_TODAY = date(2022, 6, 1)
    found = probable()
    page = text(agent.post(f"{LIST}{found.pk}/", {"decision": "later", "reason": "Pièce demandée"}, follow=True))
    assert "elle reviendra le 01/07/2022" in page and "à revoir à partir du 01/07/2022" in page
    assert "Aucune paire à comparer" in text(agent.get(LIST))
    assert "À revoir le 01/07/2022" in text(agent.get(f"{LIST}?etat=plus-tard"))
    settings.ALLANT_TODAY = date(2022, 7, 1)
    assert "Poids 12,3" in text(agent.get(LIST)) and "Aucune paire remise" in text(agent.get(f"{LIST}?etat=plus-tard"))
    agent.post(f"{LIST}{found.pk}/", {"decision": "different", "reason": "Deux cousines"})
    assert "Personnes différentes" in text(agent.get(f"{LIST}?etat=decides"))


def test_id09_pairs_are_filtered_and_downloaded(agent: Client) -> None:
    """ID-09: by reason; the sheet names nobody, and its persons are in the access log."""
    exact, likely, elsewhere = pair(), probable(), probable("29")
    page = text(agent.get(f"{LIST}?regle=linkage"))
    assert f"/{likely.pk}/" in page and f"/{exact.pk}/" not in page and f"/{elsewhere.pk}/" not in page
    assert "pour cette raison" in text(agent.get(f"{LIST}?regle=swapped_names"))
    lines = agent.get("/administration/doublons.csv?regle=linkage").content.decode("utf-8-sig").splitlines()
    assert len(lines) == 2 and lines[0].startswith("Paire;")
    assert lines[1].startswith(f"{likely.pk};{likely.first_id};{likely.second_id};")
    assert "12,3" in lines[1] and "Martin" not in lines[1]
    assert likely.first_id in read()

"""One person's contacts: everything sent and why, why no other campaign means them; no reason for those who need none (TG-06)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from pytest_django import Settings

from allant.accounts.models import AccessLogEntry
from allant.accounts.roles import Role
from allant.campaigns.models import Invitation
from allant.people.actions import merge
from allant.people.models import Person
from tests.accounts.sessions import account_with, enter
from tests.pages import small_country

pytestmark = pytest.mark.django_db
ADDRESS = "/campagnes/personne/contacts/"


@pytest.fixture
def settled(settings: Settings) -> None:
    settings.ALLANT_TODAY = small_country.TODAY
    small_country.settle()


def shown(client: Client, person_id: int) -> str:
    return client.post(ADDRESS, {"value": small_country.matricule(person_id)}).content.decode()


def test_tg_06_everything_sent_to_an_invited_person(client: Client, settled: None) -> None:
    """Campaign, wave, day, channel, what became of the message; the search is logged with the person."""
    enter(client, account_with(Role.CAMPAIGN_MANAGER))
    invited = small_country.an_invitation().person
    page = shown(client, invited.pk)
    for said in ("Soixante ans et plus", "vague 1", "18 janvier 2021", "en attente"):
        assert said in page
    entry = AccessLogEntry.objects.about(invited.pk).get()
    assert (entry.action, entry.path) == ("search", "campagnes/personne/contacts/")


def test_tg_06_why_a_campaign_does_not_mean_somebody(client: Client, settled: None) -> None:
    enter(client, account_with(Role.CAMPAIGN_MANAGER))
    young = Person.objects.filter(birth_date__year__gt=1990, pk__gt=200).first()
    page = shown(client, young.pk)
    assert "Rien ne lui a été envoyé" in page and "pas dans la cible :" in page and "60 ans ou plus" in page


@pytest.mark.parametrize("role", [Role.CALL_AGENT, Role.FRONT_DESK_AGENT])
def test_an_agent_sees_what_was_sent_but_no_criterion(client: Client, settled: None, role: Role) -> None:
    enter(client, account_with(role))
    young = Person.objects.filter(birth_date__year__gt=1990, pk__gt=200).first()
    page = shown(client, young.pk)
    assert "pas dans la cible." in page and "60 ans" not in page.split("<main")[1].split("Les campagnes en cours")[1]


def test_a_merged_record_brings_its_invitations_along(client: Client, settled: None) -> None:
    """VC-63: found from the number of the record that stands."""
    enter(client, account_with(Role.CAMPAIGN_MANAGER))
    invited = small_country.an_invitation().person
    survivor = Person.objects.exclude(pk__in=Invitation.objects.values("person")).first()
    merge(duplicate=invited, into=survivor, by="test", reason="essai")
    assert "vague 1" in shown(client, survivor.pk)


def test_another_territory_is_refused_and_logged(client: Client, settled: None) -> None:
    enter(client, account_with(Role.CALL_AGENT, departement="29"))
    answer = client.post(ADDRESS, {"value": small_country.matricule(7)})
    assert answer.status_code == 403
    assert AccessLogEntry.objects.about(7).get().action == "refused"


def test_the_page_asks_a_fixed_number_of_queries(
    client: Client, settled: None, django_assert_max_num_queries: Callable[[int], object]
) -> None:
    enter(client, account_with(Role.CAMPAIGN_MANAGER))
    shown(client, 7)
    with django_assert_max_num_queries(22):  # type: ignore[attr-defined]
        shown(client, small_country.an_invitation().person_id)

"""Where a role holds: a département, the whole country, or nowhere."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import Settings

from allant.accounts.actions import Grant, replace_memberships
from allant.accounts.models import AccessLogEntry
from allant.accounts.roles import WHOLE_COUNTRY, Role
from allant.people.models import Person
from tests.accounts.sessions import account_with, enter
from tests.pages import small_country

pytestmark = pytest.mark.django_db

LOCAL = Grant(Role.CAMPAIGN_MANAGER, "CPAM-35", "CPAM 35", "35")


def outcome(client: Client, departement: str | None) -> int:
    """The answer to « Pourquoi ? » about somebody of this département."""
    person = Person.objects.filter(pk__in=small_country.VACCINATED).first()
    assert person
    Person.objects.filter(pk=person.pk).update(departement_code=departement)
    return client.post("/campagnes/essai/pourquoi/", {"value": small_country.matricule(person.pk)}).status_code


@pytest.mark.parametrize(
    ("grants", "departement", "status"),
    [
        ([LOCAL], "35", 200),
        ([LOCAL], "75", 403),
        ([LOCAL], None, 403),
        ([Grant(Role.CAMPAIGN_MANAGER, "CNAM", "Cnam", WHOLE_COUNTRY)], "75", 200),
        ([Grant(Role.CAMPAIGN_MANAGER, "CNAM", "Cnam", WHOLE_COUNTRY)], None, 200),
        ([Grant(Role.CAMPAIGN_MANAGER, "CPAM-00", "Sans territoire")], "35", 403),
        ([Grant(Role.CAMPAIGN_MANAGER, "CPAM-00", "Sans territoire")], None, 403),
        # Another role elsewhere, even first in the list, lends its territory to nobody.
        ([LOCAL, Grant(Role.RIGHTS_AGENT, "AAA", "AAA", WHOLE_COUNTRY)], "75", 403),
        ([LOCAL, Grant(Role.CAMPAIGN_MANAGER, "CPAM-75", "CPAM 75", "75")], "75", 200),
    ],
)
def test_a_role_reaches_its_own_territory(
    client: Client, settings: Settings, grants: list[Grant], departement: str | None, status: int
) -> None:
    settings.ALLANT_TODAY = small_country.TODAY
    small_country.settle()
    user = account_with(username="agency:local")
    replace_memberships(user=user, grants=grants)
    enter(client, user)
    assert outcome(client, departement) == status


def test_the_log_names_the_role_that_the_page_is_for(client: Client) -> None:
    user = account_with()
    replace_memberships(user=user, grants=[Grant(Role.ADMINISTRATOR, "AAA", "AAA"), LOCAL])
    enter(client, user)
    client.get("/campagnes/")
    entry = AccessLogEntry.objects.get()
    assert (entry.role, entry.structure) == (Role.CAMPAIGN_MANAGER, "CPAM-35")


def test_the_log_names_the_weaker_role_of_a_weak_sign_in(client: Client) -> None:
    enter(client, account_with(Role.HEALTH_PROFESSIONAL), strong=False)
    client.get("/professionnel/")
    assert AccessLogEntry.objects.get().role == Role.PORTAL_USER


@pytest.mark.parametrize("role", [Role.CALL_AGENT, Role.ADMINISTRATOR, Role.PARTNER])
def test_a_role_without_a_page_yet_is_told_kindly(client: Client, role: Role) -> None:
    enter(client, account_with(role))
    page = client.get("/espace/", follow=True).content.decode()
    assert "Rien à faire ici pour l’instant" in page and "/chiffres/" in page


def test_a_role_with_pages_is_not_told_so(client: Client) -> None:
    enter(client, account_with(Role.CAMPAIGN_MANAGER))
    assert "Rien à faire ici" not in client.get("/compte/").content.decode()

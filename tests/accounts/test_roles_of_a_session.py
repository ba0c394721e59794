"""What a session may do: roles, strength, place of activity."""

import pytest
from django.core.checks import run_checks
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from allant.accounts.access import requires
from allant.accounts.actions import Grant, replace_memberships
from allant.accounts.models import Membership, User
from allant.accounts.roles import Role
from allant.directory.models import Organisation, OrganisationKind
from tests.accounts.sessions import account_with, enter

pytestmark = pytest.mark.django_db


def test_the_provider_has_the_last_word_on_roles() -> None:
    user = account_with(Role.CALL_AGENT, Role.RIGHTS_AGENT)
    kept = user.memberships.get(role=Role.CALL_AGENT).pk
    replace_memberships(user=user, grants=[Grant(Role.CALL_AGENT, "CPAM-35", "Structure CPAM-35")])
    assert [(held.pk, held.role) for held in user.memberships.all()] == [(kept, Role.CALL_AGENT)]


def test_the_history_of_roles_is_kept() -> None:
    user = account_with(Role.CALL_AGENT)
    replace_memberships(user=user, grants=[])
    events = Membership.pgh_event_model.objects.filter(user_id=user.pk).order_by("pgh_id")
    assert [event.pgh_label for event in events] == ["insert", "delete"]


def test_a_structure_of_the_directory_is_linked() -> None:
    known = Organisation.objects.create(code="CPAM-35", name="CPAM d'Ille-et-Vilaine", kind=OrganisationKind.CPAM)
    user = account_with(Role.CALL_AGENT)
    assert user.organisation == known
    assert user.memberships.get().organisation == known


def test_vc01_a_weak_sign_in_is_no_health_professional(client: Client) -> None:
    """VC-01: by login and password, the banner and no patient data."""
    enter(client, account_with(Role.HEALTH_PROFESSIONAL), strong=False)
    answer = client.get("/professionnel/")
    assert "Identification par carte CPS nécessaire" in answer.content.decode()
    assert client.get("/professionnel/lieu/").status_code == 403


def test_vc01_a_session_of_unknown_origin_is_weak(client: Client) -> None:
    client.force_login(account_with(Role.HEALTH_PROFESSIONAL), backend="django.contrib.auth.backends.ModelBackend")
    assert "Identification par carte CPS nécessaire" in client.get("/professionnel/").content.decode()


def test_vc03_a_professional_with_several_structures_chooses_one(client: Client) -> None:
    """VC-03: asked at sign-in, changed without signing out."""
    user = account_with(Role.HEALTH_PROFESSIONAL, structures=("R1", "R2", "R3"))
    enter(client, user)
    assert client.get("/professionnel/")["Location"] == "/professionnel/lieu/"
    assert "Aucun lieu choisi" in client.post("/professionnel/lieu/").content.decode()
    for code in ("R2", "R3"):
        place = user.memberships.get(structure_code=code)
        assert client.post("/professionnel/lieu/", {"place": place.pk}).status_code == 302
        assert f"Structure {code}" in client.get("/professionnel/").content.decode()


def test_vc03_query_counts_of_the_choice(client: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    """VC-03: not one more for more places."""
    for count in (2, 5):
        user = account_with(Role.HEALTH_PROFESSIONAL, username=f"psc:{count}", structures=tuple(f"R{n}" for n in range(count)))
        enter(client, user)
        with django_assert_num_queries(4):  # session, account, memberships, access log
            client.get("/professionnel/lieu/")
        with django_assert_num_queries(8):  # + the session written, between its savepoint and its release
            client.post("/professionnel/lieu/", {"place": user.memberships.all()[0].pk})


def test_vc03_somebody_elses_structure_is_refused(client: Client) -> None:
    other = account_with(Role.HEALTH_PROFESSIONAL, username="psc:autre", structures=("R9",))
    enter(client, account_with(Role.HEALTH_PROFESSIONAL, structures=("R1", "R2")))
    assert client.post("/professionnel/lieu/", {"place": other.memberships.get().pk}).status_code == 403


def test_a_closed_account_holds_nothing(client: Client) -> None:
    user = account_with(Role.CAMPAIGN_MANAGER)
    enter(client, user)
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert client.get("/campagnes/").status_code in {302, 403}


def test_a_declaration_without_role_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="at least one role"):
        requires()


def test_the_site_refuses_to_start_without_the_middleware(settings: Settings) -> None:
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "AccessMiddleware" not in name]
    assert "accounts.E001" in {message.id for message in run_checks(tags=["security"])}

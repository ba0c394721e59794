"""Signing in through each provider, played over HTTP against the simulators' processes."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from allant.accounts.models import Membership, User
from allant.accounts.roles import Role
from allant.accounts.sign_in import SESSION_KEY
from allant.directory.models import Organisation, Practitioner
from allant.site import providers
from tests.accounts.sessions import account_with, enter

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sign_in_services")]


def leave(client: Client, provider: str, next_url: str = "") -> str:
    """Press the button of a door; gives the address of the provider."""
    cache.clear()
    answer = client.post(f"/connexion/{provider}/", {"next": next_url} if next_url else {})
    assert answer.status_code == 302, answer.content.decode()
    return answer["Location"]


def choose(address: str, account: str) -> str:
    """Choose the account with this label at the provider; gives the address it sends back to."""
    page = unescape(requests.get(address, timeout=10).text)
    found = re.search(rf'value="([^"]+)"><strong>{re.escape(account)}<', page)
    assert found, page
    back = requests.post(address, data={"sub": found[1]}, allow_redirects=False, timeout=10)
    return back.headers["Location"].removeprefix("http://testserver")


def go_through(client: Client, provider: str, account: str, next_url: str = "") -> HttpResponse:
    """The whole way; gives Allant's answer to the return."""
    return client.get(choose(leave(client, provider, next_url), account))


def test_an_agent_gets_the_roles_their_organisation_states(client: Client) -> None:
    answer = go_through(client, "agency", "Responsable de campagne nationale")
    assert answer["Location"] == "/espace/"
    assert client.get("/espace/")["Location"] == "/campagnes/"
    held = Membership.objects.get(user__username="agency:agent-0001")
    assert (held.role, held.structure_code) == (Role.CAMPAIGN_MANAGER, "CNAM")
    assert client.session[SESSION_KEY]["strong"] is True


def test_the_page_asked_for_opens_after_sign_in(client: Client) -> None:
    assert go_through(client, "agency", "Responsable de campagne nationale", "/campagnes/")["Location"] == "/campagnes/"


def test_another_site_is_never_a_next_page(client: Client) -> None:
    answer = go_through(client, "agency", "Responsable de campagne nationale", "https://ailleurs.example/")
    assert answer["Location"] == "/espace/"


def test_a_second_sign_in_uses_the_same_account_and_keeps_no_claim(client: Client) -> None:
    for _ in range(2):
        go_through(client, "france-connect", "Assurée née en 1940")
    user = User.objects.get()
    assert (user.username, user.has_usable_password()) == ("france-connect:fc-0001v1", False)
    assert user.socialaccount_set.get().extra_data == {}


@pytest.mark.parametrize(
    ("provider", "account", "reason"),
    [
        ("agency", "Agent sans habilitation (accès refusé)", "aucune habilitation"),
        ("agency", "Responsable de campagne, connexion trop faible (accès refusé)", "niveau eidas2 attendu, « eidas1 » reçu"),
        ("pro-sante-connect", "Médecin suspendu (aucun exercice en cours)", "aucun exercice en cours"),
        ("partner", "Compte sans structure (accès refusé)", "rattaché à aucune structure"),
    ],
)
def test_a_refusal_says_why_and_opens_no_account(client: Client, provider: str, account: str, reason: str) -> None:
    answer = go_through(client, provider, account)
    assert answer.status_code == 403
    assert reason in unescape(answer.content.decode())
    assert not User.objects.exists()


def test_a_professional_is_called_by_their_name(client: Client) -> None:
    """Pro Santé Connect states the names with each exercise."""
    go_through(client, "pro-sante-connect", "Médecin, e-CPS")
    assert str(User.objects.get()) == "Karim Haddad"


@pytest.mark.parametrize("account", ["Médecin, carte CPS", "Médecin, e-CPS", "Pharmacien, carte CPS", "Infirmière, e-CPS"])
def test_vc01_card_and_e_cps_are_strong(client: Client, account: str) -> None:
    """VC-01: Pro Santé Connect by CPS card or e-CPS."""
    go_through(client, "pro-sante-connect", account)
    page = client.get("/professionnel/").content.decode()
    assert "Activités" in page and "carte CPS nécessaire" not in page


def test_vc01_login_and_password_end_on_the_banner(client: Client) -> None:
    """VC-01, VC-04: the password lets in, to the banner only."""
    go_through(client, "pro-sante-connect", "Médecin, identifiant et mot de passe seulement")
    page = client.get("/professionnel/").content.decode()
    assert "Identification par carte CPS nécessaire" in page and "Activités" not in page


def test_vc01_a_strong_sign_in_writes_the_professional_and_their_places(client: Client) -> None:
    """VC-01, VC-03: the directory holds them once, brought up to date at each sign-in."""
    Practitioner.objects.create(rpps="99900000045", family_name="Ancien", given_names="Nom", profession="10")
    for _ in range(2):
        go_through(client, "pro-sante-connect", "Médecin, trois structures")
    user = User.objects.get()
    assert user.practitioner and (user.practitioner.rpps, str(user.practitioner)) == ("99900000045", "Sophie Lavigne")
    places = Organisation.objects.order_by("code").values_list("code", "kind")
    assert list(places) == [("R900041", "practice"), ("R900042", "practice"), ("R900043", "centre")]
    columns = ("organisation__code", "exercise_mode", "postcode", "profession")
    held = user.memberships.order_by("structure_code").values_list(*columns)
    assert list(held) == [("R900041", "L", "13006", "10"), ("R900042", "S", "13008", "10"), ("R900043", "S", "13008", "10")]


def test_vc01_a_password_writes_nothing_in_the_directory(client: Client) -> None:
    """VC-01: the same person by card is another account, with their professional."""
    go_through(client, "pro-sante-connect", "Médecin, identifiant et mot de passe seulement")
    assert not Practitioner.objects.exists() and not Organisation.objects.exists()
    assert client.get("/professionnel/vaccin-covid/").status_code == 403


def test_vc03_three_structures_are_three_memberships(client: Client) -> None:
    go_through(client, "pro-sante-connect", "Médecin, trois structures")
    assert Membership.objects.count() == 3
    assert client.get("/professionnel/")["Location"] == "/professionnel/lieu/"


def test_a_partner_gets_their_organisation(client: Client) -> None:
    go_through(client, "partner", "Centre communal d'action sociale (CCAS)")
    assert Membership.objects.get().structure_code == "CCAS-13-01"


def test_what_is_asked_of_the_provider(client: Client) -> None:
    """PKCE S256, state, nonce and level; the visitor's own parameters are not passed on."""
    client.get("/connexion/")
    answer = client.post("/connexion/agency/?scope=admin&auth_params=acr_values%3Deidas1")
    asked = parse_qs(urlsplit(answer["Location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["acr_values"] == ["eidas2"]
    assert set(asked["scope"][0].split()) == {"openid", "profile", "email"}
    assert len(asked["nonce"][0]) >= 24 and len(asked["state"][0]) >= 12


def test_an_answer_without_its_state_is_refused(client: Client) -> None:
    back = choose(leave(client, "agency"), "Responsable de campagne nationale")
    assert Client().get(back).status_code == 401
    assert client.get(re.sub(r"state=[^&]+", "state=autre", back)).status_code == 401


def test_an_answer_cannot_be_used_twice(client: Client) -> None:
    back = choose(leave(client, "agency"), "Responsable de campagne nationale")
    assert client.get(back).status_code == 302
    assert client.get(back).status_code == 401


def test_a_code_caught_in_another_sign_in_is_refused(client: Client) -> None:
    """PKCE: the code of one session does not serve another, even with a valid state."""
    stolen = parse_qs(urlsplit(choose(leave(client, "agency"), "Administrateur")).query)["code"][0]
    thief = Client()
    own = choose(leave(thief, "agency"), "Agent d'appel")
    assert thief.get(re.sub(r"code=[^&]+", f"code={stolen}", own)).status_code == 401
    assert "_auth_user_id" not in thief.session


def test_giving_up_at_the_provider_comes_back_kindly(client: Client) -> None:
    address = leave(client, "agency")
    back = requests.post(address, data={"action": "deny"}, allow_redirects=False, timeout=10).headers["Location"]
    answer = client.get(back.removeprefix("http://testserver"))
    assert answer.status_code == 401 and "interrompu la connexion" in answer.content.decode()


def test_roles_withdrawn_at_the_provider_are_lost_in_every_open_session(client: Client) -> None:
    elsewhere = Client()
    enter(elsewhere, account_with(Role.CAMPAIGN_MANAGER, username="agency:agent-0012"))
    assert elsewhere.get("/campagnes/").status_code == 200
    assert go_through(client, "agency", "Agent sans habilitation (accès refusé)").status_code == 403
    assert elsewhere.get("/campagnes/").status_code == 403


def test_a_provider_that_speaks_for_another_issuer_is_refused(
    client: Client, settings: Settings, simulator_addresses: dict[str, str]
) -> None:
    """OpenID Connect Discovery 1.0, section 4.3: the issuer is the address that was configured, and no other."""
    address = simulator_addresses["ALLANT_AGENCY_URL"].replace("http://", "http://autre@")
    settings.SOCIALACCOUNT_PROVIDERS = providers.social_apps({"ALLANT_AGENCY_URL": address})
    assert go_through(client, "agency", "Administrateur").status_code == 401
    assert not User.objects.exists()


def test_a_door_that_is_not_configured_does_not_exist(client: Client, settings: Settings) -> None:
    settings.SOCIALACCOUNT_PROVIDERS = providers.social_apps(
        {"ALLANT_ORIGIN": "https://allant.example", "ALLANT_PARTNER_URL": "https://partenaires.example"}
    )
    assert re.findall(r'action="/connexion/([a-z-]+)/"', client.get("/connexion/").content.decode()) == ["partner"]
    assert client.post("/connexion/agency/").status_code == 404
    assert client.get("/connexion/agency/retour/").status_code == 404
    settings.SOCIALACCOUNT_PROVIDERS = providers.social_apps({"ALLANT_ORIGIN": "https://allant.example"})
    assert "Aucun fournisseur d’identité" in client.get("/connexion/").content.decode()


def test_an_endless_next_page_is_not_kept(client: Client) -> None:
    answer = go_through(client, "agency", "Responsable de campagne nationale", f"/campagnes/?{'a' * 5_000}")
    assert answer["Location"] == "/espace/"


def test_a_provider_that_does_not_answer_is_named(client: Client, settings: Settings) -> None:
    settings.SOCIALACCOUNT_PROVIDERS = providers.social_apps({"ALLANT_AGENCY_URL": "http://127.0.0.1:9"})
    cache.clear()
    answer = client.post("/connexion/agency/")
    assert answer.status_code == 503 and "ne répond pas" in answer.content.decode()


def test_signing_out_closes_the_session_and_offers_the_providers_own(client: Client) -> None:
    go_through(client, "agency", "Responsable de campagne nationale")
    assert client.get("/connexion/fin/").status_code == 405
    page = unescape(client.post("/connexion/fin/").content.decode())
    assert 'name="id_token_hint"' in page and '/oauth2/end_session">' in page, "no address holds the token"
    assert client.get("/campagnes/").status_code == 302


def test_the_session_key_changes_at_sign_in(client: Client) -> None:
    address = leave(client, "agency")
    before = client.session.session_key
    client.get(choose(address, "Responsable de campagne nationale"))
    assert client.session.session_key != before


def test_too_many_tries_are_slowed_down(client: Client) -> None:
    cache.clear()
    answers = [client.post("/connexion/agency/").status_code for _ in range(61)]
    assert answers[0] == 302 and answers[-1] == 429
    cache.clear()


def test_a_form_without_its_token_is_refused_in_french() -> None:
    answer = Client(enforce_csrf_checks=True).post("/connexion/agency/")
    assert answer.status_code == 403 and "Formulaire expiré" in answer.content.decode()


def test_no_local_password_ever_opens_a_session(client: Client) -> None:
    for path in ("/connexion/inscription/", "/accounts/login/", "/accounts/signup/", "/compte/login/"):
        assert client.post(path, {"username": "x", "password": "x"}).status_code in {404, 405}

"""Requests that no page of ours makes: each gets a plain answer, none a failure."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from allant.accounts.models import AccessLogEntry
from allant.accounts.roles import Role
from tests.accounts.sessions import account_with, enter
from tests.pages import small_country
from tests.pages.test_sweep import ALL, address

pytestmark = pytest.mark.django_db


@pytest.fixture
def country(settings: Settings) -> None:
    """The small country on its day."""
    settings.ALLANT_TODAY = small_country.TODAY
    small_country.settle()


@pytest.mark.parametrize("host", ["ailleurs.example", "ailleurs.example:80@testserver", "", "a b"])
def test_another_host_name_is_refused(client: Client, host: str) -> None:
    answer = client.get("/chiffres/", headers={"host": host})
    assert answer.status_code == 400
    assert "ailleurs" not in answer.content.decode()


@pytest.mark.parametrize("path", ["/", "/nulle-part/", "/sante/"])
def test_refusals_carry_the_content_policy_too(path: str) -> None:
    client = Client(enforce_csrf_checks=True)
    for answer in (client.get(path), client.get(path, headers={"host": "ailleurs.example"}), client.post("/connexion/agency/")):
        assert "default-src 'self'" in answer["Content-Security-Policy"]


@pytest.mark.parametrize(
    "day", ["0001-01-01", "9999-12-31", "20210121", "2021-W03-4", "\0", "9" * 5_000, "2021-02-30", "é", "-1"]
)
def test_any_text_for_a_date_gets_a_page(client: Client, country: None, day: str) -> None:
    for path in ("/chiffres/", "/chiffres/courbes.svg"):
        assert client.get(path, {"le": day}).status_code == 200
    assert client.get("/chiffres/carte.svg", {"le": day}).status_code in {200, 404}  # none while every département is secret
    assert client.get("/chiffres/ages.csv", {"le": day}).status_code in {200, 400}


@pytest.mark.parametrize("today", ["2020-12-26", "1900-01-01", "2100-01-01"])
def test_any_day_may_be_today(client: Client, country: None, settings: Settings, today: str) -> None:
    settings.ALLANT_TODAY = type(small_country.TODAY).fromisoformat(today)
    assert client.get("/").status_code == 200
    assert client.get("/chiffres/").status_code == 200


def test_dates_outside_the_period_share_one_chart(client: Client, country: None) -> None:
    """A visitor who tries every date fills nothing but the charts of the period."""
    far = {client.get("/chiffres/courbes.svg", {"le": f"{year}-01-01"}).content for year in range(2022, 2032)}
    assert len(far) == 1


@pytest.mark.parametrize(
    "name", ["..", "../secret-key", "%2e%2e%2fsecret-key", "/etc/passwd", "vacsi-fra.csv\0", "a" * 5_000, "."]
)
def test_only_names_of_the_publication_are_served(client: Client, settings: Settings, tmp_path: Path, name: str) -> None:
    (tmp_path / "secret-key").write_text("non")
    settings.ALLANT_PUBLICATION = tmp_path / "publication"
    settings.ALLANT_PUBLICATION.mkdir()
    assert client.get(f"/chiffres/fichiers/{name}").status_code in {400, 404}


@pytest.mark.parametrize("number", ["0", "99999999999999999999", "9" * 4_000])
def test_an_impossible_number_is_not_found(client: Client, country: None, number: str) -> None:
    enter(client, account_with(Role.CAMPAIGN_MANAGER))
    assert client.get(f"/campagnes/essai/personnes/{number}/pourquoi/").status_code == 404
    assert client.get(f"/campagnes/?page={number}").status_code == 200


@pytest.mark.parametrize(
    "typed", ["\0", "٣٣٣٣٣٣٣٣٣٣٣٣", "²" * 12, "=1+1", "'; DROP", "ß" * 12, "１" * 13, "2A" * 6, "🙂" * 12, " " * 40]
)
def test_whatever_is_searched_is_answered(client: Client, country: None, typed: str) -> None:
    enter(client, account_with(Role.CAMPAIGN_MANAGER))
    answer = client.post("/campagnes/essai/pourquoi/", {"value": typed})
    assert answer.status_code == 200 and "fr-message--error" in answer.content.decode()


@pytest.mark.parametrize("place", ["9" * 5_000, "²", "٣", "-1", "1 OR 1=1"])
def test_a_place_that_is_no_number_is_refused(client: Client, place: str) -> None:
    enter(client, account_with(Role.HEALTH_PROFESSIONAL, structures=("R1", "R2")))
    assert client.post("/professionnel/lieu/", {"place": place}).status_code == 403


@pytest.mark.parametrize(
    "wanted", ["//ailleurs.example/", "https:///ailleurs.example", "/\\ailleurs.example", "javascript:alert(1)"]
)
def test_no_next_page_leads_elsewhere(client: Client, wanted: str) -> None:
    enter(client, account_with(Role.CALL_AGENT))
    assert client.get("/connexion/", {"next": wanted})["Location"] == "/espace/"


def test_a_next_page_is_an_address_and_never_the_name_of_a_view(client: Client) -> None:
    enter(client, account_with(Role.CALL_AGENT))
    assert client.get("/connexion/", {"next": "account_logout"})["Location"] == "account_logout"


def test_every_page_that_is_read_answers_head(client: Client, country: None) -> None:
    """Link checkers and supervisors ask for the headers alone."""
    enter(client, account_with(*Role))
    for route, _ in ALL:
        if client.get(address(route)).status_code == 200:
            assert client.head(address(route)).status_code == 200, route


def test_pages_of_people_are_kept_by_no_cache(client: Client, country: None) -> None:
    assert "no-store" in client.get("/connexion/")["Cache-Control"]
    enter(client, account_with(Role.CAMPAIGN_MANAGER))
    assert "no-store" in client.get("/campagnes/essai/")["Cache-Control"]
    assert "no-store" in client.post("/connexion/fin/")["Cache-Control"]


def test_the_page_of_a_failure_needs_no_static_file(settings: Settings, tmp_path: Path) -> None:
    """A server started before `collectstatic` still says, in French, that it failed."""
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
    }
    answer = Client(raise_request_exception=False).get("/")
    assert answer.status_code == 500 and "Erreur inattendue" in answer.content.decode()


def test_the_log_holds_every_reading_of_a_file_with_its_purpose(client: Client, country: None) -> None:
    enter(client, account_with(Role.CAMPAIGN_MANAGER))
    invitation = small_country.an_invitation()
    for _ in range(2):
        client.get(f"/campagnes/essai/personnes/{invitation.pk}/pourquoi/")
    entries = AccessLogEntry.objects.about(invitation.person_id)
    assert [entry.purpose for entry in entries] == ["pourquoi, campagne essai"] * 2

"""Error pages are in French and lead somewhere; no page loads anything from elsewhere."""

import re

import pytest
from django.test import Client, RequestFactory

from allant.accounts.roles import Role
from allant.pages.base import errors
from tests.accounts.sessions import account_with, enter


@pytest.mark.django_db
def test_404(client: Client) -> None:
    answer = client.get("/nulle-part/<script>/")
    assert answer.status_code == 404
    page = answer.content.decode()
    assert "Page introuvable" in page and "nulle-part" not in page


@pytest.mark.django_db
def test_403_names_who_may(client: Client) -> None:
    enter(client, account_with(Role.PARTNER))
    answer = client.get("/campagnes/")
    assert answer.status_code == 403 and "réservée à : Responsable de campagne" in answer.content.decode()


@pytest.mark.django_db
def test_400_before_any_session_is_read(client: Client) -> None:
    answer = client.get("/", headers={"host": "ailleurs.example"})
    assert answer.status_code == 400 and "Demande incomprise" in answer.content.decode()


def test_500_needs_neither_session_nor_database() -> None:
    answer = errors.server_error(RequestFactory().get("/"))
    assert answer.status_code == 500 and "Erreur inattendue" in answer.content.decode()


@pytest.mark.django_db
def test_the_content_policy_forbids_inline_code_and_pages_hold_none(client: Client) -> None:
    enter(client, account_with(Role.CAMPAIGN_MANAGER))
    for path in ("/", "/chiffres/", "/connexion/", "/campagnes/", "/compte/", "/accessibilite/", "/mentions-legales/"):
        answer = client.get(path, follow=True)
        assert "default-src 'self'" in answer["Content-Security-Policy"]
        page = answer.content.decode()
        assert not re.search(r"<style|\sstyle=|\son\w+=", page), path
        assert not re.search(r"<script(?![^>]*\ssrc=)", page), path
        assert not re.search(r"(src|href)=\"(https?:)?//", page), path
        assert '<html lang="fr"' in page

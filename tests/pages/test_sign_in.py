"""Signing in through each provider, played over HTTP against the simulators' processes."""

import re
from html import unescape
from urllib.parse import urljoin

import pytest
import requests
from django.test import Client

from allant.accounts.models import Membership, User
from allant.accounts.roles import Role
from allant.accounts.sign_in import SESSION_KEY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sign_in_services")]


def go_through(client: Client, provider: str, account: str, next_url: str = ""):  # noqa: ANN201
    """Leave for the provider, choose the account whose label is `account`, and come back; gives Allant's answer."""
    leaving = client.post(f"/connexion/{provider}/", {"next": next_url} if next_url else {})
    assert leaving.status_code == 302, leaving.content.decode()
    page = requests.get(leaving["Location"], timeout=10)
    found = re.search(rf'value="([^"]+)"><strong>{re.escape(account)}<', unescape(page.text))
    assert found, page.text
    back = requests.post(leaving["Location"], data={"sub": found[1]}, allow_redirects=False, timeout=10)
    return client.get(urljoin("http://testserver/", back.headers["Location"]).replace("http://testserver", ""))


def test_an_agent_gets_the_roles_their_organisation_states(client: Client) -> None:
    answer = go_through(client, "agency", "Responsable de campagne nationale")
    assert answer.status_code == 302 and answer["Location"] == "/espace/"
    held = Membership.objects.get(user__username="agency:agent-0001")
    assert (held.role, held.structure_code) == (Role.CAMPAIGN_MANAGER, "CNAM")
    assert client.session[SESSION_KEY]["strong"] is True

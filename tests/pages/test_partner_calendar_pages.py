"""AP-06, AP-12 on pages: partners' hours booked without account, « inconnu » when one is silent, the feed and its list."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.core.cache import caches
from django.test import Client
from django.urls import reverse

from allant.accounts.roles import Role
from allant.appointments.connector import Connector
from allant.appointments.models import Appointment, Place
from allant.appointments.partners import book_at_partner
from tests.accounts.sessions import account_with, enter
from tests.appointments.builders import AT, booking, person, place, slots
from tests.appointments.partner_process import Partner
from tests.simulators.processes import simulator

pytestmark = pytest.mark.django_db
UNKNOWN = "Créneaux inconnus pour l’instant"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with simulator("booking_partner") as found:
        yield found


@pytest.fixture
def partner(address: str, settings: Any) -> Iterator[Partner]:
    settings.ALLANT_TODAY = date(2021, 4, 2)
    settings.ALLANT_BOOKING_PARTNERS = {"keldo": {"url": address}}
    for name in ("partners", "papers"):
        caches[name].clear()
    found = Partner(address)
    found.whole()
    yield found
    found.whole()
    caches["partners"].clear()


@pytest.fixture
def centre(partner: Partner) -> Place:
    return place(partner="keldo", partner_reference="Location/1", phone="0299000000")


def searched(client: Client) -> str:
    return client.get(reverse("appointments"), {"town": "35000", "age": "76"}).content.decode()


def entry(**values: str) -> dict[str, str]:
    usual = {
        "family_name": "Nkosi", "given_names": "Thandi", "birth_date": "23/05/1945", "email": "t.nkosi@example.org", "mobile": "",
        "code": "", "key": str(uuid.uuid4()), "origin": "",
    }  # fmt: skip
    return {**usual, **values}


def test_ap12_a_partner_s_hour_is_booked_without_account(client: Client, partner: Partner, centre: Place) -> None:
    """AP-06, AP-12: shown among the others by distance; booked once, told truly; a forged link leads nowhere."""
    links = re.findall(r"/rendez-vous/partenaire/[^/]+/", searched(client))
    assert len(links) == 3 and "Comirnaty" in client.get(links[0]).content.decode()
    sent = entry()
    own = client.post(links[0], sent)["Location"]
    assert client.post(links[0], sent)["Location"] == own and len(partner.booked) == 1
    assert "Rendez-vous confirmé" in client.get(own).content.decode()
    made = Appointment.objects.get()
    assert (made.partner_state, made.guest.family_name, made.told_at.get().value) == ("booked", "Nkosi", "t.nkosi@example.org")
    assert client.get(links[1][:-4] + "AAA/").status_code == 404
    refused = client.post(links[0], entry(email="other@example.org"))
    assert refused.status_code == 409 and "choisissez-en un autre" in refused.content.decode()


def test_ap06_a_silent_partner_is_unknown_never_no_slot(client: Client, partner: Partner, centre: Place) -> None:
    """AP-06: alone, or beside a place of ours; booking says that nothing is taken."""
    link = re.findall(r"/rendez-vous/partenaire/[^/]+/", searched(client))[0]
    caches["partners"].clear()
    partner.told(fail=9)
    page = searched(client)
    assert UNKNOWN in page and "Aucun créneau libre" not in page and "0299000000" in page
    slots(place(name="Gymnase"))
    caches["partners"].clear()
    page = searched(client)
    assert UNKNOWN in page and "/rendez-vous/creneaux/" in page
    caches["partners"].clear()
    partner.told(fail=0)
    assert UNKNOWN not in searched(client)
    partner.told(fail=1)
    own = client.get(client.post(link, entry())["Location"]).content.decode()
    assert "pas encore confirmé" in own and "Rendez-vous confirmé" not in own


def test_ap06_an_agent_who_answers_books_at_a_partner_s_too(client: Client, partner: Partner, centre: Place) -> None:
    """AP-06, AV-30: once whatever the sendings; an answer that is lost is « pas encore sûr »; silent, it is « inconnu »."""
    who = person()
    enter(client, account_with(Role.PLATFORM_AGENT))
    client.post(reverse("inbound"), {"caller": "Keraval 02/05/1940"})
    client.post(reverse("inbound_open"), {"person": who.pk})
    hours = reverse("inbound_partners")
    assert hours in client.get(reverse("inbound_caller")).content.decode()
    links = re.findall(r'href="([^"]+/partenaires/[^/"]+/)"', client.get(hours).content.decode())
    assert len(links) == 3 and "le lieu prendra" in client.get(links[0]).content.decode()
    sent = {"key": str(uuid.uuid4()), "origin": "inbound", "rank": "1"}
    for _ in range(2):
        assert "relisez à la personne" in client.post(links[0], sent, follow=True).content.decode()
    made = Appointment.objects.get()
    assert (made.person, made.origin, made.partner_state, len(partner.booked)) == (who, "inbound", "booked", 1)
    client.post(reverse("inbound_cancel", args=[made.pk]))
    made.refresh_from_db()
    assert made.ended_as == "cancelled" and not partner.booked
    partner.told(lose=1)
    page = client.post(links[1], {**sent, "key": str(uuid.uuid4())}, follow=True).content.decode()
    assert "pas encore sûr" in page and "le lieu n’a pas encore confirmé" in page
    partner.told(fail=9)
    caches["partners"].clear()
    page = client.get(hours).content.decode()
    assert "Inconnu" in page and "Aucun créneau libre" not in page
    assert client.get(links[1][:-4] + "AAA/").status_code == 404


def test_ap06_a_partner_that_refuses_connections_takes_nothing(
    client: Client, partner: Partner, centre: Place, settings: Any
) -> None:
    """AP-06: a 503 that says so; the person may book elsewhere at once."""
    link = re.findall(r"/rendez-vous/partenaire/[^/]+/", searched(client))[0]
    settings.ALLANT_BOOKING_PARTNERS = {"keldo": {"url": "http://127.0.0.1:9"}}
    answer = client.post(link, entry())
    assert answer.status_code == 503 and "rien n’est pris" in answer.content.decode().replace("&#x27;", "’")
    assert Appointment.objects.get().ended_as == "refused"


def test_ap06_the_page_of_the_feed_and_its_reconciliation(client: Client, partner: Partner, centre: Place) -> None:
    """AP-06: state, last exchange, what is unknown without any name; one key asks the partner what became of it."""
    enter(client, account_with(Role.CAMPAIGN_MANAGER))
    where = reverse("booking_partners")
    page = client.get(where).content.decode()
    assert "pas encore interrogé" in page and "Rien à réconcilier" in page
    partner.told(lose=1)
    wanted = Connector("keldo", partner.address).free_slots("Location/1", AT, AT.replace(month=5))[0]
    made = book_at_partner(centre, wanted, booking(None), by="agent:1", at=AT)
    page = client.get(where).content.decode()
    assert "ne répond pas" in page and "Sans réponse du partenaire" in page and "Keraval" not in page
    assert "1 pris" in client.post(reverse("settle_partners"), follow=True).content.decode()
    made.refresh_from_db()
    assert made.partner_state == "booked" and len(partner.booked) == 1
    page = client.get(where).content.decode()
    assert "fr-badge--success" in page and "Rien à réconcilier" in page
    partner.told(fail=1)
    caches["partners"].clear()
    searched(client)
    assert "réponse 503 (1 de suite)" in client.get(where).content.decode()

"""AP-11: the same engine for the reception of a fund, a permanence at a partner's, a health check-up, from entry to arrival."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from allant.accounts.roles import Role
from allant.appointments.models import Appointment, End, Place
from allant.directory.models import Organisation, OrganisationKind
from allant.people.models import ContactPoint
from tests.accounts.sessions import account_with, enter
from tests.appointments.builders import person

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("service", "role", "kind", "code"), [
    ("reception", Role.FRONT_DESK_AGENT, OrganisationKind.CPAM, "CPAM-35"),
    ("permanence", Role.PARTNER, OrganisationKind.PARTNER, "ASSO-1"),
    ("check_up", Role.HEALTH_PROFESSIONAL, OrganisationKind.CENTRE, "CES-35"),
])  # fmt: skip
def test_ap11_from_the_place_to_the_person_received(
    client: Client, settings: Any, service: str, role: Role, kind: str, code: str
) -> None:
    """AP-11: who runs the place enters it, a call books it, the list of the day marks who came; nothing is injected."""
    settings.ALLANT_TODAY = date(2021, 4, 8)
    Organisation.objects.create(code=code, name=f"Structure {code}", kind=kind, departement_code="35")
    enter(client, account_with(role, username="agency:lieu", structures=(code,)))
    client.post(reverse("new_place"), {"kind": "autre", "name": "Accueil du centre", "town": "35000 Rennes"})
    place = Place.objects.get()
    client.post(reverse("new_opening", args=[place.pk]), {
        "service": service, "vaccine": "", "weekday": "1", "opens_at": "09:00", "closes_at": "10:00", "minutes": "30",
        "capacity": "1", "starts_on": "2021-04-01",
    })  # fmt: skip
    who = person()
    ContactPoint.objects.create(person=who, kind="mobile", value="0639981234")
    agent = Client()
    enter(agent, account_with(Role.CALL_AGENT, username="agency:appel"))
    agent.post(reverse("inbound"), {"caller": "0639981234"})
    agent.post(reverse("inbound_open"), {"person": who.pk})
    slot = place.slots.order_by("starts_at").first()
    assert slot is not None
    assert reverse("inbound_book", args=[slot.pk]) in agent.get(reverse("inbound_caller"), {"service": service}).content.decode()
    assert "Aucun" not in agent.get(reverse("inbound_book", args=[slot.pk])).content.decode()
    agent.post(reverse("inbound_book", args=[slot.pk]), {"key": str(uuid.uuid4()), "rank": "1", "origin": "inbound"})
    made = Appointment.objects.get()
    assert (made.service, made.person) == (service, who)
    settings.ALLANT_TODAY = date(2021, 4, 12)
    page = client.get(reverse("place_day", args=[place.pk])).content.decode()
    assert "Keraval" in page and "Reçu" in page and "Vacciné" not in page
    client.post(reverse("mark_appointment", args=[place.pk, made.pk]), {"mark": "done"})
    made.refresh_from_db()
    assert made.ended_as == End.DONE
    assert "1 reçue" in client.get(reverse("place_day", args=[place.pk])).content.decode()

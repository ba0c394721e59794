"""People of Rennes invited by letters that bear a slot, or that offer a nurse (AV-40)."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from allant.appointments.calendar import make_slots
from allant.appointments.models import Place
from allant.campaigns import waves
from allant.campaigns.actions import CampaignPlan, save_campaign
from allant.campaigns.models import Campaign, Invitation
from allant.clock import PARIS
from allant.directory.models import Practitioner
from allant.doctrine import rules
from allant.outreach.actions import load_templates
from allant.people.models import Person
from allant.targeting import define, tables
from tests.appointments.builders import person, place, schedule

DAY = date(2021, 8, 16)
"The first day of the letters of Seine-Saint-Denis (seed 001), a Monday."
AT = datetime(2021, 8, 16, 8, tzinfo=PARIS)
BOOK = rules.as_known_on(DAY)


def campaign(offers: str = "slot", **changes: object) -> Campaign:
    """People of 75 and over who had no dose."""
    load_templates(by="test")
    values = {
        "slug": f"courrier-{offers}", "programme": "covid19", "title": "Courrier avec créneau et transport", "starts_on": DAY,
        "target": define(tables().person.age_on(DAY) >= 75), "channels": ("letter",), "act": "dose_summary.first_on",
        "template": "covid-courrier-creneau" if offers == "slot" else "covid-courrier-domicile", "offers": offers,
    }  # fmt: skip
    return save_campaign(CampaignPlan(**{**values, **changes}), by="test")  # type: ignore[arg-type]


def invited(count: int = 1, offers: str = "slot") -> tuple[Campaign, list[Invitation]]:
    """So many people of Rennes, invited by one wave."""
    for number in range(count):
        person(postcode="35000", family_name=f"Keraval{number}", rights_open=True, scheme="general")
    of = campaign(offers)
    waves.launch_wave(of, on=DAY, by="test")
    return of, list(Invitation.objects.filter(campaign=of).select_related("person").order_by("pk"))


def centre(capacity: int = 1, weeks: int = 8, **values: object) -> Place:
    """Open on Mondays, four slots, half an hour of it the Assurance Maladie's."""
    of = place(address="2 rue de la Paix", **values)
    schedule(of, capacity=capacity)
    make_slots(of, DAY, DAY + timedelta(weeks=weeks))
    return of


def nurse(number: int = 1, departement: str = "35", **values: object) -> Practitioner:
    """A nurse of a territory."""
    usual = {
        "rpps": f"9990000{number:04d}", "family_name": f"Le Bris {number}", "given_names": "Nolwenn", "profession": "infirmier",
    }  # fmt: skip
    return Practitioner.objects.create(**{**usual, "departement_code": departement, **values})


def somebody(**values: object) -> Person:
    """A person of Rennes at home."""
    return person(postcode="35000", **values)

"""A register of 400 people, their doses and one campaign with a wave: what the pages show."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pyarrow as pa

from allant.campaigns import waves
from allant.campaigns.actions import CampaignPlan, save_campaign
from allant.campaigns.models import Campaign, Invitation
from allant.figures.models import Official
from allant.immunizations.models import Dose
from allant.outreach.actions import load_templates
from allant.people.actions import load_contact_points, load_matricules, load_persons
from allant.people.matricule import key
from allant.targeting import define, tables

OPENING = date(2021, 1, 18)
TODAY = date(2021, 2, 21)
PEOPLE = 400
DEPARTEMENTS = ("01", "13", "35", "75", "2A", "971")
VACCINATED = range(1, 181)
COMPLETE = range(1, 121)


def matricule(person_id: int) -> str:
    """A number well formed for each person, with its key."""
    value = f"240053512{person_id:04d}"
    return f"{value}{key(value):02d}"


def load_people() -> None:
    """Ages spread from 5 to 94, one in two with a mobile."""
    ids = list(range(1, PEOPLE + 1))
    load_persons(
        pa.table({
            "person_id": ids,
            "family_name": ["Martin"] * PEOPLE,
            "given_names": ["Jeanne"] * PEOPLE,
            "birth_date": pa.array([date(1927 + (n * 7) % 90, 5, 17) for n in ids]),
            "birth_precision": ["day"] * PEOPLE,
            "sex": ["F" if n % 2 else "M" for n in ids],
            "scheme": ["general"] * PEOPLE,
            "departement_code": [DEPARTEMENTS[n % len(DEPARTEMENTS)] for n in ids],
            "postcode": ["01000"] * PEOPLE,
            "rights_open": [True] * PEOPLE,
        }),
        by="test",
    )  # fmt: skip
    mobiles = ids[1::2]
    load_contact_points(
        pa.table({
            "person_id": mobiles, "kind": ["mobile"] * len(mobiles), "value": [f"06399800{n % 100:02d}" for n in mobiles],
        }),
        by="test",
    )  # fmt: skip
    load_matricules(
        pa.table({
            "person_id": ids,
            "value": [matricule(n)[:13] for n in ids],
            "kind": ["NIR"] * PEOPLE,
            "starts_on": pa.array([date(2000, 1, 1)] * PEOPLE),
        }),
        by="test",
    )  # fmt: skip


def load_doses() -> None:
    """First doses from 28 December 2020 on, second doses three weeks later."""

    def dose(person_id: int, number: int, on: date) -> Dose:
        return Dose(
            person_id=person_id, occurred_on=on, vaccine="comirnaty", dose_number=number, series="primary", series_doses=2,
            recorded_at=datetime(2021, 2, 21, tzinfo=UTC), recorded_by="test", source="csv",
            source_key=f"test:{person_id}:{number}",
        )  # fmt: skip

    start = date(2020, 12, 28)
    firsts = [dose(n, 1, start + timedelta(days=n % 30)) for n in VACCINATED]
    seconds = [dose(n, 2, start + timedelta(days=n % 30 + 21)) for n in COMPLETE]
    Dose.objects.bulk_create([*firsts, *seconds])


def load_official() -> None:
    """An official value for the nation."""
    Official.objects.bulk_create(
        Official(day=date(2021, 2, 1), age_class="0", measure=measure, cumulated=cumulated)
        for measure, cumulated in (("dose1", 2_500_000), ("complet", 1_200_000), ("rappel", 0))
    )


def load_campaign() -> Campaign:
    """People of 60 and over without a dose; one wave on the opening day."""
    t = tables()
    load_templates(by="test")
    old = t.person.age_on(OPENING) >= 60
    campaign = save_campaign(
        CampaignPlan(
            slug="essai", programme="covid19", title="Soixante ans et plus", objective="80 % des soixante ans et plus vaccinés",
            starts_on=OPENING, target=define(old & ~t.dose.exists()), objective_population=define(old), objective_share=0.8,
            channels=("sms", "letter"), template="covid-invitation", act="dose_summary.first_on",
        ),
        by="test",
    )  # fmt: skip
    waves.launch_wave(campaign, on=OPENING, by="test", capacity=20)
    return campaign


def settle() -> Campaign:
    """Everything."""
    load_people()
    load_doses()
    load_official()
    return load_campaign()


def an_invitation() -> Invitation:
    """The first one, with its person."""
    found = Invitation.objects.select_related("person").order_by("pk").first()
    assert found
    return found

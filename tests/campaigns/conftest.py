"""A small register and one campaign."""

from datetime import date
from decimal import Decimal

import pyarrow as pa
import pytest

from allant.campaigns.actions import CampaignPlan, save_campaign
from allant.outreach.actions import load_templates
from allant.people.actions import load_contact_points, load_persons
from allant.targeting import define, tables

OPENING = date(2021, 1, 18)


def persons(count: int) -> None:
    """`count` people of 80 with an address; every second one has a mobile, every third a landline."""
    ids = list(range(1, count + 1))
    load_persons(
        pa.table({
            "person_id": ids,
            "family_name": ["Martin"] * count,
            "given_names": ["Jeanne"] * count,
            "birth_date": pa.array([date(1940, 5, 17)] * count),
            "birth_precision": ["day"] * count,
            "sex": ["F"] * count,
            "scheme": ["general"] * count,
            "departement_code": ["01"] * count,
            "postcode": ["01000"] * count,
            "rights_open": [True] * count,
        }),
        by="test",
    )
    mobiles, landlines = ids[1::2], ids[2::3]
    load_contact_points(
        pa.table({
            "person_id": mobiles + landlines,
            "kind": ["mobile"] * len(mobiles) + ["landline"] * len(landlines),
            "value": [f"06399800{n % 100:02d}" for n in mobiles] + [f"01990000{n % 100:02d}" for n in landlines],
        }),
        by="test",
    )


def plan(**changes) -> CampaignPlan:
    t = tables()
    values = {
        "slug": "essai",
        "programme": "covid19",
        "title": "Essai",
        "starts_on": OPENING,
        "target": define((t.person.age_on(OPENING) >= 75) & ~t.dose.exists()),
        "objective_population": define(t.person.age_on(OPENING) >= 75),
        "objective_share": Decimal("0.8"),
        "channels": ("sms", "letter"),
        "template": "covid-invitation",
        "act": "dose_summary.first_on",
    }
    return CampaignPlan(**(values | changes))


@pytest.fixture
def campaign(db):
    load_templates(by="test")
    return save_campaign(plan(), by="test")

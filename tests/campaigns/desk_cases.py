"""A campaign of calls: people of Rennes with a landline, called by agents of the desk."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from allant import clock
from allant.accounts.actors import Actor
from allant.campaigns import keyring
from allant.campaigns.actions import CampaignPlan, reserve_serials, save_campaign
from allant.campaigns.desk.taking import Scope, take_next
from allant.campaigns.models import CallAttempt, Campaign, Invitation, Wave
from allant.outreach.actions import load_templates
from allant.outreach.models import Message
from allant.people.models import ContactPoint, Person
from allant.targeting import define, tables

DAY = date(2021, 4, 6)
AT = datetime(2021, 4, 6, 10, tzinfo=clock.PARIS)
"A Tuesday: calls are allowed."
EVERYWHERE = Scope()


def agent(number: int = 1) -> Actor:
    """An agent of the fund at Rennes."""
    return Actor(name=f"agence:agent{number}", user_id=number, role="call_agent", structure="CPAM-35")


def campaign(slug: str = "appels", **changes: object) -> Campaign:
    """People of 75 and over, called."""
    load_templates(by="test")
    values = {
        "slug": slug, "programme": "covid19", "title": "Appels aux 75 ans et plus", "starts_on": DAY - timedelta(5),
        "target": define(tables().person.age_on(DAY) >= 75), "channels": ("call",), "template": "covid-aller-vers-75",
        "act": "dose_summary.first_on",
    }  # fmt: skip
    return save_campaign(CampaignPlan(**{**values, **changes}), by="test")  # type: ignore[arg-type]


def person(number: int = 1, *, landline: bool = True, **columns: object) -> Person:
    """Somebody of Rennes, born in 1940."""
    usual = {"family_name": "Keraval", "given_names": "Maud", "birth_date": date(1940, 5, 2), "commune_code": "35238",
             "departement_code": "35", "postcode": "35000"}  # fmt: skip
    made = Person.objects.create(**{**usual, **columns})
    if landline:
        ContactPoint.objects.create(person=made, kind="landline", value=f"02990000{number:02d}")
    return made


def call_for(who: Person, of: Campaign, *, on: date = DAY, **columns: object) -> Message:
    """The call of an invitation, waiting in the outbox."""
    key = keyring.current().version  # before any invitation: another key would not read its code
    wave, _ = Wave.objects.get_or_create(
        campaign=of, number=1,
        defaults={"target_version": of.current_target, "planned_on": DAY, "as_of": DAY, "found": 0, "size": 0, "target_hash": "",
                  "target_file": "", "first_serial": 0, "key_version": 1, "launched_at": AT, "launched_by": "test"},
    )  # fmt: skip
    invited = Invitation.objects.create(
        campaign=of, wave=wave, person=who, channel="call", invited_on=DAY, code_serial=reserve_serials(1), code_key_version=key
    )
    return Message.objects.create(
        person=who, cause_kind="invitation", cause_id=invited.pk, channel="call", template=of.template, created_on=on,
        send_after=on, **columns,
    )  # fmt: skip


def people_to_call(count: int, of: Campaign) -> list[Message]:
    """So many people waiting."""
    return [call_for(person(number), of) for number in range(1, count + 1)]


def taken(by: Actor | None = None, at: datetime = AT, scope: Scope = EVERYWHERE) -> CallAttempt:
    """The next call; there is one."""
    found = take_next(by=by or agent(), scope=scope, at=at)
    assert found
    return found

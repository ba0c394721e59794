"""People, professionals and one campaign of vouchers, for the tests of the vaccination against flu."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from allant.campaigns import keyring, waves
from allant.campaigns.actions import save_campaign
from allant.campaigns.codes import render
from allant.campaigns.models import Campaign, Wave
from allant.campaigns.ready_made import plan_named
from allant.directory.models import Organisation, Practitioner
from allant.doctrine import rules
from allant.flu.deliveries import Handed, Prescription, deliver
from allant.flu.models import Delivery, Voucher
from allant.flu.vouchers import By
from allant.outreach.actions import load_templates
from allant.people.models import ContactPoint, Person, Situation

DAY = date(2021, 11, 5)
BOOK = rules.as_known_on(DAY)
SEASON = "2021"
HANDED = Handed(vaccine="vaxigrip_tetra", lot="U3J921V")
BONS = "grippe-2021-bons"


def aged(years: int, *situations: str, on: date = DAY, **columns: Any) -> Person:
    """Somebody of that age with an address, in these situations (`kind` or `kind:code`)."""
    usual = {"family_name": "Keraval", "given_names": "Maud", "postcode": "35000", "commune_code": "35238"}
    usual["departement_code"] = "35"
    born = date(on.year - years, on.month, on.day)
    person = Person.objects.create(**{**usual, "birth_date": born, **columns})
    for name in situations:
        kind, _, code = name.partition(":")
        Situation.objects.create(person=person, kind=kind, code=code, starts_on=on - timedelta(60))
    ContactPoint.objects.create(person=person, kind="postal", value="12 rue des Lilas")
    return person


def pharmacy(number: int = 1) -> By:
    """A pharmacist and the pharmacy."""
    organisation, _ = Organisation.objects.get_or_create(
        code=f"35000000{number}", defaults={"name": f"Pharmacie {number}", "kind": "practice"}
    )
    practitioner, _ = Practitioner.objects.get_or_create(
        rpps=f"1000000000{number}", defaults={"family_name": "Le Goff", "given_names": "Yann", "profession": "21"}
    )
    return By(name=f"ps:pharmacie-{number}", practitioner=practitioner, organisation=organisation)


def campaign(slug: str = BONS, on: date = DAY) -> Campaign:
    """The ready-made campaign of the vouchers."""
    load_templates(by="test")
    return save_campaign(plan_named(slug, rules.as_known_on(on)), by="test")


def wave(on: date = DAY) -> Wave:
    """A wave of it: whoever is in the register and meant has a voucher."""
    found = waves.launch_wave(campaign(), on=on, by="test")
    assert found is not None
    return found


def voucher_of(person: Person) -> Voucher:
    """The one that stands."""
    found: Voucher = Voucher.objects.standing().get(person=person)
    return found


def code_of(voucher: Voucher) -> str:
    """As typed."""
    return render([voucher.code_serial], keyring.key(voucher.code_key_version))[0]


def delivered(person: Person, *, on: date = DAY, key: str = "d1", by: By | None = None, **values: Any) -> Delivery:
    """A vaccine delivered."""
    book = rules.as_known_on(on)
    given = {"handed": HANDED, "by": by or pharmacy(), "on": on, "book": book, "source_key": key}
    return deliver(person=person, **{**given, **values})


def prescribed(profession: str = "medecin", on: date = DAY) -> Prescription:
    """An ordonnance."""
    return Prescription(name="Anne Durand", profession=profession, on=on)

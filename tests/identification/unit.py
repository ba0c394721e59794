"""The identity unit of a fund in tests: asks, receives documents, sweeps, exchanges, on the day given."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

import requests

from allant.casework.sweep import sweep
from allant.doctrine import rules
from allant.identification.documents import NewDocument, add_document
from allant.identification.exchange import Round, do_round
from allant.identification.models import BenefitPayment, Document, IdentityFile, Submission
from allant.identification.requests import request_number
from allant.people.models import ContactPoint, Person
from tests.people.builders import person

OPENING = date(2022, 4, 4)
PDF = b"%PDF-1.7 "


def at(day: date) -> datetime:
    """Noon of a day."""
    return datetime.combine(day, time(12), UTC)


class Unit:
    """Every call says its day; names are those of this unit alone, so that a simulator shared by tests knows them apart."""

    def __init__(self, services: dict[str, str], number: int) -> None:
        self.services, self.name, self.papers = services, f"Essai{number}", 0

    def newcomer(self, given: str = "Camille", *, mobile: bool = True, **values: Any) -> Person:
        """Somebody of Paris, with a mobile."""
        values = {"sex": "F", "departement_code": "75", "fund_code": "CPAM-75", "birth_date": date(1990, 5, 17)} | values
        made = person(family_name=self.name, given_names=given, **values)
        if mobile:
            ContactPoint.objects.create(person=made, kind="mobile", value=f"06399800{made.pk % 100:02d}")
        return made

    def asks(self, who: Person, circumstance: str = "regular_born_abroad", on: date = OPENING, **values: Any) -> IdentityFile:
        """A request."""
        return request_number(
            person=who, circumstance=circumstance, on=on, by="agent", at=at(on), book=rules.as_known_on(on), **values
        )

    def receives(self, file: IdentityFile, kind: str, on: date = OPENING, valid_until: date | None = None) -> Document:
        """A document, each unlike the others."""
        self.papers += 1
        content = PDF + f"{self.name} {self.papers}".encode()
        new = NewDocument(kind, f"{kind}.pdf", content, on, valid_until)
        return add_document(file=file, new=new, by="agent", at=at(on), on=on, book=rules.as_known_on(on))

    def sweeps(self, on: date) -> int:
        """The night of a day."""
        return sweep(on, by="nuit", book=rules.as_known_on(on), at=at(on)).moved

    def exchanges(self, on: date) -> Round:
        """A round with SNGI, SANDIA and the bodies."""
        return do_round(at=at(on), on=on, book=rules.as_known_on(on))

    def sandia(self, file: IdentityFile, kind: str, **told: Any) -> None:
        """SANDIA decides on the last submission of a file."""
        key = str(Submission.objects.filter(file=file).latest("pk").key)
        decide = [{"submission": key, "kind": kind, **told}]
        requests.post(f"{self.services['sandia']}/control", json={"decide": decide}, timeout=10).raise_for_status()

    def pays(self, who: Person, day: date, cents: int) -> BenefitPayment:
        """A benefit."""
        key = f"{who.pk}-{day}-{cents}"
        return BenefitPayment.objects.create(person=who, paid_on=day, amount_cents=cents, label="Soins", source_key=key)

"""Issuing: what a person may show today, issued again whenever what it states has changed (RP-10, RP-12, RP-13).

Asked twice, the same certificate; asked after a correction, the former no longer verifies and another one is given.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Any

from django.db import transaction

from allant.certificates import two_d_doc
from allant.certificates.contents import NotCertifiable, TestResult, of_dose, of_infection, of_test
from allant.certificates.keys import AUTHORITY, signer
from allant.certificates.models import Certificate, Source, Use
from allant.certificates.names import capitals
from allant.doctrine import RuleBook, add_delay
from allant.immunizations.models import COVID19, Dose, Infection, Series
from allant.people.models import BirthPrecision, Person

ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_CHECKED = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/:#"
Content = Callable[[str], dict[str, Any]]
CHANGED = "ce qu'il atteste a changé"


def last_dose(person: Person) -> Dose | None:
    """The last current dose of a person against Covid-19, under whichever of their merged records."""
    survivor = person.merged_into or person
    return Dose.objects.current().against(COVID19).given_to(survivor).order_by("-occurred_on", "-dose_number").first()


def european_of_dose(person: Person, dose: Dose, *, at: datetime, book: RuleBook, by: str) -> Certificate:
    """The European certificate of a dose. Raises NotCertifiable and KeyFileMissing."""

    def content(identifier: str) -> dict[str, Any]:
        return of_dose(person, dose, identifier, book, at.date())

    return _european(person, Source.DOSE, dose.pk, dose.occurred_on, content, at, book, by)


def european_of_infection(person: Person, infection: Infection, *, at: datetime, book: RuleBook, by: str) -> Certificate:
    """The European certificate of a recovery. Raises KeyFileMissing."""

    def content(identifier: str) -> dict[str, Any]:
        return of_infection(person, infection, identifier, book, at.date())

    return _european(person, Source.INFECTION, infection.pk, infection.occurred_on, content, at, book, by)


def european_of_test(person: Person, result: TestResult, *, at: datetime, book: RuleBook, by: str) -> Certificate:
    """The European certificate of a test: one a person and sampling. Raises KeyFileMissing."""

    def content(identifier: str) -> dict[str, Any]:
        return of_test(person, result, identifier, book, at.date())

    source = int(result.sampled_at.timestamp())
    return _european(person, Source.TEST, source, result.sampled_at.date(), content, at, book, by)


def two_d_doc_of_dose(person: Person, dose: Dose, *, at: datetime, book: RuleBook, by: str) -> Certificate:
    """The 2D-DOC attestation up to a dose. Raises NotCertifiable, also for a birth date that is not whole, and KeyFileMissing."""
    survivor = person.merged_into or person
    attestation = _attestation(survivor, dose, book, at.date())
    digest = _digest(attestation.fields())

    def make() -> tuple[str, str, int]:
        key, signing = signer(Use.TWO_D_DOC, at, book, by=by)
        text = two_d_doc.write(attestation, signing, authority=AUTHORITY, certificate=key.name, on=at.date())
        return text, identifier_of_text(text), key.pk

    return _issued(survivor, Use.TWO_D_DOC, Source.DOSE, dose.pk, dose.occurred_on, digest, make, at, book, by)


def identifier_of_text(text: str) -> str:
    """What a 2D-DOC, which has no identifier of its own, is known by."""
    return "2DDOC:" + hashlib.sha256(text.encode()).hexdigest()[:40]


def new_identifier(country: str) -> str:
    """An identifier that says nothing of anybody, with its check letter: `URN:UVCI:01:FR:…#C`."""
    body = f"URN:UVCI:01:{country}:" + "".join(secrets.choice(ALPHABET) for _ in range(20))
    return f"{body}#{check_letter(body)}"


def check_letter(body: str) -> str:
    """Luhn's check over the letters that identifiers use."""
    total, doubled = 0, True
    for letter in reversed(body):
        value = _CHECKED.index(letter) * (2 if doubled else 1)
        total += value // len(_CHECKED) + value % len(_CHECKED)
        doubled = not doubled
    return _CHECKED[-total % len(_CHECKED)]


def _european(
    person: Person, source: Source, source_id: int, on: date, content: Content, at: datetime, book: RuleBook, by: str
) -> Certificate:
    survivor = person.merged_into or person
    terms = book.value("covid.certificates.terms", at.date())

    def make() -> tuple[str, str, int]:
        key, signing = signer(Use.EUROPEAN, at, book, by=by)
        identifier = new_identifier(terms["country"])
        stated = content(identifier)
        text = signing.certify(stated, issuer=terms["country"], issued_at=at, expires_at=_expiry(at, book))
        return text, identifier, key.pk

    return _issued(survivor, Use.EUROPEAN, source, source_id, on, _digest(content("")), make, at, book, by)


def _issued(
    person: Person, use: Use, source: Source, source_id: int, on: date, digest: str,
    make: Callable[[], tuple[str, str, int]], at: datetime, book: RuleBook, by: str,
) -> Certificate:  # fmt: skip
    """The one that stands and states just this, or a new one; one at a time for a person."""
    asked = Certificate.objects.filter(person=person, use=use, source=source, source_id=source_id)
    if found := asked.standing().unexpired_on(at).filter(content_hash=digest).first():
        return found
    with transaction.atomic():
        Person.objects.select_for_update(no_key=True).only("pk").get(pk=person.pk)
        if found := asked.standing().unexpired_on(at).filter(content_hash=digest).first():
            return found
        asked.filter(ended_at__isnull=True).update(ended_at=at, ended_by=by[:100], end_reason=CHANGED)
        text, identifier, key = make()
        return Certificate.objects.create(
            person=person, use=use, source=source, source_id=source_id, states_on=on, identifier=identifier, key_id=key,
            text=text, content_hash=digest, issued_at=at, issued_by=by[:100], expires_at=_expiry(at, book),
        )  # fmt: skip


def _attestation(person: Person, dose: Dose, book: RuleBook, on: date) -> two_d_doc.Attestation:
    if person.birth_date is None or person.birth_precision != BirthPrecision.DAY:
        raise NotCertifiable("Une attestation 2D-DOC demande une date de naissance entière : celle du dossier ne l'est pas.")
    stated = of_dose(person, dose, "", book, on)["v"][0]
    return two_d_doc.Attestation(
        family_name=capitals(person.family_name), given_names=capitals(person.given_names),
        birth=f"{person.birth_date:%d%m%Y}", vaccine=capitals(book.rule(f"covid.certificates.vaccines.{dose.vaccine}").label),
        maker=book.value(f"covid.certificates.vaccines.{dose.vaccine}", on)["plain_maker"], doses=min(stated["dn"], 9),
        expected=min(stated["sd"], 9), last_on=dose.occurred_on,
        complete=dose.series != Series.PRIMARY or dose.dose_number >= dose.series_doses,
    )  # fmt: skip


def _expiry(at: datetime, book: RuleBook) -> datetime:
    day = add_delay(at.date(), book.value("covid.certificates.terms", at.date())["validity"])
    return datetime.combine(day, time(), UTC)


def _digest(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()

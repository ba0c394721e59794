"""What a certificate says of a dose, an infection or a test, by the doctrine of a day (RP-10). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from allant.certificates.names import standardised
from allant.certificates.schema import DISEASE, VERSION
from allant.doctrine import NotYetInForce, RuleBook, UnknownRule, add_delay
from allant.immunizations.models import Dose, Infection, Series
from allant.people.models import BirthPrecision, Person

DETECTED, NOT_DETECTED = "260373001", "260415000"


class NotCertifiable(LookupError):
    """Something that no certificate can state; says why in French."""


@dataclass(frozen=True)
class TestResult:
    """A test, as its laboratory states it; codes of the European value sets."""

    __test__ = False

    kind: str
    sampled_at: datetime
    detected: bool
    centre: str
    name: str = ""


def of_dose(person: Person, dose: Dose, identifier: str, book: RuleBook, on: date) -> dict[str, Any]:
    """The content for a dose: its rank, of how many, its product. Raises NotCertifiable for a product that no certificate names.

    A booster is written 3/3 after two doses and 2/1 after one (Implementing Decision (EU) 2021/2301).
    """
    try:
        codes = book.value(f"covid.certificates.vaccines.{dose.vaccine}", on)
        product = book.value(f"covid.vaccines.{dose.vaccine}", on)["eu_number"]
    except (NotYetInForce, UnknownRule):
        raise NotCertifiable(
            "Le vaccin de cette dose n'a pas de code européen : aucun certificat ne peut en être fait."
        ) from None
    boosted, after_one = dose.series != Series.PRIMARY, dose.series_doses == 1
    foreseen = 1 if after_one else dose.dose_number if boosted else max(dose.series_doses, dose.dose_number)
    entry = {
        "tg": DISEASE, "vp": codes["prophylaxis"], "mp": product, "ma": codes["maker"], "dn": dose.dose_number, "sd": foreseen,
        "dt": dose.occurred_on.isoformat(),
    }  # fmt: skip
    return _certificate(person, "v", entry, identifier, book, on)


def of_infection(person: Person, infection: Infection, identifier: str, book: RuleBook, on: date) -> dict[str, Any]:
    """The content for a recovery: the day of the positive test, and the days between which it counts."""
    bounds = book.value("covid.certificates.recovery", on)
    entry = {
        "tg": DISEASE, "fr": infection.occurred_on.isoformat(),
        "df": add_delay(infection.occurred_on, bounds["from"]).isoformat(),
        "du": add_delay(infection.occurred_on, bounds["until"]).isoformat(),
    }  # fmt: skip
    return _certificate(person, "r", entry, identifier, book, on)


def of_test(person: Person, result: TestResult, identifier: str, book: RuleBook, on: date) -> dict[str, Any]:
    """The content for a test."""
    entry = {
        "tg": DISEASE, "tt": result.kind, "sc": result.sampled_at.isoformat(timespec="seconds"),
        "tr": DETECTED if result.detected else NOT_DETECTED, "tc": result.centre[:80],
    } | ({"nm": result.name[:80]} if result.name else {})  # fmt: skip
    return _certificate(person, "t", entry, identifier, book, on)


def birth_of(person: Person) -> str:
    """The birth date as far as it is known: `1940-03-12`, `1940-03`, `1940`, or nothing."""
    if person.birth_date is None:
        return ""
    length = {BirthPrecision.DAY: 10, BirthPrecision.MONTH: 7, BirthPrecision.YEAR: 4, BirthPrecision.NONE: 0}
    return str(person.birth_date.isoformat()[: length[BirthPrecision(person.birth_precision)]])


def _certificate(
    person: Person, group: str, entry: Mapping[str, Any], identifier: str, book: RuleBook, on: date
) -> dict[str, Any]:
    terms = book.value("covid.certificates.terms", on)
    name = {
        "fn": person.family_name[:80], "fnt": standardised(person.family_name),
        "gn": person.given_names[:80], "gnt": standardised(person.given_names),
    }  # fmt: skip
    whole = {**entry, "co": terms["country"], "is": terms["issuer"], "ci": identifier}
    return {"ver": VERSION, "nam": name, "dob": birth_of(person), group: [whole]}

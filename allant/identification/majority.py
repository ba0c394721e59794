"""Turning 18: a dependant is made autonomous only with a valid residence document, by the fund of first affiliation (ID-10)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Prefetch

from allant.doctrine import RuleBook
from allant.doctrine.age import born_by
from allant.doctrine.errors import NotYetInForce
from allant.identification.models import Document, IdentityFile
from allant.people.models import Person
from allant.people.standing import make_autonomous


class NotAutonomous(ValueError):
    """A dependant who stays attached; says why and what is needed, in French."""


@dataclass(frozen=True)
class Verdict:
    """Whether a dependant may be made autonomous; `reason`, in French, is a refusal when it is not."""

    autonomous: bool
    reason: str


def judge(*, turned: bool, valid_until: date | None, first_fund: str, fund: str, on: date, age: int) -> Verdict:
    """The rule, on a day: pure."""
    if not turned:
        return Verdict(False, f"N'a pas {age} ans.")
    if first_fund and first_fund != fund:
        return Verdict(False, f"Seule la caisse de première affiliation ({first_fund}) peut rendre autonome.")
    if valid_until is None:
        return Verdict(False, "Aucun titre ou document de séjour au dossier : reste ayant droit.")
    if valid_until < on:
        return Verdict(False, f"Document de séjour expiré le {valid_until:%d/%m/%Y} : reste ayant droit.")
    return Verdict(True, f"Document de séjour valable jusqu'au {valid_until:%d/%m/%Y}.")


def coming_of_age(on: date, book: RuleBook) -> list[tuple[IdentityFile, Verdict]]:
    """The files of dependants who have turned 18, with what the fund of first affiliation may do; in two queries.

    None before there is a rule.
    """
    try:
        rule = _rule(book, on)
    except NotAutonomous:
        return []
    residence = Document.objects.filter(kind__in=rule["documents"], refusals=None).order_by("-valid_until")
    files = (
        IdentityFile.objects.with_case()
        .filter(person__policyholder__isnull=False, person__birth_date__lte=born_by(rule["age"], on), person__died_on=None)
        .prefetch_related(Prefetch("documents", queryset=residence, to_attr="residence"))
        .order_by("person__birth_date", "id")
    )
    return [(file, _judged(file, file.residence, file.fund_code, on, rule["age"])) for file in files]


def _rule(book: RuleBook, on: date) -> dict[str, Any]:
    try:
        return dict(book.value("identification.majority", on))
    except NotYetInForce as early:
        raise NotAutonomous("La règle sur la majorité des ayants droit n'est pas encore en vigueur à cette date.") from early


def _judged(file: IdentityFile, residence: list[Document], fund: str, on: date, age: int) -> Verdict:
    born = file.person.birth_date
    ends = [each.valid_until for each in residence if each.valid_until]
    turned = born is not None and born <= born_by(age, on)
    return judge(turned=turned, valid_until=max(ends, default=None), first_fund=file.fund_code, fund=fund, on=on, age=age)


@transaction.atomic
def emancipate(*, file: IdentityFile, fund: str, on: date, by: str, book: RuleBook) -> bool:
    """Make a dependant autonomous; False when they were. Raises NotAutonomous."""
    rule = _rule(book, on)
    person = Person.objects.select_for_update(of=("self",)).get(pk=file.person_id)
    residence = list(Document.objects.filter(file=file, kind__in=rule["documents"], refusals=None))
    verdict = _judged(IdentityFile.objects.with_case().get(pk=file.pk), residence, fund, on, rule["age"])
    if not verdict.autonomous:
        raise NotAutonomous(verdict.reason)
    return make_autonomous(person=person, by=by, reason="majorité")

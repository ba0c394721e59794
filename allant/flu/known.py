"""What the register knows of one person for the vaccination against flu, by the very definitions that make the targets."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from django.db import connection

from allant import facts
from allant.campaigns.populations import population
from allant.doctrine import RuleBook
from allant.doctrine.age import age_on
from allant.flu.eligibility import Case, groups_on
from allant.people.models import Person, SituationKind
from allant.targeting import define, why


def case_of(person: Person, on: date, book: RuleBook, *, vouched: str = "") -> Case:
    """The case of a person on a day; `vouched`: a group that a professional vouched for, on a voucher handed over."""
    known = facts.of_person(connection, person.merged_into_id or person.pk)
    found = {
        group.code
        for group in groups_on(book, on)
        if group.told_by_register and why(define(population(group.criteria, on)), known).holds
    }
    ame = any(row["kind"] == SituationKind.AME and _holds(row, on) for row in known["situation"])
    age = None if person.birth_date is None else age_on(person.birth_date, on)
    return Case(age, frozenset(found | {vouched} - {""}), ame)


def with_group(case: Case, code: str) -> Case:
    """The case once a professional has vouched for a group."""
    return replace(case, groups=case.groups | {code})


def _holds(row: dict[str, date | None], on: date) -> bool:
    starts_on, ends_on = row["starts_on"], row["ends_on"]
    return (starts_on is None or starts_on <= on) and (ends_on is None or ends_on > on)

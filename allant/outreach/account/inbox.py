"""The messages of an account, as the person reads them, and their refusal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from allant.outreach import causes
from allant.outreach.models import AccountMessage
from allant.outreach.templates import RIGHT_TO_LEFT, placeholders
from allant.people.models import ContactKind, ContactPoint, Person

NO_CODE = "[code retiré]"
"""Stands for the code of an invitation that was withdrawn since."""


@dataclass(frozen=True, slots=True)
class Words:
    """A message as it is read; `language` of its text."""

    subject: str
    body: str
    language: str
    right_to_left: bool


def words_of(placed: AccountMessage) -> Words:
    """The words placed, with the codes that its cause lends now: none is stored (TG-07)."""
    template, message = placed.template, placed.message
    coded = placeholders(f"{placed.subject}\n{placed.body}")
    lent = causes.variables_of(message.cause_kind, [message.cause_id]).get(message.cause_id, {}) if coded else {}
    codes = {name: lent.get(name, NO_CODE) for name in coded}
    return Words(
        placed.subject.format_map(codes), placed.body.format_map(codes), template.language, template.language in RIGHT_TO_LEFT
    )


def subject_of(placed: AccountMessage) -> str:
    """The subject alone, without asking the cause: a code in it is not shown in a list."""
    return placed.subject.format_map(_Hidden())


class _Hidden(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return "…"


def first_reading(placed: AccountMessage, *, by: str, at: datetime) -> bool:
    """Note that it was opened; False when it had been before."""
    return bool(AccountMessage.objects.filter(pk=placed.pk).unread().update(read_at=at, read_by=by[:200]))


def refuses(person: Person) -> bool:
    """Whether the person refused campaign messages in their account."""
    return _refusals(person).exists()


@transaction.atomic
def refuse(person: Person, *, on: date) -> None:
    """No more campaign messages there: those that wait are dropped when they are taken, confirmations still come."""
    point, _ = ContactPoint.objects.get_or_create(person=person, kind=ContactKind.ACCOUNT, value="")
    ContactPoint.objects.filter(pk=point.pk, opted_out_on=None).update(opted_out_on=on)


def accept(person: Person) -> None:
    """Campaign messages may come again."""
    _refusals(person).update(opted_out_on=None)


def _refusals(person: Person) -> QuerySet[ContactPoint]:
    borne = Q(person=person) | Q(person__merged_into=person)
    return ContactPoint.objects.filter(borne, kind=ContactKind.ACCOUNT).exclude(opted_out_on=None)

"""Kinds of messages: what a message is for decides its guarantee, its age, its hours and its place in the queue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Any

from django.db.models import QuerySet

from allant.doctrine import RuleBook
from allant.outreach.models import Message, Template

NEVER_TWICE = "never_twice"
NEVER_LOST = "never_lost"
DEFAULT = "information"


class Guardianship(StrEnum):
    """To whom a message about somebody under guardianship goes (AV-03)."""

    PERSON = "person"
    NOBODY = "nobody"
    REPRESENTATIVE = "representative"
    REPRESENTATIVE_FIRST = "representative_first"
    "The person, when the register knows no representative."


REPRESENTED = (Guardianship.REPRESENTATIVE, Guardianship.REPRESENTATIVE_FIRST)


class UnknownKind(LookupError):
    """A template of a kind that the doctrine does not know; the message says which, in French."""


@dataclass(frozen=True, slots=True)
class MessageKind:
    """A row of the doctrine `outreach.kinds`."""

    code: str
    label: str
    guarantee: str
    useful_days: int
    "Days after the planned one on which it may still leave."
    priority: int
    "The lowest leaves first."
    counts: bool
    "Whether it is one of the contacts that the weekly cap limits."
    hours: str
    stops_at_refusal: bool
    excluded: tuple[str, ...]
    "Situations in which the person is not contacted."
    guardianship: Guardianship

    @property
    def never_twice(self) -> bool:
        """After a crash in the middle of handing over, it is left as handed over."""
        return self.guarantee == NEVER_TWICE

    @property
    def represented(self) -> bool:
        """About somebody under guardianship, it goes to their representative."""
        return self.guardianship in REPRESENTED


@lru_cache(maxsize=64)
def kinds(book: RuleBook, on: date) -> dict[str, MessageKind]:
    """Code → kind, as the doctrine has them on a day."""
    rows = book.value("outreach.kinds", on)
    return {row["code"]: _kind(row) for row in rows}


def _kind(row: Mapping[str, Any]) -> MessageKind:
    typed = {"priority": int(row["priority"]), "guardianship": Guardianship(row["guardianship"])}
    return MessageKind(**{**row, **typed})


def kind(code: str, book: RuleBook, on: date) -> MessageKind:
    """The kind of a code. Raises UnknownKind."""
    known = kinds(book, on)
    if code not in known:
        raise UnknownKind(f"Sorte de message inconnue : « {code} ». Connues : {', '.join(known)}.")
    return known[code]


def kind_of(template: Template, book: RuleBook, on: date) -> MessageKind:
    """The kind of a template's text. Raises UnknownKind."""
    return kind(template.kind, book, on)


def kinds_of_templates(channel: str | None = None) -> dict[tuple[str, str], str]:
    """(slug, channel) → code of the kind of the last French version, in one query; of one channel, or of all."""
    return dict(_kinds(Template.objects.all() if channel is None else Template.objects.filter(channel=channel)))


def kinds_of(messages: Sequence[Message], book: RuleBook, on: date) -> dict[str, MessageKind]:
    """Wording → kind of these messages of one channel, whatever the language they leave in. Raises UnknownKind."""
    codes = kinds_of_templates(messages[0].channel) if messages else {}
    wanted = {message.template: message.channel for message in messages}
    return {slug: kind(codes[slug, channel], book, on) for slug, channel in wanted.items()}


def _kinds(templates: QuerySet[Template]) -> dict[tuple[str, str], str]:
    # Other languages are translations: the French text says the kind, when there is one.
    order = templates.order_by("slug", "channel", "language", "version").values_list("slug", "channel", "language", "kind")
    found: dict[tuple[str, str], str] = {}
    french: dict[tuple[str, str], str] = {}
    for slug, of_channel, language, code in order:
        found[slug, of_channel] = code
        if language == "fr":
            french[slug, of_channel] = code
    return found | french

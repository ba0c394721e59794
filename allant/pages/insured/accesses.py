"""Who opened a person's file, in words the person understands.

A person learns the role and the structure, the date and the reason: enough to ask. The account of the professional is not shown:
the structure answers for its agents, and the log keeps who it was for whoever has to investigate.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from allant.accounts.models import AccessLogEntry
from allant.accounts.roles import Role
from allant.directory.models import Organisation
from allant.people.models import Person

YOURSELF, PROGRAM, SYSTEM = "Vous-même", "Logiciel d'un établissement ou d'un professionnel", "Traitement automatique du service"


@dataclass(frozen=True)
class Access:
    """One entry of the log; `who` is a role, `structure` a name, empty when there is none."""

    at: datetime
    who: str
    structure: str
    action: str
    purpose: str


def accesses_to(person: Person) -> QuerySet[AccessLogEntry]:
    """The entries about the person, and about the records merged into theirs, newest first."""
    records = Person.objects.filter(Q(pk=person.pk) | Q(merged_into=person.pk)).values("pk")
    return AccessLogEntry.objects.filter(person_id__in=list(records.values_list("pk", flat=True)))


def shown(entries: Iterable[AccessLogEntry], reader_id: int) -> list[Access]:
    """The entries as lines; `reader_id`: the account that reads them."""
    found = list(entries)
    names = Organisation.objects.in_bulk({entry.structure for entry in found if entry.structure}, field_name="code")
    return [
        Access(
            at=entry.at,
            who=_who(entry, reader_id),
            structure=names[entry.structure].name if entry.structure in names else "",
            action=entry.get_action_display(),
            purpose=entry.purpose,
        )
        for entry in found
    ]


def _who(entry: AccessLogEntry, reader_id: int) -> str:
    if entry.actor_id == reader_id:
        return YOURSELF
    if entry.actor.startswith("fhir:"):
        return PROGRAM
    if entry.actor_id is None:
        return SYSTEM
    labels = dict(Role.choices)
    held = [labels[code] for code in entry.role.split(",") if code in labels]
    return ", ".join(held) or "Compte sans rôle"

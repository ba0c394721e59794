"""Who opened a person's file, in words the person understands.

A person learns the role and the structure, the date and the reason: enough to ask. The account of the professional is not shown:
the structure answers for its agents, and the log keeps who it was for whoever has to investigate. A representative is named:
nobody else answers for them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from allant.accounts.models import AccessLogEntry
from allant.accounts.roles import Role
from allant.directory.models import Organisation
from allant.immunizations.models import RecordingBatch
from allant.people.models import Person

YOURSELF, REPRESENTATIVE = "Vous-même", "Votre représentant légal"
PROGRAM, SYSTEM = "Logiciel d'un établissement ou d'un professionnel", "Traitement automatique du service"


@dataclass(frozen=True)
class Access:
    """One entry of the log; `who` is a role, `structure` a name, empty when there is none."""

    at: datetime
    who: str
    structure: str
    action: str
    purpose: str


def accesses_to(records: list[int]) -> QuerySet[AccessLogEntry]:
    """The entries about these records of one person, newest first."""
    return AccessLogEntry.objects.filter(person_id__in=records)


def recorded_in_bulk(records: list[int]) -> QuerySet[RecordingBatch]:
    """The recordings of many doses at once that hold one of the person's: each is a single entry of the log, without persons."""
    return RecordingBatch.objects.filter(doses__person__in=records).distinct().order_by("-started_at", "-pk")


def records_of(person: Person) -> list[int]:
    """The record that stands for the person, and those merged into it."""
    return list(Person.objects.filter(Q(pk=person.pk) | Q(merged_into=person.pk)).order_by("pk").values_list("pk", flat=True))


def shown(entries: Iterable[AccessLogEntry], reader_id: int) -> list[Access]:
    """The entries as lines; `reader_id`: the account that reads them."""
    found = list(entries)
    names = Organisation.objects.in_bulk({entry.structure for entry in found if entry.structure}, field_name="code")
    acted = {entry.representative_id for entry in found if entry.representative_id}
    representatives = Person.objects.in_bulk(acted) if acted else {}
    return [
        Access(
            at=entry.at,
            who=_who(entry, reader_id, representatives),
            structure=names[entry.structure].name if entry.structure in names else "",
            action=entry.get_action_display(),
            purpose=entry.purpose,
        )
        for entry in found
    ]


def _who(entry: AccessLogEntry, reader_id: int, representatives: Mapping[int, Person]) -> str:
    if entry.actor_id == reader_id:
        return YOURSELF
    if entry.actor.startswith("fhir:"):
        return PROGRAM
    if entry.actor_id is None:
        return SYSTEM
    if entry.role == Role.INSURED:
        acted = representatives.get(entry.representative_id or 0)
        return f"{REPRESENTATIVE}, {acted}" if acted else REPRESENTATIVE
    labels = dict(Role.choices)
    held = [labels[code] for code in entry.role.split(",") if code in labels]
    return ", ".join(held) or "Compte sans rôle"

"""Everything campaigns did about one person, and where each running campaign stands with them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection
from django.db.models import Q

from allant import facts
from allant.campaigns.models import Campaign, HeldOut, Invitation
from allant.campaigns.territories import started_on
from allant.outreach.models import Message
from allant.people.models import Person
from allant.targeting import Verdict, why

CAUSE = "invitation"


@dataclass(frozen=True)
class Contact:
    """One invitation with what became of its messages."""

    campaign: Campaign
    invited_on: date
    wave_number: int
    channel: str
    revoked_at: datetime | None
    messages: tuple[Message, ...]


@dataclass(frozen=True)
class Standing:
    """A running campaign and the person: in its target, or the criteria that are not met (empty when it is).

    `elsewhere`: it is an experiment that does not run that day in the person's département (TG-14).
    """

    campaign: Campaign
    in_target: bool
    lacking: tuple[Verdict, ...]
    held_out: bool
    elsewhere: bool


def contacts_of(person: Person) -> list[Contact]:
    """The last first, those of merged records included. Two queries."""
    invitations = list(
        Invitation.objects.filter(_borne_by(person)).select_related("campaign", "wave").order_by("-invited_on", "-pk")
    )
    by_cause: dict[int, list[Message]] = {}
    found = Message.objects.filter(cause_kind=CAUSE, cause_id__in=[invitation.pk for invitation in invitations])
    for message in found.order_by("created_on", "pk"):
        by_cause.setdefault(message.cause_id, []).append(message)
    return [
        Contact(
            each.campaign, each.invited_on, each.wave.number, each.channel, each.revoked_at, tuple(by_cause.get(each.pk, ()))
        )
        for each in invitations
    ]


def other_messages_of(person: Person) -> list[Message]:
    """Messages that no invitation caused, the last first."""
    return list(Message.objects.filter(_borne_by(person)).exclude(cause_kind=CAUSE).order_by("-created_on", "-pk"))


def standings_of(person: Person, on: date) -> list[Standing]:
    """Each campaign open on a day; the facts about the person are read once."""
    known = facts.of_person(connection, person.pk)
    aside = set(HeldOut.objects.filter(_borne_by(person)).values_list("campaign_id", flat=True))
    standings = []
    for campaign in Campaign.objects.running_on(on).prefetch_related("target_versions", "territories"):
        version = max(campaign.target_versions.all(), key=lambda each: each.number)
        started = started_on(campaign, on)
        elsewhere = started is not None and person.departement_code not in started
        # Where an experiment does not run, that says it all of the place: the criteria told are the others.
        verdict = why(version.on(on), known)
        holds = verdict.holds and not elsewhere
        standings.append(Standing(campaign, holds, tuple(_lacking(verdict)), campaign.pk in aside, elsewhere))
    return standings


def _lacking(verdict: Verdict) -> Iterator[Verdict]:
    """What would have to change: the parts of a conjunction that do not hold; anything else is one criterion."""
    if verdict.holds:
        return
    failing = [part for part in verdict.parts if not part.holds]
    if failing and len(failing) < len(verdict.parts):
        yield from failing
    else:
        yield verdict


def _borne_by(person: Person) -> Q:
    return Q(person=person) | Q(person__merged_into=person)

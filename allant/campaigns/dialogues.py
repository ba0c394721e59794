"""Dialogues by SMS that recall an invitation (AV-15); outreach carries them and reads their answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Exists, F, OuterRef
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce

from allant.campaigns.actions import HANDED_OVER
from allant.campaigns.acts import acts_sql
from allant.campaigns.models import Campaign, Invitation
from allant.campaigns.models.campaigns import InvitationQuerySet
from allant.doctrine import rules
from allant.outreach.dialogues import actions as dialogues
from allant.outreach.dialogues.model import shelf
from allant.outreach.models import Conversation
from allant.people.models import ContactKind, ContactPoint

CAUSE = "invitation"
PARIS = ZoneInfo("Europe/Paris")


class CannotRecall(ValueError):
    """A campaign whose invitations cannot be recalled; says why in French."""


@dataclass(frozen=True, slots=True)
class Started:
    """How many dialogues began; how many could not: a number where another one is open, or that has just refused."""

    begun: int
    not_begun: int


def recall_by_dialogue(campaign: Campaign, dialogue: str, *, at: datetime, most: int) -> Started:
    """Begin a dialogue about each invitation that has waited long enough, the oldest first, at most `most` of them.

    One transaction an invitation: killed anywhere and run again, each has one dialogue. People without a mobile are left out, and
    those whose code was handed over: they have seen somebody. Raises CannotRecall, BadDialogue.
    """
    shelf().last(dialogue)
    on = at.astimezone(PARIS).date()
    if campaign.stopped_at is not None or (campaign.ends_on and on >= campaign.ends_on):
        raise CannotRecall(f"La campagne « {campaign.slug} » est arrêtée ou terminée : plus personne n'est relancé pour elle.")
    delay = timedelta(days=rules.as_known_on(on).value("outreach.dialogue_after_invitation", on))
    waiting = to_recall(campaign, dialogue).filter(invited_on__lte=on - delay).order_by("invited_on", "pk")
    begun = not_begun = 0
    for pk, person in list(waiting.values_list("pk", "survivor")[:most]):
        try:
            dialogues.start(dialogue, person_id=person, cause_kind=CAUSE, cause_id=pk, at=at)
            begun += 1
        except dialogues.CannotTalk:
            not_begun += 1
    return Started(begun, not_begun)


def to_recall(campaign: Campaign, dialogue: str) -> InvitationQuerySet:
    """Invitations of people whom a mobile reaches, who have not done the act, and with whom this dialogue has not begun.

    `survivor`: who they are today.
    """
    survivor = F("person__merged_into_id")
    talked = Conversation.objects.filter(dialogue=dialogue, cause_kind=CAUSE, cause_id=OuterRef("pk"))
    mobile = ContactPoint.objects.filter(
        person_id=OuterRef("survivor"), kind=ContactKind.MOBILE, opted_out_on=None, invalid_since=None
    )
    invited = Invitation.objects.valid().filter(campaign=campaign).exclude(channel=HANDED_OVER)
    acted = RawSQL(f"SELECT person_id FROM ({acts_sql(campaign)}) AS acts WHERE done_on IS NOT NULL", [])
    invited = invited.filter(person__died_on=None).exclude(person_id__in=acted)
    return invited.annotate(survivor=Coalesce(survivor, F("person_id"))).filter(Exists(mobile), ~Exists(talked))

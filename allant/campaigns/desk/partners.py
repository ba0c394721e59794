"""People whom a partner found favourable, with their agreement, as calls of the desk; what went back to the partner (AV-27)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection, transaction

from allant.accounts.actors import Actor
from allant.campaigns.actions import give_code
from allant.campaigns.desk.rules import BOOKED
from allant.campaigns.meant import meant_sql
from allant.campaigns.models import CallAttempt, Campaign, PartnerConsent
from allant.directory.models import Organisation
from allant.outreach.actions import queue_messages
from allant.outreach.models import Channel, Message
from allant.people.models import Person

RESULTS = {BOOKED: "rendez-vous pris"}
REACHED, NOT_YET = "personne contactée", "pas encore"


class FeedRefused(ValueError):
    """A campaign that cannot be fed so; the message says why, in French."""


@transaction.atomic
def queue_favourable(*, campaign: Campaign, partner: Organisation, by: Actor, on: date) -> int:
    """Put in the calls of a campaign those who agreed before this partner and whom it means; how many are new.

    Only a standing agreement of its programme counts; the contact policy still decides of each call. Raises FeedRefused.
    """
    if campaign.medical:
        raise FeedRefused("Une campagne du service médical ne reçoit pas de liste de partenaire : son motif serait deviné.")
    if "call" not in campaign.channels:
        raise FeedRefused("Cette campagne n'appelle pas : ajoutez-lui le canal « appel ».")
    query, parameters = meant_sql(campaign, on)
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        meant = {row[0] for row in cursor.fetchall()}
    agreed = PartnerConsent.objects.standing().filter(organisation=partner, programme=campaign.programme, given_on__lte=on)
    people = Person.objects.filter(pk__in=meant & set(agreed.values_list("person_id", flat=True))).order_by("pk")
    return sum(_queued(campaign, person, by, on) for person in people)


def _queued(campaign: Campaign, person: Person, by: Actor, on: date) -> int:
    invitation = give_code(campaign=campaign, person=person, by=str(by), on=on)
    if Message.objects.filter(cause_kind="invitation", cause_id=invitation.pk, channel=Channel.CALL).exists():
        return 0
    return queue_messages(
        cause_kind="invitation",
        select="""SELECT i.person_id, i.id AS cause_id, 'call' AS channel, c.template,
                         %s::date AS created_on, %s::date AS send_after
                  FROM campaigns_invitation i JOIN campaigns_campaign c ON c.id = i.campaign_id WHERE i.id = %s""",
        parameters=[on, on, invitation.pk],
    )


@dataclass(frozen=True)
class Result:
    """What a partner learns of one person: contacted or not, an appointment or not. Never why, never what was said."""

    person: int
    result: str


def results_for(*, campaign: Campaign, partner: Organisation, at: datetime) -> list[Result]:
    """Of each person whose agreement stands, what came of the calls of a campaign (AV-27: without medical data)."""
    agreed = PartnerConsent.objects.standing().filter(organisation=partner, programme=campaign.programme)
    people = list(agreed.order_by("person_id").values_list("person_id", flat=True))
    ended = CallAttempt.objects.filter(campaign=campaign, person__in=people, answered_at__lte=at).order_by("ended_at", "pk")
    known = {call.person_id: RESULTS.get(call.outcome, REACHED) for call in ended}
    return [Result(person, known.get(person, NOT_YET)) for person in people]

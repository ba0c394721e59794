"""What is known of a person for `policy.decide`: read for one page or one call, a few queries whatever the person's past."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from django.db import connection
from django.db.models import Q

from allant.accounts.models import User
from allant.doctrine import RuleBook
from allant.outreach.causes import campaign_sql
from allant.outreach.kinds import kind, kinds, kinds_of_templates
from allant.outreach.limits import PARIS
from allant.outreach.models import Message
from allant.outreach.policy import Contact, Decision, Held, Point, Purpose, Recipient, Representative, decide
from allant.outreach.policy_sql import CONTACTED
from allant.people.models import ContactPoint, Person, Representation, Situation, SituationKind


def recipient(person: Person) -> Recipient:
    """The person, with the contact points and situations of the records they absorbed; whoever is, or was, or is to be under
    guardianship with their representatives."""
    known = _alone(person)
    if not any(held.kind == SituationKind.GUARDIANSHIP for held in known.situations):
        return known
    borne = Q(person=person.pk) | Q(person__merged_into=person.pk)
    named = Representation.objects.filter(borne).select_related("representative__merged_into").order_by("pk")
    standing = ((each, each.representative.merged_into or each.representative) for each in named)
    return replace(known, representatives=tuple(
        Representative(each.kind, _alone(who), each.starts_on, each.ends_on) for each, who in standing if who.pk != person.pk
    ))  # fmt: skip


def _alone(person: Person) -> Recipient:
    borne = Q(person=person.pk) | Q(person__merged_into=person.pk)
    points = ContactPoint.objects.filter(borne).values_list("kind", "opted_out_on", "invalid_since")
    situations = Situation.objects.filter(borne).values_list("kind", "starts_on", "ends_on")
    return Recipient(
        departement=person.departement_code, deceased=person.died_on is not None, merged=person.merged_into_id is not None,
        has_postcode=person.postcode is not None, signed_in=User.objects.filter(borne).exists(),
        points=tuple(Point(name, out is not None, lost is not None) for name, out, lost in points),
        situations=tuple(Held(*each) for each in situations),
    )  # fmt: skip


def contacts(person: Person, book: RuleBook, at: datetime, *, but: int | None = None) -> list[Contact]:
    """The contacts of the person made or under way, whatever the campaign; `but`: the message being judged.

    A call tried before is a contact of the past, its own message included.
    """
    on = at.astimezone(PARIS).date()
    counting = {key: kinds(book, on)[code].counts for key, code in kinds_of_templates().items() if code in kinds(book, on)}
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT m.id, m.channel, m.template, coalesce(m.sent_at, m.claimed_at), m.outcome, m.attempts, m.status,
                       CASE WHEN m.channel = 'call' THEN {campaign_sql("m")} END
                FROM outreach_message AS m JOIN people_person AS p ON p.id = m.person_id
                WHERE (p.id = %s OR p.merged_into_id = %s) AND coalesce(m.sent_at, m.claimed_at) IS NOT NULL""",
            [person.pk, person.pk],
        )
        rows = cursor.fetchall()
    return [
        Contact(channel, made, status in CONTACTED and pk != but and counting.get((template, channel), True), campaign, outcome,
                max(attempts, 1))
        for pk, channel, template, made, outcome, attempts, status, campaign in rows
    ]  # fmt: skip


def judge(message: Message, at: datetime, book: RuleBook) -> Decision:
    """What the policy answers of a message that waits, as its claim would at `at`."""
    person = Person.objects.get(pk=message.person_id)
    code = kinds_of_templates(message.channel).get((message.template, message.channel))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {campaign_sql('m')} FROM outreach_message AS m WHERE m.id = %s", [message.pk])
        campaign = cursor.fetchone()[0]
    purpose = Purpose(
        kind(code or "information", book, at.astimezone(PARIS).date()), (message.channel,), message.send_after, campaign,
        message.useful_until,
    )  # fmt: skip
    return decide(recipient(person), purpose, contacts(person, book, at, but=message.pk), at, book)

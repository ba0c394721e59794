"""Answers by SMS: what they ask, who they may come from, what they change (AV-10, AV-16).

A number is often shared. STOP silences the number at once, for everybody who bears it and in every campaign; of a shared one each
then chooses for themselves (`stop_choices`), or an agent says for whom it spoke, and the others may be written to again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Prefetch, Q, QuerySet

from allant.doctrine import rules
from allant.outreach import lent, outcomes
from allant.outreach.dialogues import actions as dialogues
from allant.outreach.kinds import kind, kinds_of_templates
from allant.outreach.limits import PARIS
from allant.outreach.models import Channel, Conversation, DeliveryEvent, InboundMessage, InboundPerson, Message
from allant.outreach.sms import long_answers
from allant.outreach.sms.numbers import as_registered
from allant.outreach.stop_choices import links, points_of, who_chose_to_stop
from allant.outreach.word_lists import among, bare
from allant.people.models import ContactKind, ContactPoint

STOP, START, DIALOGUE, REPLY = "stop", "start", "dialogue", "reply"
BY_RULE = "règle automatique"
STOPPED = "STOP reçu"
CAUSE = "inbound"

# Waiting SMS of people whom no other number reaches; those of kinds that a refusal does not stop stay (the claim judges them).
_DROP = """
UPDATE outreach_message AS message SET status = 'dropped', drop_reason = %(reason)s
WHERE message.status = 'pending' AND message.channel = 'sms' AND message.person_id = ANY(%(people)s)
  AND message.template <> ALL(%(spared)s) AND NOT EXISTS (
    SELECT FROM people_person AS bearer JOIN people_contactpoint AS point ON point.person_id = bearer.id
    WHERE (bearer.id = message.person_id OR bearer.merged_into_id = message.person_id)
      AND point.kind = 'mobile' AND point.opted_out_on IS NULL AND point.invalid_since IS NULL)"""


class BadAnswer(ValueError):
    """A decision about an answer that cannot be taken; says why in French."""


@dataclass(frozen=True, slots=True)
class Typed:
    """What somebody typed. `key`: what the gateway calls it, so that twice the same is one."""

    route: str
    key: str
    sender: str
    text: str


def typed(unit: Any, route: str, at: datetime) -> Typed:
    """What a deliver_sm that is no receipt holds.

    SMPP gives an answer no number of its own: one given again after a lost connection is known by its reference, when the centre
    gives one, or by its words and its minute.
    """
    text = long_answers.text_of(long_answers.without_header(unit), unit.data_coding or 0)
    sender = (unit.source_addr or b"").decode("ascii", "replace")
    reference = getattr(unit, "user_message_reference", None)
    return _known_by(route, sender, text, f"{at:%Y-%m-%d} {reference}" if reference is not None else f"{at:%Y-%m-%d %H:%M}")


def _known_by(route: str, sender: str, text: str, called: str) -> Typed:
    key = hashlib.sha256(f"{called}\0{sender}\0{text}".encode()).hexdigest()
    return Typed(route, key, sender, text.replace("\0", ""))


@transaction.atomic
def hear(unit: Any, route: str, *, at: datetime) -> list[InboundMessage]:
    """Take a deliver_sm that is no receipt: an answer, or a part of one; the answers that it brings and that were not known."""
    part = long_answers.part_of(unit)
    if part is None:
        found = [typed(unit, route, at)]
    else:
        found = [_whole(route, whole, at) for whole in long_answers.keep(part, route, at)]
    return [inbound for answer in found if (inbound := receive(answer, at=at))]


def take_incomplete(at: datetime) -> int:
    """Take the long answers whose other parts did not come, as they are; returns how many."""
    return sum(receive(_whole(route, whole, at), at=at) is not None for route, whole in long_answers.given_up(at))


def _whole(route: str, whole: long_answers.Whole, at: datetime) -> Typed:
    return _known_by(route, whole.sender, whole.text, f"{at:%Y-%m-%d} {whole.reference}")


def meaning(text: str, at: datetime) -> str:
    """`stop`, `start` or `reply`, by the word lists of the doctrine."""
    on = at.astimezone(PARIS).date()
    book = rules.as_known_on(on)
    words = bare(text)
    leading = words.split(" ")[0]
    if words in among(book.value("outreach.stop_words", on)) or leading in among(book.value("outreach.stop_leading_words", on)):
        return STOP
    return START if words in among(book.value("outreach.start_words", on)) else REPLY


@transaction.atomic
def receive(answer: Typed, *, at: datetime) -> InboundMessage | None:
    """Write an answer and do what it asks; None when it was known."""
    asked = meaning(answer.text, at)
    conversation = dialogues.open_at(as_registered(answer.sender))
    kind = DIALOGUE if asked == REPLY and conversation else asked
    inbound, new = InboundMessage.objects.get_or_create(
        route=answer.route, key=answer.key,
        defaults={"channel": Channel.SMS, "sender": answer.sender, "text": answer.text, "received_at": at, "kind": kind},
    )  # fmt: skip
    if not new:
        return None
    points = list(ContactPoint.objects.filter(kind=ContactKind.MOBILE, value__in=as_registered(answer.sender)).order_by("id"))
    authors = _attribute(inbound, points, conversation)
    if conversation and kind == DIALOGUE:
        dialogues.answer(conversation, inbound, at=at)
    elif kind == STOP:
        _stop(inbound, points, authors, conversation, at)
    elif kind == START:
        _start(inbound, points, authors, at)
    return inbound


def _attribute(inbound: InboundMessage, points: list[ContactPoint], conversation: Conversation | None) -> list[InboundPerson]:
    """Who may speak: everybody who bears the number, and the message that they probably answer; sure when there is one."""
    sent = Message.objects.sent().filter(contact_point__in=points).select_related("contact_point__person")
    last = sent.order_by("-sent_at", "-id").first() if points else None
    bearer = _standing(last.contact_point) if last and last.contact_point else None  # a representative, not always its person
    people = list(dict.fromkeys(map(_standing, _with_people(points))))
    speaking = conversation.person_id if conversation else None
    authors = [
        InboundPerson(
            inbound=inbound, person_id=person, message=last if bearer == person else None,
            confirmed=len(people) == 1 or person == speaking,
        )
        for person in people
    ]  # fmt: skip
    return InboundPerson.objects.bulk_create(authors)


def _standing(point: ContactPoint) -> int:
    return point.person.merged_into_id or point.person_id


def _with_people(points: list[ContactPoint]) -> list[ContactPoint]:
    return list(ContactPoint.objects.filter(pk__in=[point.pk for point in points]).select_related("person").order_by("id"))


def _stop(
    inbound: InboundMessage,
    points: list[ContactPoint],
    authors: list[InboundPerson],
    conversation: Conversation | None,
    at: datetime,
) -> None:
    on = at.astimezone(PARIS).date()
    newly = ContactPoint.objects.filter(pk__in=[point.pk for point in points], opted_out_on=None).update(opted_out_on=on)
    borrowed = lent.refuse(Channel.SMS, as_registered(inbound.sender), on=on)
    drop_waiting([author.person_id for author in authors], at=at)
    for author in authors:
        if author.message:
            outcomes.event(author.message, DeliveryEvent.Kind.UNSUBSCRIBED, f"réponse {inbound.pk}", at)
    if conversation:
        Conversation.objects.filter(pk=conversation.pk, closed_at=None).update(closed_at=at, outcome=STOP, due_at=None)
    if newly or borrowed:  # an answering machine that says STOP to our confirmation gets no other
        _confirm(inbound, "stop-confirmation", points, authors, at)
    if len(authors) == 1 or (borrowed and not authors):
        handled(inbound, by=BY_RULE, at=at)


def _start(inbound: InboundMessage, points: list[ContactPoint], authors: list[InboundPerson], at: datetime) -> None:
    firm = who_chose_to_stop([author.person_id for author in authors], inbound.sender) if len(authors) > 1 else set()
    refused = ContactPoint.objects.filter(pk__in=[point.pk for point in points]).exclude(opted_out_on=None)
    refused = refused.exclude(Q(person__in=firm) | Q(person__merged_into__in=firm))
    borrowed = lent.refuse(Channel.SMS, as_registered(inbound.sender), refused=False, on=at.astimezone(PARIS).date())
    if refused.update(opted_out_on=None) or borrowed:
        _confirm(inbound, "start-confirmation", points, authors, at)
    if authors or borrowed:
        handled(inbound, by=BY_RULE, at=at)


def drop_waiting(people: Sequence[int], *, at: datetime) -> int:
    """Withdraw the SMS that wait for people whom no number reaches any more; returns how many."""
    on = at.astimezone(PARIS).date()
    book = rules.as_known_on(on)
    spared = [slug for (slug, _), code in kinds_of_templates(Channel.SMS).items() if not kind(code, book, on).stops_at_refusal]
    with connection.cursor() as cursor:
        cursor.execute(_DROP, {"reason": STOPPED, "people": list(people), "spared": spared})
        return cursor.rowcount


def _confirm(
    inbound: InboundMessage, template: str, points: list[ContactPoint], authors: list[InboundPerson], at: datetime
) -> None:
    """One confirmation to the number, in the name of whoever was last written to, or of nobody (a guest's number)."""
    on = at.astimezone(PARIS).date()
    if not authors:
        Message.objects.create(
            cause_kind=CAUSE, cause_id=inbound.pk, channel=Channel.SMS, template=template, created_on=on, send_after=on,
            lent_address=True,
        )  # fmt: skip
        return
    spoken_to = next((author.person_id for author in authors if author.message), authors[0].person_id)
    Message.objects.create(
        person_id=spoken_to, cause_kind=CAUSE, cause_id=inbound.pk, channel=Channel.SMS, template=template, created_on=on,
        send_after=on, contact_point=next((each for each in points if each.person_id == spoken_to), points[0]),
    )  # fmt: skip


def handled(inbound: InboundMessage, *, by: str, at: datetime) -> None:
    """Nothing is left to do about this answer."""
    InboundMessage.objects.filter(pk=inbound.pk, handled_at=None).update(handled_at=at, handled_by=by)


@transaction.atomic
def decide_for_whom(inbound_id: int, person_ids: Sequence[int], *, by: str, at: datetime) -> None:
    """The refusal of a shared number was of these people: the others may be written to there again. Raises BadAnswer.

    Whoever chose for themselves keeps their choice.
    """
    inbound = InboundMessage.objects.select_for_update().get(pk=inbound_id)
    undecided = {author.person_id for author in inbound.persons.filter(choice="")}
    chosen = set(person_ids)
    if inbound.kind != STOP:
        raise BadAnswer("Cette réponse ne demande pas l'arrêt : il n'y a personne à choisir.")
    if inbound.handled_at:
        raise BadAnswer("Cette réponse a déjà été traitée.")
    if not chosen or not chosen <= undecided:
        raise BadAnswer("Choisissez au moins une des personnes qui partagent ce numéro.")
    inbound.persons.filter(person__in=chosen).update(confirmed=True)
    points_of(sorted(undecided - chosen), inbound.sender).update(opted_out_on=None)
    handled(inbound, by=by, at=at)


def variables_of_answers(inbound_ids: Sequence[int]) -> dict[int, dict[str, str]]:
    """Where each person of the number may choose for themselves."""
    return {pk: {"url": link} for pk, link in links(inbound_ids).items()}


def _senders(channel: str, inbound_ids: Sequence[int]) -> dict[int, lent.Lent]:
    """The number that an answer came from: where its confirmation goes when nobody of the register bears it."""
    senders = InboundMessage.objects.filter(pk__in=inbound_ids).values_list("pk", "sender")
    return {pk: lent.Lent(f"+{sender.removeprefix('+')}") for pk, sender in senders} if channel == Channel.SMS else {}


SENDER = lent.Lender(of=_senders, refuse=lambda channel, values, refused, on: 0, invalidate=lambda channel, values, on: 0)


def to_handle(departements: Collection[str] | None) -> QuerySet[InboundMessage]:
    """Answers that wait for an agent, the oldest first, of people of these départements; every one, of nobody known too: None."""
    waiting = InboundMessage.objects.filter(handled_at=None).order_by("received_at", "id")
    if departements is not None:
        people = InboundPerson.objects.filter(person__departement_code__in=departements)
        waiting = waiting.filter(pk__in=people.values("inbound"))
    authors = InboundPerson.objects.select_related("person", "message").order_by("person")
    return waiting.prefetch_related(Prefetch("persons", authors))


@transaction.atomic
def mark_handled(inbound_id: int, *, by: str, at: datetime) -> None:
    """An agent has done what this answer asked. Raises BadAnswer."""
    inbound = InboundMessage.objects.select_for_update().get(pk=inbound_id)
    if inbound.handled_at:
        raise BadAnswer("Cette réponse a déjà été traitée.")
    if inbound.kind == STOP and inbound.persons.count() > 1:
        raise BadAnswer("Plusieurs personnes partagent ce numéro : dites pour qui cette réponse parle.")
    handled(inbound, by=by, at=at)

"""Dialogues under way: started, answered, met with silence. Every question is a message of the outbox like another."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from allant.outreach.dialogues import engine
from allant.outreach.dialogues.engine import NOT_UNDERSTOOD, Move, Standing
from allant.outreach.dialogues.model import Dialogue, shelf
from allant.outreach.limits import PARIS
from allant.outreach.models import Channel, Conversation, ConversationTurn, InboundMessage, InboundPerson, Message
from allant.people.models import ContactKind, ContactPoint

CAUSE, TEMPLATE = "dialogue", "dialogue"
OPENING = "dialogue-opening"
"The first question solicits: it counts in the caps, as the invitation it follows; the others answer somebody."
UNREACHABLE, SILENCE = "unreachable", "silence"
BY_RULE = "dialogue"


class CannotTalk(ValueError):
    """A dialogue that cannot begin; says why in French, without a name or a number."""


@transaction.atomic
def start(name: str, *, person_id: int, cause_kind: str, cause_id: int, at: datetime) -> Conversation:
    """Begin a dialogue with a person for one cause. Raises CannotTalk; the same cause twice is one conversation."""
    dialogue = shelf().last(name)
    known = Conversation.objects.filter(dialogue=name, cause_kind=cause_kind, cause_id=cause_id).first()
    if known:
        return known
    mobiles = ContactPoint.objects.filter(person_id=person_id, kind=ContactKind.MOBILE, opted_out_on=None, invalid_since=None)
    # The lock makes two causes begin one after the other at one number.
    if (point := mobiles.select_for_update().order_by("id").first()) is None:
        raise CannotTalk("Cette personne n'a pas de mobile où lui écrire.")
    if open_at([point.value]):
        raise CannotTalk("Un dialogue est déjà en cours à ce numéro : attendez qu'il soit fini.")
    move = engine.begin(dialogue)
    conversation = Conversation.objects.create(
        person_id=person_id, contact_point=point, dialogue=name, version=dialogue.version, cause_kind=cause_kind,
        cause_id=cause_id, step=move.standing.step, started_at=at,
    )  # fmt: skip
    _go(conversation, dialogue, move, at)
    return conversation


def open_at(values: Sequence[str]) -> Conversation | None:
    """The conversation open at a number, as the register may write it."""
    open_ones = Conversation.objects.filter(closed_at=None, contact_point__value__in=values)
    return open_ones.select_related("contact_point").order_by("-started_at").first()


@transaction.atomic
def answer(conversation: Conversation, inbound: InboundMessage, *, at: datetime) -> Move:
    """Go on from an answer; an agent gets it when the dialogue hands over."""
    conversation = Conversation.objects.select_for_update().get(pk=conversation.pk)
    dialogue = shelf().all[conversation.dialogue, conversation.version]
    move = engine.answered(dialogue, Standing(conversation.step, conversation.misunderstood), inbound.text)
    _turn(conversation, conversation.step, move.understood_as, at, inbound)
    _go(conversation, dialogue, move, at)
    if not move.hands_over:
        InboundMessage.objects.filter(pk=inbound.pk, handled_at=None).update(handled_at=at, handled_by=BY_RULE)
    return move


def silences(at: datetime) -> int:
    """Go on from the silence of those whose delay is over; returns how many conversations moved."""
    due = Conversation.objects.filter(closed_at=None, due_at__lte=at).order_by("due_at", "id").values_list("pk", flat=True)
    return sum(_silence(pk, at) for pk in list(due))


@transaction.atomic
def _silence(pk: int, at: datetime) -> bool:
    conversation = Conversation.objects.select_for_update(skip_locked=True).filter(pk=pk, closed_at=None, due_at__lte=at).first()
    if conversation is None:
        return False
    dialogue = shelf().all[conversation.dialogue, conversation.version]
    silence = dialogue.steps[conversation.step].silence
    question = _last_question(conversation)
    if question and question.status in (Message.Status.FAILED, Message.Status.DROPPED):
        _close(conversation, UNREACHABLE, at)
        return True
    # Silence is counted from the sending: a question may wait for the hours when people are written to.
    asked_at = (question.sent_at or at) if question else conversation.due_at
    if silence and question and asked_at and asked_at + timedelta(hours=silence.hours) > at:
        Conversation.objects.filter(pk=pk).update(due_at=asked_at + timedelta(hours=silence.hours))
        return False
    _turn(conversation, conversation.step, SILENCE, at, None)
    move = engine.silent(dialogue, Standing(conversation.step))
    _go(conversation, dialogue, move, at)
    if move.hands_over:
        _hand_over_silence(conversation, at)
    return True


def _hand_over_silence(conversation: Conversation, at: datetime) -> None:
    """An empty answer, that an agent finds among those to handle."""
    inbound = InboundMessage.objects.create(
        route=CAUSE, key=f"silence {conversation.pk}", channel=Channel.SMS, sender=conversation.contact_point.value, text="",
        received_at=at, kind="dialogue",
    )  # fmt: skip
    InboundPerson.objects.create(inbound=inbound, person_id=conversation.person_id, confirmed=True)


def _last_question(conversation: Conversation) -> Message | None:
    ours = conversation.turns.filter(inbound=None).exclude(understood_as=SILENCE).order_by("-number")
    last = ours.values_list("pk", flat=True).first()
    return Message.objects.filter(cause_kind=CAUSE, cause_id=last, channel=Channel.SMS).first() if last else None


def _go(conversation: Conversation, dialogue: Dialogue, move: Move, at: datetime) -> None:
    """Say what the move says, and stand where it stands."""
    if move.say:
        misunderstood = move.understood_as == NOT_UNDERSTOOD and move.standing.misunderstood
        turn = _turn(conversation, move.standing.step, NOT_UNDERSTOOD if misunderstood else "", at, None)
        on = at.astimezone(PARIS).date()
        Message.objects.create(
            person_id=conversation.person_id, cause_kind=CAUSE, cause_id=turn.pk, channel=Channel.SMS,
            template=OPENING if turn.number == 1 else TEMPLATE, created_on=on, send_after=on,
            contact_point_id=conversation.contact_point_id,
        )  # fmt: skip
    conversation.step, conversation.misunderstood = move.standing.step, move.standing.misunderstood
    silence = dialogue.steps[conversation.step].silence
    conversation.due_at = at + timedelta(hours=silence.hours) if silence else None
    conversation.save(update_fields=["step", "misunderstood", "due_at"])
    if move.ended:
        _close(conversation, move.ended, at)


def _close(conversation: Conversation, outcome: str, at: datetime) -> None:
    Conversation.objects.filter(pk=conversation.pk).update(closed_at=at, outcome=outcome, due_at=None)


def _turn(
    conversation: Conversation, step: str, understood_as: str, at: datetime, inbound: InboundMessage | None
) -> ConversationTurn:
    number = conversation.turns.count() + 1
    return ConversationTurn.objects.create(
        conversation=conversation, number=number, at=at, inbound=inbound, step=step, understood_as=understood_as
    )


def variables_of_turns(turn_ids: Sequence[int]) -> dict[int, dict[str, str]]:
    """`text` of each question, from the version of the file that the conversation began with."""
    said = {}
    for turn in ConversationTurn.objects.filter(pk__in=turn_ids, inbound=None).select_related("conversation"):
        step = shelf().all[turn.conversation.dialogue, turn.conversation.version].steps[turn.step]
        again = step.misunderstood if turn.understood_as == NOT_UNDERSTOOD else None
        said[turn.pk] = {"text": again.say if again else step.text}
    return said

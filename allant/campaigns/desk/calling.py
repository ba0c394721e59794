"""Dialling, and saying what came of it (AV-02, AV-22, AV-26). What was dialled is never dialled again without a decision."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import pghistory
from django.db import transaction
from django.db.models import Q

from allant.accounts.actors import Actor
from allant.appointments.models import Appointment
from allant.appointments.querysets import AppointmentQuerySet
from allant.campaigns.desk.rules import BOOKED, CALL_LATER, CANNOT_TRAVEL, WRONG_NUMBER, Outcome, desk_rules, outcomes_on
from allant.campaigns.desk.taking import GONE, CallRefused, NotYours, held, note, sender_of
from allant.campaigns.models import CallAttempt, CallEnd, Invitation, VisitOrigin
from allant.campaigns.proposals import home_visits
from allant.doctrine import RuleBook, rules
from allant.outreach import calls, outcomes, policy, readers
from allant.outreach.holds import not_held, take_turn
from allant.outreach.limits import PARIS
from allant.outreach.models import Message
from allant.outreach.policy_known import judge
from allant.people.models import ContactPoint, Person

AGAIN = "again"
"""A supervisor's decision on a call without outcome: the person certainly was not reached, and may be called."""
WRONG = "mauvais numéro"


def reader_of(call: CallAttempt, at: datetime) -> Person | None:
    """The representative to ask for, of somebody under guardianship whose campaign calls representatives (AV-03)."""
    reader = readers.of_messages([call.message], at.astimezone(PARIS).date()).get(call.message_id)
    return Person.objects.get(pk=reader.person) if reader else None


def number_of(call: CallAttempt, at: datetime) -> ContactPoint | None:
    """The landline to dial: of the person, or who represents them, or a record they absorbed; neither refused nor invalid."""
    reader = reader_of(call, at)
    who = reader.pk if reader else call.person_id
    bearer = Q(person=who) | Q(person__merged_into=who)
    return ContactPoint.objects.filter(bearer, kind="landline", opted_out_on=None, invalid_since=None).order_by("pk").first()


def dial(*, call_id: int, by: Actor, at: datetime) -> str:
    """Write that the person is about to be called, then give their number; the number again when it was dialled already.

    The policy and the stops are asked a last time. Raises NotYours, CallRefused (the person is then out of the agent's hands).
    """
    number, refusal = _dialled(call_id, by, at)
    if refusal:
        raise CallRefused(f"{refusal} Prenez l'appel suivant.")
    return number


@transaction.atomic
def _dialled(call_id: int, by: Actor, at: datetime) -> tuple[str, str]:
    take_turn()
    call = held(call_id, by)
    point = number_of(call, at)
    if call.dialled_at is not None:
        # The number of a person told wrong or refused meanwhile stays the one that was dialled.
        kept = call.message.contact_point
        return (kept.value if kept else ""), ""
    if refusal := _no_longer(call, at):
        return "", refusal
    if point is None or not calls.dialling(call.message_id, sender=sender_of(by), point_id=point.pk):
        raise NotYours(GONE)
    call.dialled_at = call.seen_at = at
    call.save(update_fields=["dialled_at", "seen_at"])
    note(call, "dialled", at, by=by)
    return point.value, ""


def _no_longer(call: CallAttempt, at: datetime) -> str:
    """Why the person must not be called after all, and the message back where it belongs; empty when they may."""
    on = at.astimezone(PARIS).date()
    answer = judge(call.message, at, rules.as_known_on(on))
    stopped = not not_held("call", [call.message.template]) or call.campaign.state_on(on) != "running"
    if answer.verdict == policy.Verdict.NOW and not stopped:
        return ""
    outcomes.released([call.message_id])
    waiting = Message.objects.filter(pk=call.message_id)
    if answer.verdict == policy.Verdict.NEVER:
        waiting.update(status=Message.Status.DROPPED, drop_reason=answer.reason)
    elif answer.verdict == policy.Verdict.LATER:
        waiting.update(next_at=answer.at, held_reason=answer.reason)
    why = answer.reason or "les appels de cette campagne sont arrêtés"
    _over(call, CallEnd.LAPSED, at, outcome="", by="allant", text=why)
    return f"Cette personne ne doit plus être appelée maintenant : {why}."


@dataclass(frozen=True)
class Said:
    """What an agent, or a supervisor, says of a call. `later`: the moment that the person chose to be called at.

    `home_visit`: who cannot travel asks for a nurse to come (AV-22, AV-40).
    """

    outcome: str
    later: datetime | None = None
    home_visit: bool = False


@transaction.atomic
def end_call(*, call_id: int, said: Said, by: Actor, at: datetime) -> CallAttempt:
    """Write what came of a call; said twice the same, it is once. Raises NotYours, CallRefused."""
    former = CallAttempt.objects.filter(pk=call_id, agent=by.name, ended_as=CallEnd.OUTCOME, outcome=said.outcome).first()
    if former is not None:
        return former
    call = held(call_id, by)
    if call.dialled_at is None:
        raise CallRefused("Composez d'abord le numéro : une issue est celle d'un appel.")
    _close(call, said, CallEnd.OUTCOME, by, at)
    return call


@transaction.atomic
def decide(*, call_id: int, said: Said, by: Actor, at: datetime) -> CallAttempt:
    """A supervisor says what came of a call that its agent left without outcome; `again`: back to the queue.

    Raises NotYours when it is over, CallRefused while its agent may still be on the telephone.
    """
    left = CallAttempt.objects.select_for_update(of=("self",)).select_related("message", "campaign").open()
    call = left.filter(pk=call_id).first()
    if call is None:
        raise NotYours("Cet appel a été terminé entre-temps : rien à décider.")
    if not in_doubt(call, at):
        raise CallRefused("L'agent est peut-être encore en ligne : attendez que sa page ne donne plus signe de vie.")
    if said.outcome == AGAIN:
        outcomes.released([call.message_id])
        _over(call, CallEnd.DECIDED, at, outcome="", by=by, text="à rappeler")
    else:
        _close(call, said, CallEnd.DECIDED, by, at)
    return call


def in_doubt(call: CallAttempt, at: datetime) -> bool:
    """Dialled, open, and nothing heard of its agent for longer than the doctrine allows."""
    on = at.astimezone(PARIS).date()
    return call.dialled_at is not None and call.seen_at < at - desk_rules(rules.as_known_on(on), on).doubt


def _close(call: CallAttempt, said: Said, how: CallEnd, by: Actor, at: datetime) -> None:
    on = at.astimezone(PARIS).date()
    book = rules.as_known_on(on)
    outcome = outcomes_on(book, on).get(said.outcome)
    if outcome is None:
        raise CallRefused("Choisissez ce qu'a donné l'appel dans la liste.")
    _check_booked(call, outcome)
    if outcome.heard and call.answered_at is None:
        call.answered_at = at
        call.save(update_fields=["answered_at"])
    if not _written(call, outcome, said, at, book):
        raise NotYours(GONE)
    if said.home_visit:
        _ask_for_a_nurse(call, outcome, by, at, book)
    _over(call, how, at, outcome=outcome.code, by=by)


def _ask_for_a_nurse(call: CallAttempt, outcome: Outcome, by: Actor, at: datetime, book: RuleBook) -> None:
    if outcome.code != CANNOT_TRAVEL:
        raise CallRefused("Un passage à domicile se demande pour qui ne peut pas se déplacer.")
    invitation = Invitation.objects.filter(pk=call.message.cause_id).first()
    try:
        home_visits.ask(person=call.person, invitation=invitation, origin=str(VisitOrigin.PHONE), by=str(by), at=at, book=book)
    except home_visits.VisitRefused as refusal:
        raise CallRefused(str(refusal)) from refusal


def _check_booked(call: CallAttempt, outcome: Outcome) -> None:
    booked = bookings_of(call).exists()
    if outcome.code == BOOKED and not booked:
        raise CallRefused("Aucun rendez-vous n'a été pris pendant cet appel : choisissez un créneau, ou une autre issue.")
    if outcome.code == BOOKED and not confirmed_as(call):
        raise CallRefused("Dites d'abord comment le rendez-vous est confirmé : courriel, SMS, ou noté et relu.")
    if outcome.code != BOOKED and booked:
        raise CallRefused("Un rendez-vous a été pris pendant l'appel : terminez par « Rendez-vous pris », ou annulez-le d'abord.")


def bookings_of(call: CallAttempt) -> AppointmentQuerySet:
    """The open appointments taken during a call, by rank."""
    found = Appointment.objects.open().filter(key__startswith=f"call-{call.pk}-")
    return found.select_related("slot__place__location").order_by("rank")


def confirmed_as(call: CallAttempt) -> str:
    """How the standing booking was confirmed; empty while it is not."""
    last = call.events.filter(kind__in=("confirmed", "booked", "unbooked")).order_by("-pk").first()
    return last.note if last and last.kind == "confirmed" else ""


def _written(call: CallAttempt, outcome: Outcome, said: Said, at: datetime, book: RuleBook) -> bool:
    """Bring the message to what came of the call."""
    message, on = call.message, at.astimezone(PARIS).date()
    if outcome.code == CALL_LATER:
        later = _chosen(said.later, at, book)
        return calls.again(message.pk, outcome.code, at, next_at=later, reason="rappel demandé par la personne",
                           due_on=later.astimezone(PARIS).date())  # fmt: skip
    if outcome.again == "retry":
        frequency = policy.frequency(book, on)
        if message.attempts >= frequency.calls:
            return calls.ended(message.pk, outcome.code, at, failed=policy.Reason.NO_ANSWER)
        return calls.again(message.pk, outcome.code, at, next_at=at + frequency.spacing, reason=policy.Reason.RETRY)
    if outcome.code == WRONG_NUMBER:
        with pghistory.context(by=AGENT):
            ContactPoint.objects.filter(pk=message.contact_point_id, invalid_since=None).update(invalid_since=on)
        return calls.ended(message.pk, outcome.code, at, failed=WRONG)
    return calls.ended(message.pk, outcome.code, at)


AGENT = "poste d'appel"


def _chosen(later: datetime | None, at: datetime, book: RuleBook) -> datetime:
    most = desk_rules(book, at.astimezone(PARIS).date()).callback
    if later is None:
        raise CallRefused("Dites le jour et l'heure que la personne a choisis.")
    if not at + timedelta(minutes=1) <= later <= at + most:
        raise CallRefused(f"Le rappel se choisit à venir, dans les {most.days} jours.")
    return later


def _over(call: CallAttempt, how: CallEnd, at: datetime, *, outcome: str, by: Actor | str, text: str = "") -> None:
    note(call, outcome or str(how), at, by=by, text=text)
    call.ended_at, call.ended_as, call.outcome = at, how, outcome
    call.save(update_fields=["ended_at", "ended_as", "outcome"])

"""Taking the next person, and going back to the queue without having called: never two agents with one person (AV-20)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time

from django.db import connection, transaction
from django.db.models import Count, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from allant.accounts.actors import Actor
from allant.campaigns.acts import acts_sql
from allant.campaigns.desk.rules import CALL_LATER, desk_rules
from allant.campaigns.models import CallAttempt, CallEnd, CallEvent, Campaign, Invitation
from allant.doctrine import rules
from allant.outreach import limits, outcomes, texts
from allant.outreach.claiming import Only, claim
from allant.outreach.holds import take_turn
from allant.outreach.kinds import kind, kinds_of_templates
from allant.outreach.limits import PARIS
from allant.outreach.models import Channel, Message

CALL, REVOKED, DONE = str(Channel.CALL), "cause révoquée", "fait depuis l'invitation"
AUTOMATIC = "allant"


class CallRefused(ValueError):
    """What the desk does not do; the message says why and what to do, in French."""


class NotYours(CallRefused):
    """The call is over, or in other hands."""


GONE = "Cet appel n'est plus entre vos mains : il a été rendu à la file ou terminé. Prenez le suivant."


@dataclass(frozen=True)
class Scope:
    """What an agent may take: people of these départements (None: everywhere), medical campaigns, the others (AV-27)."""

    departements: frozenset[str] | None = None
    medical: bool = False
    others: bool = True

    def campaigns(self, on: object) -> list[int]:
        """The campaigns open that day that the agent calls for."""
        kinds = [kind for kind, wanted in ((True, self.medical), (False, self.others)) if wanted]
        return list(Campaign.objects.running_on(on).filter(medical__in=kinds).values_list("pk", flat=True))


def sender_of(by: Actor) -> str:
    """How the outbox names this agent."""
    return f"desk:{by.user_id or by.name}"[:80]


def current_call(by: Actor) -> CallAttempt | None:
    """The call in the hands of an agent, over after its outcome only."""
    return (
        CallAttempt.objects.open().of_agent(by.name)
        .select_related("message__contact_point", "person", "campaign").first()
    )  # fmt: skip


@transaction.atomic
def take_next(*, by: Actor, scope: Scope, at: datetime) -> CallAttempt | None:
    """The call already in their hands, or the next one; None when nobody may be called now.

    First those who asked to be called back by now, whatever the campaign called today: it was promised. Then the order of the
    outbox, of the campaigns that have calls left today (TG-01). Asked twice at once, it is one call.
    """
    take_turn()
    if (mine := current_call(by)) is not None:
        return mine
    free_lapsed(at=at)
    on = at.astimezone(PARIS).date()
    campaigns, where = tuple(scope.campaigns(on)), _open_now(scope.departements, at)
    if not campaigns or where.departements == frozenset():
        return None
    due = tuple(_callbacks_due(at))
    for wanted in ([due] if due else []) + [None]:
        called = campaigns if wanted else _with_calls_left(campaigns, at)
        if not called:
            return None
        only = replace(where, campaigns=called, messages=wanted)
        while found := claim(CALL, at, 1, sender_of(by), only):
            if why := _needless(found[0]):
                Message.objects.filter(pk=found[0].pk).update(status=Message.Status.DROPPED, drop_reason=why)
            else:
                return _taken(found[0], by, at)
    return None


def _with_calls_left(campaigns: Sequence[int], at: datetime) -> tuple[int, ...]:
    """Those that did not reach their calls of the day (TG-01): calls dialled since midnight, and persons in an agent's hands.

    The turn of `take_next` makes the count exact.
    """
    midnight = datetime.combine(at.astimezone(PARIS).date(), time(), PARIS)
    counted = CallAttempt.objects.filter(Q(dialled_at__gte=midnight) | Q(dialled_at=None, ended_at=None))
    of_each = counted.filter(campaign=OuterRef("pk")).order_by().values("campaign").annotate(calls=Count("pk")).values("calls")
    called = Campaign.objects.filter(pk__in=campaigns).annotate(called=Coalesce(Subquery(of_each), 0))
    return tuple(called.filter(Q(daily_calls=None) | Q(daily_calls__gt=F("called"))).values_list("pk", flat=True))


def _open_now(departements: frozenset[str] | None, at: datetime) -> Only:
    """Where people may be called at this hour: without it, each of a whole country asleep would be judged one by one."""
    on = at.astimezone(PARIS).date()
    book = rules.as_known_on(on)
    hours = {kind(code, book, on).hours for code in kinds_of_templates(CALL).values()}
    opens = {
        code: any(limits.next_open(code, name, CALL, at, book) <= at for name in hours) for code in limits.territories(book, on)
    }
    if departements is not None:
        return Only((), frozenset(code for code in departements if opens.get(code, opens[""])))
    if opens[""]:
        return Only((), closed=frozenset(code for code, now in opens.items() if not now))
    return Only((), frozenset(code for code, now in opens.items() if now))


def _needless(message: Message) -> str:
    """Why a call that the policy allows has lost its object; empty when it has not."""
    if not texts.variables_of([message]):
        return REVOKED
    acts = acts_sql(Invitation.objects.select_related("campaign").get(pk=message.cause_id).campaign)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({acts}) AS act WHERE person_id = %s AND done_on IS NOT NULL", [message.person_id])
        return DONE if cursor.fetchone()[0] else ""


def _callbacks_due(at: datetime) -> Sequence[int]:
    asked = Message.objects.pending().filter(channel=CALL, outcome=CALL_LATER)
    return list(asked.filter(Q(next_at=None) | Q(next_at__lte=at)).order_by("next_at", "pk").values_list("pk", flat=True))


def _taken(message: Message, by: Actor, at: datetime) -> CallAttempt:
    campaign = Invitation.objects.values_list("campaign_id", flat=True).get(pk=message.cause_id)
    call = CallAttempt.objects.create(
        message=message, person_id=message.person_id, campaign_id=campaign, agent=by.name, structure=by.structure[:20],
        taken_at=at, seen_at=at,
    )  # fmt: skip
    note(call, "taken", at, by=by)
    return call


def note(call: CallAttempt, kind: str, at: datetime, *, by: Actor | str, text: str = "", key: str | None = None) -> None:
    """Write what happened to a call."""
    CallEvent.objects.create(call=call, kind=kind, at=at, by=str(by), note=text[:200], key=key)


def held(call_id: int, by: Actor) -> CallAttempt:
    """The open call of this agent, locked. Raises NotYours."""
    mine = CallAttempt.objects.select_for_update(of=("self",)).select_related("message", "person", "campaign").open()
    found = mine.of_agent(by.name).filter(pk=call_id).first()
    if found is None:
        raise NotYours(GONE)
    return found


def alive(*, call_id: int, by: Actor, at: datetime) -> bool:
    """The agent's page is still there; False when the call is no longer theirs."""
    return bool(CallAttempt.objects.open().of_agent(by.name).filter(pk=call_id).update(seen_at=at))


@transaction.atomic
def give_back(*, call_id: int, by: Actor, at: datetime) -> None:
    """The agent leaves without having dialled: the person waits for another. Raises NotYours, CallRefused."""
    call = held(call_id, by)
    if call.dialled_at is not None:
        raise CallRefused("Ce numéro a été composé : dites ce qu'a donné l'appel.")
    _freed([call], CallEnd.GIVEN_BACK, at, by=by)


@transaction.atomic
def free_lapsed(*, at: datetime) -> int:
    """Give back to the queue who was taken by a page that says nothing any more, and certainly not called; how many."""
    on = at.astimezone(PARIS).date()
    silent = at - desk_rules(rules.as_known_on(on), on).lease
    asleep = CallAttempt.objects.select_for_update(skip_locked=True).open().filter(dialled_at=None, seen_at__lt=silent)
    found = list(asleep.order_by("pk"))
    _freed(found, CallEnd.LAPSED, at, by=AUTOMATIC)
    return len(found)


def _freed(calls: Sequence[CallAttempt], how: CallEnd, at: datetime, *, by: Actor | str) -> None:
    outcomes.released([call.message_id for call in calls])
    CallAttempt.objects.filter(pk__in=[call.pk for call in calls]).update(ended_at=at, ended_as=how)
    CallEvent.objects.bulk_create(CallEvent(call=call, kind=str(how), at=at, by=str(by)) for call in calls)

"""A shared number's STOP, asked for whom (AV-16): by a page that names nobody, where each proves to be one of its people.

STOP holds for everybody there until somebody chooses. The link comes with the confirmation, so its reader has the telephone in
hand; a birth date then says which of its people they are. Each chooses for themselves only (docs/decisions/0016).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac

from allant.doctrine import rules
from allant.outreach.limits import PARIS
from allant.outreach.models import InboundMessage, InboundPerson
from allant.outreach.sms.numbers import as_registered
from allant.people.models import BirthPrecision, ContactKind, ContactPoint

STOP = "stop"
BY_PEOPLE, BY_DEFAULT = "choix des personnes du numéro", "sans choix, l'arrêt vaut pour tous"
MARK = 12
NOT_OURS = "Ce lien n'est pas complet : ouvrez-le depuis le SMS reçu."
TOO_OLD = "Ce lien n'est plus valable : l'arrêt reste en place. Répondez REPRENDRE au dernier SMS pour en recevoir à nouveau."
TOO_MANY = "Trop de dates fausses : l'arrêt reste en place. Adressez-vous à votre caisse pour le changer."
WRONG = "Aucune personne connue à ce numéro n'est née ce jour-là. Vérifiez la date ; sinon, adressez-vous à votre caisse."
AMBIGUOUS = "Cette date ne suffit pas à savoir qui vous êtes : adressez-vous à votre caisse pour changer ce choix."


class BadChoice(ValueError):
    """A choice that cannot be taken; says why in French, and names nobody."""


def token(inbound_id: int) -> str:
    """What the link of an answer bears: short, for it travels in an SMS."""
    return f"{inbound_id}-{_mark(inbound_id)}"


def _mark(inbound_id: int) -> str:
    return salted_hmac("allant.outreach.stop_choice", str(inbound_id), algorithm="sha256").hexdigest()[:MARK]


def links(inbound_ids: Sequence[int]) -> dict[int, str]:
    """Answer → the address of its page."""
    return {pk: settings.ALLANT_ADDRESS + reverse("stop_choice", kwargs={"token": token(pk)}) for pk in inbound_ids}


def asked(typed: str, at: datetime) -> InboundMessage:
    """The STOP whose link this is. Raises BadChoice."""
    number, _, mark = typed.partition("-")
    if not (number.isascii() and number.isdigit() and len(number) <= 18 and constant_time_compare(mark, _mark(int(number)))):
        raise BadChoice(NOT_OURS)
    inbound = InboundMessage.objects.filter(pk=int(number), kind=STOP).first()
    if inbound is None:
        raise BadChoice(NOT_OURS)
    if inbound.received_at < at - _limits(at)[0]:
        raise BadChoice(TOO_OLD)
    return inbound


def _limits(at: datetime) -> tuple[timedelta, int]:
    """How long a link holds, how many wrong dates it bears."""
    on = at.astimezone(PARIS).date()
    rule = rules.as_known_on(on).value("outreach.stop_choice", on)
    return timedelta(days=rule["days"]), int(rule["tries"])


def choose(typed: str, *, birth_date: date, goes_on: bool, at: datetime) -> int:
    """The one of the number's people born that day stops, or goes on; the person's id, for the log. Raises BadChoice."""
    answer = asked(typed, at)
    found, problem = _prove(answer.pk, birth_date, _limits(at)[1])
    if found is None:
        raise BadChoice(problem)
    _write(found, goes_on, at)
    return found.person_id


@transaction.atomic
def _prove(inbound_id: int, birth_date: date, allowed: int) -> tuple[InboundPerson | None, str]:
    """The person meant, or why none; wrong dates are counted, and committed."""
    inbound = InboundMessage.objects.select_for_update().get(pk=inbound_id)
    if inbound.tries >= allowed:
        return None, TOO_MANY
    born = inbound.persons.filter(person__birth_date=birth_date, person__birth_precision=BirthPrecision.DAY)
    match list(born.select_related("inbound")[:2]):
        case [one]:
            return one, ""
        case []:
            InboundMessage.objects.filter(pk=inbound_id).update(tries=inbound.tries + 1)
            return None, WRONG
        case _:
            return None, AMBIGUOUS


@transaction.atomic
def _write(author: InboundPerson, goes_on: bool, at: datetime) -> None:
    on = at.astimezone(PARIS).date()
    choice = InboundPerson.Choice.GO_ON if goes_on else InboundPerson.Choice.STOP
    InboundPerson.objects.filter(pk=author.pk).update(choice=choice, chosen_at=at, confirmed=not goes_on)
    points = points_of([author.person_id], author.inbound.sender)
    if goes_on:
        points.update(opted_out_on=None)
    else:
        points.filter(opted_out_on=None).update(opted_out_on=on)
    if not InboundPerson.objects.filter(inbound=author.inbound_id, choice="").exists():
        InboundMessage.objects.filter(pk=author.inbound_id, handled_at=None).update(handled_at=at, handled_by=BY_PEOPLE)


def points_of(people: Sequence[int], sender: str) -> QuerySet[ContactPoint]:
    """The number as the register holds it for these people, and for the records they absorbed."""
    bearing = Q(person__in=people) | Q(person__merged_into__in=people)
    return ContactPoint.objects.filter(bearing, kind=ContactKind.MOBILE, value__in=as_registered(sender))


def who_chose_to_stop(people: Sequence[int], sender: str) -> set[int]:
    """Those of them whose last choice for this number, proved by themselves, is to receive nothing: only they end it."""
    chosen = InboundPerson.objects.filter(person__in=people, inbound__sender=sender).exclude(choice="")
    last = dict(chosen.order_by("chosen_at", "id").values_list("person_id", "choice"))
    return {person for person, choice in last.items() if choice == InboundPerson.Choice.STOP}


def close_unchosen(at: datetime) -> int:
    """The STOPs of shared numbers that nobody decided in time: they hold for everybody; how many."""
    waiting = InboundMessage.objects.filter(kind=STOP, handled_at=None, received_at__lt=at - _limits(at)[0])
    shared = waiting.annotate(bearers=Count("persons")).filter(bearers__gt=1).values("pk")
    return InboundMessage.objects.filter(pk__in=shared, handled_at=None).update(handled_at=at, handled_by=BY_DEFAULT)

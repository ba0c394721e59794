"""Vaccination at home (AV-40, Vaucluse): a request goes to a nurse of the territory, gets a day, and is closed by a dose."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.db import connection, transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from allant.campaigns.models import HomeVisit, HomeVisitEvent, Invitation, VisitEnd
from allant.clock import PARIS
from allant.directory.models import Practitioner
from allant.doctrine import RuleBook
from allant.immunizations.models import COVID19, Dose
from allant.outreach.actions import queue_messages
from allant.people.models import Person

RULE = "campaigns.home_visits"
CAUSE = "home_visit"
TEMPLATE = "home-visit-given"


class VisitRefused(ValueError):
    """A request that cannot be, or a change that it does not allow; says why and what to do, in French."""


def open_visits() -> QuerySet[HomeVisit]:
    """Not closed, and not answered by a dose since they were asked; what is due first at the head."""
    found = HomeVisit.objects.filter(~Exists(_doses()), ended_at=None)
    return found.select_related("person", "nurse").order_by("due_on", "pk")


def _doses() -> QuerySet[Dose]:
    """Doses of the person of a request, under their record or one merged into it, since the day it was asked."""
    theirs = Q(person=OuterRef("person")) | Q(person__merged_into=OuterRef("person"))
    return Dose.objects.against(COVID19).filter(theirs, ended_at=None, occurred_on__gte=OuterRef("asked_on"))


def in_departements(found: QuerySet[HomeVisit], departements: frozenset[str] | None) -> QuerySet[HomeVisit]:
    """Those of a territory; None: the whole country."""
    return found if departements is None else found.filter(departement_code__in=departements)


@transaction.atomic
def ask(
    *, person: Person, invitation: Invitation | None, origin: str, by: str, at: datetime, book: RuleBook
) -> HomeVisit:
    """Ask for a nurse, given at once to the one of the territory with the fewest requests; asked twice is once.

    Raises VisitRefused.
    """
    person = Person.objects.select_for_update(no_key=True).get(pk=person.merged_into_id or person.pk)
    on = at.astimezone(PARIS).date()
    if person.died_on is not None or not person.departement_code:
        raise VisitRefused("Le domicile de cette personne n'est pas connu : appelez le 0800 730 956.")
    if (former := HomeVisit.objects.filter(Q(person=person) | Q(person__merged_into=person), ended_at=None).first()) is not None:
        return former
    visit = HomeVisit.objects.create(
        person=person, invitation=invitation, departement_code=person.departement_code, origin=origin, asked_on=on, asked_at=at,
        asked_by=by, due_on=on + timedelta(days=book.value(RULE, on)["days"]),
    )  # fmt: skip
    _event(visit, "asked", by, at)
    if (nurse := nurses(person.departement_code, book, on).first()) is not None:
        give(visit, nurse=nurse, by=by, at=at, book=book)
        visit.refresh_from_db()
    return visit


def nurses(departement: str, book: RuleBook, on: date) -> QuerySet[Practitioner]:
    """Who may come, in a territory: those with the fewest open requests first."""
    codes = list(book.value(RULE, on)["professions"])
    found = Practitioner.objects.filter(departement_code=departement, profession__in=codes)
    open_of = HomeVisit.objects.filter(nurse=OuterRef("pk"), ended_at=None).order_by().values("nurse")
    return found.annotate(open_count=_count(open_of)).order_by("open_count", "rpps")


def _count(rows: QuerySet[HomeVisit]) -> Coalesce:
    return Coalesce(Subquery(rows.annotate(n=Count("pk")).values("n")), 0)


@transaction.atomic
def give(visit: HomeVisit, *, nurse: Practitioner, by: str, at: datetime, book: RuleBook) -> None:
    """Give a request to a nurse, or to another one: the day is theirs to choose. Raises VisitRefused."""
    row = _open(visit)
    on = at.astimezone(PARIS).date()
    if not nurses(row.departement_code, book, on).filter(pk=nurse.pk).exists():
        raise VisitRefused("Cette personne n'exerce pas dans le territoire : choisissez dans la liste.")
    if row.nurse_id == nurse.pk:
        return
    row.nurse, row.given_at, row.given_by, row.planned_on = nurse, at, by, None
    row.save(update_fields=["nurse", "given_at", "given_by", "planned_on"])
    given = _event(row, "given", by, at, nurse.rpps)
    if nurse.email:
        queue_messages(
            cause_kind=CAUSE, to="practitioner",
            select="""SELECT %s::bigint AS practitioner_id, %s::bigint AS cause_id, 'email' AS channel, %s AS template,
                             %s::date AS created_on, %s::date AS send_after""",
            parameters=[nurse.pk, given.pk, TEMPLATE, on, on],
        )  # fmt: skip


@transaction.atomic
def plan(visit: HomeVisit, *, planned_on: date, by: str, at: datetime) -> None:
    """Give the visit its day, or another one. Raises VisitRefused."""
    row, today = _open(visit), at.astimezone(PARIS).date()
    if row.nurse_id is None:
        raise VisitRefused("Confiez d'abord cette demande à un infirmier ou une infirmière.")
    if planned_on < today:
        raise VisitRefused(f"Le {planned_on:%d/%m/%Y} est passé : choisissez aujourd'hui ou un jour à venir.")
    row.planned_on = planned_on
    row.save(update_fields=["planned_on"])
    _event(row, "planned", by, at, f"{planned_on:%d/%m/%Y}")


@transaction.atomic
def close(visit: HomeVisit, *, ended_as: str, by: str, at: datetime) -> None:
    """Close a request without a dose. Raises VisitRefused."""
    row = _open(visit)
    if ended_as not in VisitEnd.values or ended_as == VisitEnd.DONE:
        raise VisitRefused("Choisissez pourquoi : ne le souhaite plus, injoignable, se déplacera. Une dose clôt d'elle-même.")
    row.ended_at, row.ended_as, row.ended_by = at, ended_as, by
    row.save(update_fields=["ended_at", "ended_as", "ended_by"])
    _event(row, ended_as, by, at)


_CLOSE = """
    WITH done AS (
        UPDATE campaigns_homevisit AS visit SET ended_at = %(at)s, ended_as = 'done', ended_by = 'allant'
        WHERE visit.ended_at IS NULL AND EXISTS (
            SELECT FROM immunizations_dose AS dose JOIN people_person AS bearer ON bearer.id = dose.person_id
            WHERE (bearer.id = visit.person_id OR bearer.merged_into_id = visit.person_id)
              AND dose.disease = 'covid19' AND dose.ended_at IS NULL AND dose.occurred_on >= visit.asked_on)
        RETURNING visit.id)
    INSERT INTO campaigns_homevisitevent (visit_id, kind, at, by, note) SELECT id, 'done', %(at)s, 'allant', '' FROM done"""


@transaction.atomic
def close_vaccinated(*, at: datetime) -> int:
    """Close what a dose has answered since it was asked; how many. Run again, none."""
    with connection.cursor() as cursor:
        cursor.execute(_CLOSE, {"at": at})
        return int(cursor.rowcount)


def variables_of(event_ids: Sequence[int]) -> dict[int, dict[str, object]]:
    """`due` of each request still given to that nurse: the mail names nobody."""
    events = HomeVisitEvent.objects.filter(pk__in=event_ids, kind="given", visit__ended_at=None).select_related("visit__nurse")
    standing = [each for each in events if each.visit.nurse is not None and each.visit.nurse.rpps == each.note]
    return {each.pk: {"due": each.visit.due_on} for each in standing}


def _open(visit: HomeVisit) -> HomeVisit:
    row = HomeVisit.objects.select_for_update().get(pk=visit.pk)
    if row.ended_at is not None:
        raise VisitRefused("Cette demande est close : rechargez la liste.")
    return row


def _event(visit: HomeVisit, kind: str, by: str, at: datetime, note: str = "") -> HomeVisitEvent:
    return HomeVisitEvent.objects.create(visit=visit, kind=kind, at=at, by=by, note=note)

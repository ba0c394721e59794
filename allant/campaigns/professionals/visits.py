"""Visits of a fund's delegates (DAM) to the doctors with most patients still to vaccinate (TG-13). A fund sees only its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pghistory
from django.db import connection, transaction
from django.db.models import QuerySet

from allant import clock
from allant.campaigns.models import Campaign, ProfessionalVisit
from allant.campaigns.professionals.audience import professions
from allant.campaigns.professionals.patients import to_vaccinate_sql
from allant.doctrine import RuleBook
from allant.facts import nearest

OUTCOMES = "campaigns.visit_outcomes"
LIST = "campaigns.visit_list"


class VisitRefused(ValueError):
    """A visit or a list that cannot be; says why and what to do, in French."""


@dataclass(frozen=True)
class Fund:
    """The structure that a delegate visits for, and its département; none: it covers nobody."""

    code: str
    departement_code: str


def visits_of(fund: Fund) -> QuerySet[ProfessionalVisit]:
    """The visits of one fund, those with most patients first, with the doctor and the campaign."""
    return ProfessionalVisit.objects.filter(fund_code=fund.code).select_related("practitioner", "campaign")


def outcomes(book: RuleBook, on: date) -> dict[str, Mapping[str, Any]]:
    """Code → row of the outcomes a visit may have."""
    return {row["code"]: row for row in book.value(OUTCOMES, on)}


@transaction.atomic
def list_visits(*, fund: Fund, campaign: Campaign, on: date, book: RuleBook, by: str, most: int | None = None) -> int:
    """Put on the fund's list the doctors of its département with most patients still to vaccinate; returns how many are new.

    At most `most` (the doctrine's number); doctors listed before and not yet visited have their number brought up to date.
    Raises VisitRefused.
    """
    if not fund.departement_code:
        raise VisitRefused("Votre structure n'a pas de département : faites compléter votre habilitation.")
    rule = book.value(LIST, on)
    known = professions(book, on)
    codes = [code for name in rule["professions"] for code in (name, known[name]["annuaire_code"]) if code]
    query, parameters = to_vaccinate_sql(campaign, on, fund.departement_code)
    with pghistory.context(by=by), connection.cursor() as cursor:
        cursor.execute(
            f"""WITH counted AS ({query}), chosen AS (
                    SELECT practitioner_id, patients
                    FROM counted JOIN directory_practitioner AS doctor ON doctor.id = practitioner_id
                    WHERE doctor.profession = ANY(%s) AND patients >= %s
                    ORDER BY patients DESC, doctor.rpps LIMIT %s
                ), refreshed AS (
                    UPDATE campaigns_professionalvisit AS visit SET patients_to_vaccinate = counted.patients FROM counted
                    WHERE counted.practitioner_id = visit.practitioner_id AND visit.campaign_id = %s AND visit.fund_code = %s
                      AND visit.visited_on IS NULL AND visit.patients_to_vaccinate <> counted.patients
                )
                INSERT INTO campaigns_professionalvisit
                    (practitioner_id, campaign_id, fund_code, listed_at, listed_by, patients_to_vaccinate, note)
                SELECT practitioner_id, %s, %s, %s, %s, patients, '' FROM chosen
                ORDER BY patients DESC, practitioner_id ON CONFLICT (practitioner_id, campaign_id) DO NOTHING""",
            [
                *parameters, codes, rule["at_least"], most or int(rule["most"]), campaign.pk, fund.code,
                campaign.pk, fund.code, clock.now(), by,
            ],
        )  # fmt: skip
        return cursor.rowcount


@transaction.atomic
def plan_visit(visit: ProfessionalVisit, *, fund: Fund, planned_on: date | None, on: date, by: str) -> None:
    """Give the visit a day, or none. Raises VisitRefused."""
    row = _own(visit, fund)
    if row.visited_on is not None:
        raise VisitRefused(f"Cette visite a été faite le {row.visited_on:%d/%m/%Y} : elle ne se planifie plus.")
    if planned_on is not None and planned_on < on:
        raise VisitRefused(f"Le {planned_on:%d/%m/%Y} est passé : choisissez aujourd'hui ou un jour à venir.")
    row.planned_on = planned_on
    _save(row, by, "planned_on")


@transaction.atomic
def record_visit(
    visit: ProfessionalVisit, *, fund: Fund, visited_on: date, outcome: str, order_form_given: bool, note: str, on: date,
    book: RuleBook, by: str,
) -> None:  # fmt: skip
    """What came of a visit. One that met nobody stays to be made: its outcome is kept, its day is free. Raises VisitRefused."""
    row, known = _own(visit, fund), outcomes(book, on)
    if outcome not in known:
        raise VisitRefused(f"Suite « {outcome[:40]} » inconnue. {nearest(outcome, known)}")
    if row.visited_on is not None:
        raise VisitRefused(f"Cette visite a déjà été enregistrée le {row.visited_on:%d/%m/%Y}.")
    if visited_on > on:
        raise VisitRefused(f"Le {visited_on:%d/%m/%Y} est à venir : une visite s'enregistre une fois faite.")
    row.outcome, row.note, row.visited_by = outcome, note.strip(), by
    row.order_form_given = row.order_form_given or order_form_given
    row.visited_on, row.planned_on = (visited_on, row.planned_on) if known[outcome]["done"] else (None, None)
    _save(row, by, "outcome", "note", "visited_by", "order_form_given", "visited_on", "planned_on")


@transaction.atomic
def mark_ald_list_given(visit: ProfessionalVisit, *, fund: Fund, by: str) -> ProfessionalVisit:
    """The doctor's list of patients in ALD was handed over; whoever delivers it logs it in the same transaction."""
    row = _own(visit, fund)
    row.ald_list_given = True
    _save(row, by, "ald_list_given")
    return row


def _own(visit: ProfessionalVisit, fund: Fund) -> ProfessionalVisit:
    row = ProfessionalVisit.objects.select_for_update().filter(pk=visit.pk, fund_code=fund.code).first()
    if row is None:
        raise VisitRefused("Cette visite est celle d'une autre caisse.")
    return row


def _save(row: ProfessionalVisit, by: str, *fields: str) -> None:
    with pghistory.context(by=by):
        row.save(update_fields=list(fields))

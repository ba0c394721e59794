"""The space of an insured person: own vaccination record, who opened the file (VC-62)."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from allant import clock
from allant.accounts.access import requires
from allant.accounts.log import log_request
from allant.accounts.models import LoggedAction
from allant.accounts.roles import Role
from allant.doctrine import rules
from allant.flu.standings import standing_of
from allant.outreach.models import AccountMessage
from allant.pages.base.sheets import sheet
from allant.pages.insured.accesses import accesses_to, recorded_in_bulk, records_of, shown
from allant.pages.insured.own_record import for_own_person
from allant.people.models import Person
from allant.vaccination.journey import Journey, journey_of
from allant.vaccination.papers import record_lines

ACCESSES_A_PAGE = 25
SHEET_NAME = "dossier-vaccination-covid-19.csv"
SHEET_HEADER = ("Injection", "Version", "État", "Date", "Vaccin", "Lot", "Lieu", "Précision")


@requires(Role.INSURED)
@require_safe
@for_own_person
def insured_home(request: HttpRequest, person: Person) -> HttpResponse:
    """Where the person stands, and what they may do here."""
    log_request(request, LoggedAction.READ, "consultation de son propre dossier", [person.pk])
    today = clock.today()
    unread = AccountMessage.objects.of(person).unread().count()
    flu = standing_of(person, today, rules.as_known_on(today))
    context = {"title": "Mon espace", "person": person, "journey": journey_of_person(person), "unread": unread, "flu": flu}
    return render(request, "insured/home.html", context)


@requires(Role.INSURED)
@require_safe
@for_own_person
def insured_record(request: HttpRequest, person: Person) -> HttpResponse:
    """Every dose recorded, those corrected or cancelled included, and when the next one is due."""
    log_request(request, LoggedAction.READ, "consultation de son propre dossier", [person.pk])
    journey, today = journey_of_person(person), clock.today()
    lines = record_lines(journey.versions, today)
    context = {
        "title": "Ma vaccination contre la Covid-19",
        "trail": _trail(),
        "person": person,
        "journey": journey,
        "lines": [line for line in lines if not line.ended],
        "ended": [line for line in lines if line.ended],
    }
    return render(request, "insured/record.html", context)


@requires(Role.INSURED)
@require_safe
@for_own_person
def insured_record_sheet(request: HttpRequest, person: Person) -> HttpResponse:
    """The same record as a file, to keep (VC-62)."""
    log_request(request, LoggedAction.READ, "dossier de vaccination remis à la personne", [person.pk])
    return record_file(person)


def record_file(person: Person) -> HttpResponse:
    """Every line of a record, as a CSV file named after nobody."""
    lines = record_lines(journey_of_person(person).versions, clock.today())
    rows = (
        (line.rank, line.version, line.ended or "en vigueur", line.on, line.vaccine, line.lot, line.place, line.note)
        for line in lines
    )
    return sheet(SHEET_NAME, SHEET_HEADER, rows)


@requires(Role.INSURED)
@require_safe
@for_own_person
def insured_accesses(request: HttpRequest, person: Person) -> HttpResponse:
    """Who opened the file, when and why: their role and structure, never an account."""
    log_request(request, LoggedAction.READ, "consultation des accès à son propre dossier", [person.pk])
    records = records_of(person)
    page = Paginator(accesses_to(records), ACCESSES_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "title": "Qui a ouvert mon dossier",
        "trail": _trail(),
        "page_obj": page,
        "lines": shown(page, request.user.pk),
        "batches": recorded_in_bulk(records),
    }
    return render(request, "insured/accesses.html", context)


def journey_of_person(person: Person) -> Journey:
    """Where a person stands today, as the doctrine known today says."""
    today = clock.today()
    return journey_of(person, today, rules.as_known_on(today))


def _trail() -> list[tuple[str, str]]:
    return [("Mon espace", reverse("insured_home"))]

"""One identification file: where it stands, what is missing, what comes next and when; a new request."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from allant import clock
from allant.accounts.access import requires
from allant.accounts.log import log_request
from allant.accounts.models import LoggedAction
from allant.accounts.roles import Role
from allant.accounts.sign_in import actor_of
from allant.casework.forecast import coming
from allant.casework.registry import process_of
from allant.casework.signals import NotExpected
from allant.doctrine import RuleBook, rules
from allant.identification.choice import UnknownCircumstance, choice, three_processes
from allant.identification.decisions import SIGNALS, decide, decide_asylum
from allant.identification.documents import kinds, missing
from allant.identification.messages import euros
from allant.identification.models import BodyNotice, Document, IdentityFile, UndueLine
from allant.identification.requests import RequestRefused, request_number
from allant.identification.services import ServiceDown
from allant.pages.identity.forms import Decision, NewDocumentForm, NewRequest
from allant.pages.identity.territory import check, fund_of
from allant.people.models import Matricule, Person
from allant.people.numbering import NumberRefused

TRAIL = [("Identification", "/identite/")]
DECISIONS = {
    "exceptional": "Force majeure temporaire (27 mois)",
    "posted": "Pièces postées au SANDIA",
    "sent_back": "Pièces renvoyées par le SANDIA",
    "fraud": "Fraude constatée : fermer les droits",
    "granted": "Statut de réfugié accordé",
    "refused": "Demande d'asile refusée",
}


@requires(Role.IDENTITY_AGENT)
@require_POST
def new_request(request: HttpRequest) -> HttpResponse:
    """Ask for the number of the person whose number was searched."""
    today, now = clock.today(), clock.now()
    book = rules.as_known_on(today)
    form = NewRequest(request.POST, book=book, on=today)
    person = _bearer(request.POST.get("number", ""))
    check(request, person)
    if not form.is_valid():
        messages.error(request, "Choisissez la situation de la personne.")
        return redirect("identity_search")
    try:
        log_request(request, LoggedAction.WRITE, "demande de matricule", [person.pk])
        file = request_number(
            person=person, circumstance=form.cleaned_data["circumstance"], on=today, by=str(actor_of(request)), at=now, book=book,
            fund_code=fund_of(request),
        )  # fmt: skip
    except (RequestRefused, UnknownCircumstance, NumberRefused, ServiceDown) as refused:
        messages.error(request, str(refused))
        return redirect("identity_search")
    if file.numbered_on is None:
        messages.warning(
            request, "Le SNGI ne répond pas : la demande est gardée, le numéro sera demandé à nouveau sans rien faire."
        )
    return redirect("identity_file", file=file.pk)


def _bearer(number: str) -> Person:
    record = get_object_or_404(Person.objects.with_matricule(number).select_related("merged_into").order_by("pk")[:1])
    return record.merged_into or record


@requires(Role.IDENTITY_AGENT)
@require_http_methods(["GET", "HEAD", "POST"])
def file_page(request: HttpRequest, file: int) -> HttpResponse:
    """The file, and a decision about it."""
    found = file_for(request, file)
    offered = offered_decisions(found)
    form = Decision(request.POST if request.method == "POST" else None, offered=offered)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():  # the decision and the entry of the access log: both or neither
                after = _decide(request, found, form.cleaned_data)
                log_request(request, LoggedAction.WRITE, "décision sur un dossier d'identification", [found.person_id])
        except (NotExpected, RequestRefused) as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, "Décision enregistrée.")
            return redirect("identity_file", file=after.pk)
    log_request(request, LoggedAction.READ, "dossier d'identification", [found.person_id])
    today = clock.today()
    context = _context(found, rules.as_known_on(today)) | {
        "form": form,
        "offered": offered,
        "document_form": NewDocumentForm(book=rules.as_known_on(today), on=today, initial={"received_on": today}),
    }
    return render(request, "identity/file.html", context, status=422 if form.errors else 200)


def _decide(request: HttpRequest, file: IdentityFile, wanted: dict[str, Any]) -> IdentityFile:
    who: dict[str, Any] = {"on": clock.today(), "by": str(actor_of(request)), "at": clock.now()}
    book = rules.as_known_on(clock.today())
    if wanted["decision"] in ("granted", "refused"):
        return decide_asylum(file=file, granted=wanted["decision"] == "granted", book=book, **who)
    decide(file=file, decision=wanted["decision"], note=wanted["note"], book=book, **who)
    return file


def offered_decisions(file: IdentityFile) -> list[tuple[str, str]]:
    """What may be decided of a file as it stands."""
    if file.case is None or file.case.ended_on is not None:
        return []
    process = process_of(file.case.process)
    expected = {each.name for each in process.signals_of(file.case.state)}
    codes = [code for code, name in SIGNALS[process.slug].items() if name in expected]
    if file.circumstance == "asylum_seeker":
        codes = ["granted", "refused", *(code for code in codes if code == "fraud")]
    return [(code, DECISIONS[code]) for code in codes]


def _context(file: IdentityFile, book: RuleBook) -> dict[str, Any]:
    today = clock.today()
    numbers = list(Matricule.objects.borne_by(file.person).order_by("-starts_on", "-id"))
    current = next((number for number in numbers if number.ends_on is None), None)
    labels = kinds(book, today)
    documents = Document.objects.filter(file=file).prefetch_related("refusals")
    return {
        "title": f"Dossier d'identification n° {file.pk}",
        "trail": TRAIL,
        "file": file,
        "person": file.person,
        "numbers": numbers,
        "choice": choice(file.circumstance, rules.as_known_on(max(file.requested_on, today)), file.requested_on),
        "steps": three_processes(current.kind if current else None, file.person.fund_code, file.person.rights_open),
        "documents": [(each, labels.get(each.kind, (each.kind, ""))[0], list(each.refusals.all())) for each in documents],
        "missing": missing(file, book, today),
        "coming": coming(file.case, book) if file.case else [],
        "state": process_of(file.case.process).labels[file.case.state] if file.case else "Numéro attendu du SNGI",
        "notices": BodyNotice.objects.filter(event__case=file.case).order_by("id") if file.case else [],
        **_history(file),
    }


def _history(file: IdentityFile) -> dict[str, Any]:
    if file.case is None:
        return {"timeline": [], "undue": [], "total": ""}
    labels = process_of(file.case.process).labels
    lines = list(
        UndueLine.objects.filter(claim__event__case=file.case).select_related("payment", "claim").order_by("payment__paid_on")
    )
    events = file.case.events.timeline()
    return {
        "timeline": [(event, labels.get(event.name, event.name), labels.get(event.to_state, "")) for event in events],
        "undue": [(line.payment, euros(line.amount_cents)) for line in lines],
        "total": euros(lines[0].claim.total_cents) if lines else "",
    }


def file_for(request: HttpRequest, pk: int) -> IdentityFile:
    """A file of the territory. Raises Http404, PermissionDenied."""
    found = get_object_or_404(IdentityFile.objects.with_case(), pk=pk)
    check(request, found.person)
    return found

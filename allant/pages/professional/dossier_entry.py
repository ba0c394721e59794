"""Tabs 2 and after: the form of a dose, its check page, its recording (VC-30 to VC-41)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from allant.accounts.access import requires
from allant.accounts.log import Entry as LogEntry
from allant.accounts.log import entry_for, log_request
from allant.accounts.models import LoggedAction
from allant.accounts.roles import Role
from allant.directory.actions import LocationRefused, location_for
from allant.directory.models import Location, Practitioner
from allant.immunizations.actions import DoseRefused, is_new
from allant.immunizations.checks import REASONS
from allant.immunizations.models import Dose
from allant.pages.professional.acting import NO_RPPS, Acting, for_teleservice
from allant.pages.professional.dossier import File, file_of, trail
from allant.pages.professional.dossier_check import CheckPage, check_of
from allant.pages.professional.dossier_dose_form import FIELD_OF, DoseForm
from allant.pages.professional.dossier_form import DossierForm
from allant.pages.professional.dossier_offer import OTHER, dose_form, first_to_fill, known_places, recording_form
from allant.pages.professional.dossier_proposals import LastUsed
from allant.vaccination.recording import Entry, Refused, record_vaccination

CANCELLED_SINCE = (
    "Cette vaccination, déjà envoyée, a été annulée depuis : rien n’est enregistré. Relisez le dossier, puis saisissez-la de "
    "nouveau si elle a bien été injectée."
)


@requires(Role.HEALTH_PROFESSIONAL)
@for_teleservice(may="record")
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def dose_entry(request: HttpRequest, person_id: int) -> HttpResponse:
    """The form of the next dose; a POST checks it, and with `step=record` records it."""
    file = file_of(request, person_id)
    return submitted(request, file) if request.method == "POST" else blank(request, file)


def blank(request: HttpRequest, file: File) -> HttpResponse:
    """The form, with its proposals; the page of the file when no dose can be entered."""
    if not any(tab.kind == "dose" and tab.state == "open" for tab in file.journey.tabs):
        return redirect("teleservice_file", file.person.pk)
    log_request(request, LoggedAction.READ, "téléservice : préparation d'une vaccination", [file.person.pk])
    form, last = dose_form(request, file)
    start = first_to_fill(form)
    if start:
        form.fields[start].widget.attrs["autofocus"] = ""
    return _form_page(request, file, form, last, ready=not start)


def submitted(request: HttpRequest, file: File) -> HttpResponse:
    """What a professional sent: recorded when it was checked, otherwise back to the form or on to the check page."""
    if request.POST.get("step") == "record" and (recorded := _recorded(request, file)):
        return recorded
    form, last = dose_form(request, file)
    if found := sent_before(form, file):
        return already(request, file, found)
    if form.is_valid() and request.POST.get("step") != "edit":
        try:
            return _check(request, file, form)
        except (DoseRefused, LocationRefused) as refusal:
            show_refusal(form, refusal)
    log_request(request, LoggedAction.READ, "téléservice : vaccination à compléter", [file.person.pk])
    return _form_page(request, file, form, last)


def _recorded(request: HttpRequest, file: File) -> HttpResponse | None:
    """Record at once, reading no more than that needs; None when it is refused, for the form to say why."""
    form = recording_form(request, file)
    if not form.is_valid():
        return None
    try:
        dose = _given(file, form, entry_for(request, LoggedAction.WRITE, "téléservice : vaccination enregistrée"))
    except (DoseRefused, LocationRefused):
        return None
    if not is_new(dose, file.person):  # this sending again, or another one that came first
        return already(request, file, dose)
    messages.success(request, "Vaccination enregistrée.")
    return redirect("teleservice_dose", file.person.pk, dose.pk)


def entry_of(form: DoseForm, file: File) -> Entry:
    """What the form says, the place included, made known to the directory when it was not."""
    data = form.cleaned_data
    return Entry(
        occurred_on=data["occurred_on"],
        vaccine=data["vaccine"],
        lot=data["lot"],
        dose_number=data["dose_number"],
        reason=data["forced_reason"],
        proof=data.get("proof", ""),
        site=data.get("site", ""),
        place_kind=data.get("place_kind", ""),
        location=place_in(form, file.acting),
        am_number=data.get("am_number", ""),
    )


def place_in(form: DossierForm, who: Acting) -> Location | None:
    """The place that a form names, made known to the directory when it was not. Raises LocationRefused."""
    data = form.cleaned_data
    if not data.get("place_name"):
        return None
    names = {"kind": "place_kind", "name": "place_name", "postcode": "postcode", "commune_code": "commune_code"}
    return location_for(**{argument: data[name] for argument, name in names.items()}, by=who.by)


def show_refusal(form: DoseForm, refusal: DoseRefused | LocationRefused) -> None:
    """Each reason beside its field; where a written reason would let the dose in, it is asked in place."""
    if isinstance(refusal, LocationRefused):
        form.refuse({"place_name": [str(refusal)]})
        return
    for code in refusal.codes:
        name = FIELD_OF.get(code)
        form.refuse({name if name in form.fields else None: [REASONS.get(code, str(refusal))]})
    if refusal.forceable:
        form.ask_reason()


def identified(file: File) -> Practitioner:
    """Who records, known to the directory. Raises Refused for an account without an RPPS number."""
    if file.acting.practitioner is None:
        raise Refused("recorder_unknown", NO_RPPS)
    return file.acting.practitioner


def _given(file: File, form: DoseForm, logged: LogEntry | None = None) -> Dose:
    return record_vaccination(
        person=file.person,
        entry=entry_of(form, file),
        source_key=key_of(form),
        by=file.acting.by,
        recorder=identified(file),
        organisation=file.acting.organisation,
        today=file.on,
        logged=logged,
    )


def sent_value(value: Any) -> str:
    """A checked value as the form would send it again."""
    return f"{value:%d/%m/%Y}" if isinstance(value, date) else "" if value is None else str(value)


def key_of(form: DoseForm) -> str:
    """The key of this sending (VC-39)."""
    return f"teleservice:{form.cleaned_data['source_key']}"


def _check(request: HttpRequest, file: File, form: DoseForm) -> HttpResponse:
    """Judge the dose by recording it and undoing that: the check page promises exactly what the next key does."""
    with transaction.atomic():
        dose = _given(file, form)
        check = check_of(file, form, dose)
        transaction.set_rollback(True)
    if dose.source_key != key_of(form):  # the same dose was recorded from elsewhere
        return already(request, file, dose)
    file.at = ("dose", form.cleaned_data["dose_number"])
    log_request(request, LoggedAction.READ, "téléservice : vérification d'une vaccination", [file.person.pk])
    return check_page(request, file, check, [form])


def check_page(request: HttpRequest, file: File, check: CheckPage, forms: Iterable[DossierForm]) -> HttpResponse:
    """What will be written, to be sent again as it is with `step=record`, or with `step=edit` to change it."""
    context = {
        "title": "Vérifier avant d’enregistrer",
        "trail": trail(),
        "file": file,
        "sent": [(form.add_prefix(name), sent_value(value)) for form in forms for name, value in form.cleaned_data.items()],
        "check": check,
        "action": request.get_full_path(),
    }
    return render(request, "professional/dossier/check.html", context)


def sent_before(form: DoseForm, file: File) -> Dose | None:
    """The dose that this very form recorded already: a double click, a page sent again, a step back."""
    form.is_valid()
    if "source_key" not in form.cleaned_data:
        return None
    found: Dose | None = Dose.objects.filter(source_key=key_of(form)).given_to(file.person).first()
    return found


def already(request: HttpRequest, file: File, dose: Dose) -> HttpResponse:
    """Nothing was recorded: lead to the dose that stands, or to the file when it was cancelled since."""
    log_request(request, LoggedAction.READ, "téléservice : vaccination déjà enregistrée", [file.person.pk])
    latest = dose if dose.ended_at is None else Dose.objects.versions_of(dose).last()
    if latest.ended_at is not None:
        messages.error(request, CANCELLED_SINCE)
        return redirect("teleservice_file", file.person.pk)
    message = "Cette vaccination était déjà enregistrée : une seule dose compte. Relisez-la ; son auteur peut la rectifier."
    messages.info(request, message)
    return redirect("teleservice_dose", file.person.pk, latest.pk)


def _form_page(request: HttpRequest, file: File, form: DoseForm, last: LastUsed, ready: bool = False) -> HttpResponse:
    form.ready()
    coming = file.journey.next
    file.at = ("dose", coming.dose_number if coming else 0)
    context = {
        "title": "Enregistrer une vaccination",
        "trail": trail(),
        "file": file,
        "form": form,
        "coming": coming,
        "other": OTHER in request.GET,
        "last": last,
        "ready": ready,
        "lots": json.dumps(last.lots),
        "places": json.dumps(known_places(file)),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.refusals else HTTPStatus.OK
    return render(request, "professional/dossier/dose_form.html", context, status=status)


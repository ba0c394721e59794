"""Correct or cancel a dose: by who recorded it, while the next one is not recorded (VC-36). Every version stays readable."""

from __future__ import annotations

import json
from copy import copy
from dataclasses import replace
from http import HTTPStatus

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from allant.accounts.access import requires
from allant.accounts.log import log_request
from allant.accounts.models import LoggedAction
from allant.accounts.roles import Role
from allant.directory.actions import LocationRefused
from allant.immunizations.actions import CorrectionRefused, DoseRefused, cancel_dose
from allant.immunizations.corrections import may_be_changed_by
from allant.immunizations.models import Dose
from allant.pages.professional.acting import for_teleservice
from allant.pages.professional.dossier import File, file_of, trail
from allant.pages.professional.dossier_check import check_of_correction
from allant.pages.professional.dossier_dose_form import DoseForm, HistoryForm
from allant.pages.professional.dossier_entry import check_page, entry_of, show_refusal
from allant.pages.professional.dossier_offer import correction_offer, initial_of, known_places
from allant.pages.professional.dossier_reason import ReasonForm
from allant.pages.professional.dossier_summary import dose_in
from allant.vaccination.history import proof_of
from allant.vaccination.recording import correct_vaccination

NOTHING_CHANGED = "Rien ne change : cette saisie est la version en vigueur. Modifiez-la, ou choisissez « Ne rien changer »."


@requires(Role.HEALTH_PROFESSIONAL)
@for_teleservice(may="record")
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def correct(request: HttpRequest, person_id: int, dose_id: int) -> HttpResponse:
    """The dose as it was recorded, to be corrected with a reason; the paper handed over no longer stands afterwards."""
    file, dose = _dose_to_change(request, person_id, dose_id)
    offer, kind = correction_offer(file), HistoryForm if dose.proof else DoseForm
    if request.method == "POST":
        form, why = kind(request.POST, book=file.book, on=file.on, offer=offer), ReasonForm(request.POST)
        if done := _sent(request, file, dose, form, why):
            return done
        log_request(request, LoggedAction.READ, "téléservice : rectification à compléter", [file.person.pk])
        return _correction_page(request, file, dose, form, why)
    if refusal := may_be_changed_by(dose, file.acting.by):
        messages.error(request, refusal)
        return redirect("teleservice_dose", file.person.pk, dose.pk)
    log_request(request, LoggedAction.READ, "téléservice : rectification d'une vaccination", [file.person.pk])
    form = kind(initial=initial_of(dose, file.book), book=file.book, on=file.on, offer=offer)
    if dose.forced_reason:
        form.ask_reason()
    return _correction_page(request, file, dose, form, ReasonForm())


@requires(Role.HEALTH_PROFESSIONAL)
@for_teleservice(may="record")
@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: HttpRequest, person_id: int, dose_id: int) -> HttpResponse:
    """Cancel a dose recorded by mistake, with a reason: it no longer counts and stays readable."""
    file, dose = _dose_to_change(request, person_id, dose_id)
    refusal = may_be_changed_by(dose, file.acting.by)
    why = ReasonForm(request.POST) if request.method == "POST" else ReasonForm()
    if request.method == "POST" and why.is_valid():
        try:
            with transaction.atomic():
                cancel_dose(dose=dose, by=file.acting.by, reason=why.cleaned_data["reason"])
                log_request(request, LoggedAction.WRITE, "téléservice : vaccination annulée", [file.person.pk])
        except CorrectionRefused as refused:
            log_request(request, LoggedAction.REFUSED, "téléservice : annulation refusée", [file.person.pk])
            messages.error(request, str(refused))
        else:
            messages.success(request, "Dose annulée : elle ne compte plus. Le document remis au patient ne vaut plus.")
        return redirect("teleservice_dose", file.person.pk, dose.pk)
    if refusal:
        messages.error(request, refusal)
        return redirect("teleservice_dose", file.person.pk, dose.pk)
    log_request(request, LoggedAction.READ, "téléservice : annulation d'une vaccination", [file.person.pk])
    why.ready()
    context = {"title": "Annuler une dose", "trail": trail(), "file": file, "dose": dose, "why": why}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if why.refusals else HTTPStatus.OK
    return render(request, "professional/dossier/cancel.html", context, status=status)


def _dose_to_change(request: HttpRequest, person_id: int, dose_id: int) -> tuple[File, Dose]:
    file = file_of(request, person_id)
    dose = dose_in(file, dose_id)
    file.at = ("dose", dose.dose_number)
    return file, dose


def _sent(request: HttpRequest, file: File, dose: Dose, form: DoseForm, why: ReasonForm) -> HttpResponse | None:
    """The check page, or once checked the next version; None with the refusals on the forms, or to change what was typed."""
    readable, step = form.is_valid(), request.POST.get("step")
    if not why.is_valid() or not readable or step == "edit":
        return None
    try:
        return (_recorded if step == "record" else _checked)(request, file, dose, form, why)
    except (DoseRefused, LocationRefused) as refusal:
        show_refusal(form, refusal)
    except CorrectionRefused as refusal:
        form.refuse({None: [str(refusal)]})
    return None


def _recorded(request: HttpRequest, file: File, dose: Dose, form: DoseForm, why: ReasonForm) -> HttpResponse:
    with transaction.atomic():  # the act and its entry of the access log: both or neither
        corrected = _corrected(file, dose, form, why)
        log_request(request, LoggedAction.WRITE, "téléservice : vaccination rectifiée", [file.person.pk])
    messages.success(request, "Dose rectifiée : remettez le nouveau document au patient, l’ancien ne vaut plus.")
    return redirect("teleservice_dose", file.person.pk, corrected.pk)


def _checked(request: HttpRequest, file: File, dose: Dose, form: DoseForm, why: ReasonForm) -> HttpResponse | None:
    """Judge the correction by making it and undoing that: the check page promises exactly what the next key does."""
    with transaction.atomic():
        corrected = _corrected(file, copy(dose), form, why)  # a copy: the action ends the version it is given
        check = check_of_correction(file, dose, corrected, why.cleaned_data["reason"])
        transaction.set_rollback(True)
    if corrected.pk == dose.pk:
        form.refuse({None: [NOTHING_CHANGED]})
        return None
    log_request(request, LoggedAction.READ, "téléservice : vérification d'une rectification", [file.person.pk])
    return check_page(request, file, check, [form, why])


def _corrected(file: File, dose: Dose, form: DoseForm, why: ReasonForm) -> Dose:
    """The next version. Raises DoseRefused, LocationRefused, CorrectionRefused."""
    entry = entry_of(form, file)
    if dose.proof:
        entry = replace(entry, proof=proof_of(entry.proof, form.cleaned_data["country"]))
    return correct_vaccination(dose=dose, entry=entry, by=file.acting.by, reason=why.cleaned_data["reason"], today=file.on)


def _correction_page(request: HttpRequest, file: File, dose: Dose, form: DoseForm, why: ReasonForm) -> HttpResponse:
    form.ready()
    why.ready()
    context = {
        "title": "Rectifier une vaccination",
        "trail": trail(),
        "file": file,
        "form": form,
        "why": why,
        "dose": dose,
        "other": False,
        "last": None,
        "ready": False,
        "lots": "{}",
        "places": json.dumps(known_places(file)),
        "coming": None,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.refusals or why.refusals else HTTPStatus.OK
    return render(request, "professional/dossier/dose_form.html", context, status=status)

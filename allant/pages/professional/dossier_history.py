"""What happened elsewhere or before: a dose with its proof (VC-42), an infection (VC-40)."""

from __future__ import annotations

from http import HTTPStatus
from uuid import uuid4

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
from allant.immunizations.actions import DoseRefused, InfectionRefused, declare_infection, is_new
from allant.immunizations.models import Dose
from allant.pages.base.templatetags.french import day
from allant.pages.professional.acting import for_teleservice
from allant.pages.professional.dossier import File, file_of, trail
from allant.pages.professional.dossier_check import check_of
from allant.pages.professional.dossier_date import TypedDateField
from allant.pages.professional.dossier_dose_form import HistoryForm
from allant.pages.professional.dossier_entry import already, check_page, entry_of, identified, key_of, sent_before, show_refusal
from allant.pages.professional.dossier_form import DossierForm
from allant.pages.professional.dossier_offer import correction_offer
from allant.vaccination.recording import record_history


class InfectionForm(DossierForm):
    """The day an infection was diagnosed."""

    occurred_on = TypedDateField(label="Date de l’infection", help_text="Celle du test positif, sous la forme JJ/MM/AAAA.")


@requires(Role.HEALTH_PROFESSIONAL)
@for_teleservice(may="record")
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def given_elsewhere(request: HttpRequest, person_id: int) -> HttpResponse:
    """Record a dose read from a document."""
    file = file_of(request, person_id)
    offer = correction_offer(file)
    if request.method == "POST":
        form = HistoryForm(request.POST, book=file.book, on=file.on, offer=offer)
        if done := _sent(request, file, form):
            return done
    else:
        initial = {"source_key": uuid4(), "dose_number": len(file.doses) + 1}
        form = HistoryForm(initial=initial, book=file.book, on=file.on, offer=offer)
        form.mark_proposed(["dose_number"])
        form.fields["vaccine"].widget.attrs["autofocus"] = ""
    log_request(request, LoggedAction.READ, "téléservice : saisie d'une dose déjà reçue", [file.person.pk])
    return _page(request, file, form, "Saisir une dose déjà reçue", "history.html")


@requires(Role.HEALTH_PROFESSIONAL)
@for_teleservice(may="record")
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def infection(request: HttpRequest, person_id: int) -> HttpResponse:
    """Declare a past infection; the schedule counts it as the doctrine of the day says."""
    file = file_of(request, person_id)
    form = InfectionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                found = declare_infection(person=file.person, occurred_on=form.cleaned_data["occurred_on"], by=file.acting.by)
                log_request(request, LoggedAction.WRITE, "téléservice : infection déclarée", [file.person.pk])
        except InfectionRefused as refusal:
            form.refuse({"occurred_on": [str(refusal)]})
        else:
            messages.success(request, f"Infection du {day(found.occurred_on)} enregistrée : le schéma proposé en tient compte.")
            return redirect("teleservice_file", file.person.pk)
    log_request(request, LoggedAction.READ, "téléservice : déclaration d'une infection", [file.person.pk])
    form.fields["occurred_on"].widget.attrs["autofocus"] = ""
    return _page(request, file, form, "Déclarer une infection", "infection.html")


def _sent(request: HttpRequest, file: File, form: HistoryForm) -> HttpResponse | None:
    """The check page, or once checked the dose recorded; None with the refusals on the form, or to change what was typed."""
    if found := sent_before(form, file):
        return already(request, file, found)
    step = request.POST.get("step")
    if not form.is_valid() or step == "edit":
        return None
    try:
        return _recorded(request, file, form) if step == "record" else _checked(request, file, form)
    except DoseRefused as refusal:
        show_refusal(form, refusal)
    return None


def _recorded(request: HttpRequest, file: File, form: HistoryForm) -> HttpResponse:
    with transaction.atomic():  # the act and its entry of the access log: both or neither
        dose = _given(file, form)
        if is_new(dose, file.person):
            log_request(request, LoggedAction.WRITE, "téléservice : dose déjà reçue enregistrée", [file.person.pk])
    if not is_new(dose, file.person):
        return already(request, file, dose)
    messages.success(request, "Dose déjà reçue enregistrée, avec son justificatif.")
    return redirect("teleservice_dose", file.person.pk, dose.pk)


def _checked(request: HttpRequest, file: File, form: HistoryForm) -> HttpResponse:
    """Judge the dose by recording it and undoing that."""
    with transaction.atomic():
        dose = _given(file, form)
        check = check_of(file, form, dose)
        transaction.set_rollback(True)
    if dose.source_key != key_of(form):
        return already(request, file, dose)
    log_request(request, LoggedAction.READ, "téléservice : vérification d'une dose déjà reçue", [file.person.pk])
    return check_page(request, file, check, [form])


def _given(file: File, form: HistoryForm) -> Dose:
    return record_history(
        person=file.person,
        entry=entry_of(form, file),
        country=form.cleaned_data["country"],
        source_key=key_of(form),
        by=file.acting.by,
        recorder=identified(file),
        today=file.on,
    )


def _page(request: HttpRequest, file: File, form: DossierForm, title: str, template: str) -> HttpResponse:
    form.ready()
    context = {"title": title, "trail": trail(), "file": file, "form": form}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.refusals else HTTPStatus.OK
    return render(request, f"professional/dossier/{template}", context, status=status)

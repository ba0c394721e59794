"""Tab 1: declare that a patient enters the vaccination, and change that declaration (VC-20 to VC-25)."""

from __future__ import annotations

from collections.abc import Callable
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
from allant.pages.base.errors import Missing
from allant.pages.professional.acting import NO_RPPS, for_teleservice
from allant.pages.professional.dossier import File, file_of, trail
from allant.pages.professional.dossier_eligibility_form import YES, EligibilityForm, initial_of
from allant.pages.professional.dossier_reason import ReasonForm
from allant.vaccination.declaration_checks import refuse_incomplete
from allant.vaccination.eligibility import DeclarationRefused, change_refusal, correct_eligibility, declare_eligibility
from allant.vaccination.models import EligibilityDeclaration
from allant.vaccination.priority import priority_of
from allant.vaccination.professions import profession_label

PRIORITY = "priority"
"""Value of `step`: show the priority category of what is ticked so far; nothing is validated (VC-23)."""
AT = ("eligibility", 0)


@requires(Role.HEALTH_PROFESSIONAL)
@for_teleservice(may="declare")
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def eligibility(request: HttpRequest, person_id: int) -> HttpResponse:
    """The form of tab 1, and its validation."""
    file = file_of(request, person_id, AT)
    return submitted(request, file) if request.method == "POST" else blank(request, file)


def blank(request: HttpRequest, file: File) -> HttpResponse:
    """The form; the summary instead once it is validated."""
    declared = file.journey.declaration
    if declared:
        return redirect("teleservice_declaration", file.person.pk, declared.pk)
    log_request(request, LoggedAction.READ, "téléservice : préparation d'une déclaration d'éligibilité", [file.person.pk])
    form = EligibilityForm(
        initial={"source_key": uuid4(), "declarant_prescribes": YES}, book=file.book, on=file.on
    )
    form.mark_proposed(["declarant_prescribes"])
    form.fields["prescribed_on"].widget.attrs["autofocus"] = ""
    return _page(request, file, form)


def submitted(request: HttpRequest, file: File) -> HttpResponse:
    """Validate, then lead to the summary with the code; refused, the form keeps everything."""
    form = EligibilityForm(request.POST, book=file.book, on=file.on)
    if request.POST.get("step") == PRIORITY:
        return _recomputed(request, file, form)
    with transaction.atomic():  # the act and its entry of the access log: both or neither
        declared = _declare(file, form)
        if declared:
            log_request(request, LoggedAction.WRITE, "téléservice : éligibilité déclarée", [file.person.pk])
    if declared:
        messages.success(request, "Déclaration d’éligibilité validée.")
        return redirect("teleservice_declaration", file.person.pk, declared.pk)
    log_request(request, LoggedAction.READ, "téléservice : déclaration d'éligibilité à compléter", [file.person.pk])
    if file.journey.declaration and form.non_field_errors():  # validated meanwhile, here or elsewhere: it is shown
        messages.error(request, " ".join(form.non_field_errors()))
        return redirect("teleservice_declaration", file.person.pk, file.journey.declaration.pk)
    return _page(request, file, form)


@requires(Role.HEALTH_PROFESSIONAL)
@for_teleservice(may="declare")
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def correct(request: HttpRequest, person_id: int, declaration_id: int) -> HttpResponse:
    """Change a declaration: by its author, while dose 1 is not recorded (VC-25). The former version stays readable."""
    file = file_of(request, person_id, AT)
    declared = declaration_in(file, declaration_id)
    if refusal := why_not_changed(file, declared):
        messages.error(request, refusal)
        return redirect("teleservice_declaration", person_id, declaration_id)
    if request.method == "POST":
        form, why = EligibilityForm(request.POST, book=file.book, on=file.on), ReasonForm(request.POST)
        if request.POST.get("step") == PRIORITY:
            return _recomputed(request, file, form, declared, why)
        with transaction.atomic():
            corrected = _correct(file, declared, form, why)
            if corrected:
                log_request(request, LoggedAction.WRITE, "téléservice : éligibilité rectifiée", [person_id])
        if corrected:
            messages.success(request, "Déclaration rectifiée : remettez le nouveau document au patient, l’ancien ne vaut plus.")
            return redirect("teleservice_declaration", person_id, corrected.pk)
        log_request(request, LoggedAction.READ, "téléservice : rectification à compléter", [person_id])
        return _page(request, file, form, declared, why)
    log_request(request, LoggedAction.READ, "téléservice : rectification d'une déclaration", [person_id])
    form = EligibilityForm(initial={"source_key": uuid4(), **initial_of(declared)}, book=file.book, on=file.on)
    return _page(request, file, form, declared, ReasonForm())


def declaration_in(file: File, declaration_id: int) -> EligibilityDeclaration:
    """A version of a declaration of this person. Raises Missing."""
    for declared in file.journey.declarations:
        if declared.pk == declaration_id:
            return declared
    raise Missing("Cette déclaration n'est pas dans ce dossier.")


def why_not_changed(file: File, declared: EligibilityDeclaration) -> str:
    """Why this professional may not change it now, in French; empty when they may."""
    if declared.ended_at is not None:
        return "Cette version a été remplacée : modifiez celle qui est en vigueur."
    return change_refusal(declared, by=file.acting.by, first_dose_recorded=bool(file.journey.doses))


def _declare(file: File, form: EligibilityForm) -> EligibilityDeclaration | None:
    """What was validated; None with the refusals on the form."""
    declarant = file.acting.practitioner
    if declarant is None:
        form.refuse({None: [NO_RPPS]})
        return None
    return _judged(
        file,
        form,
        lambda: declare_eligibility(
            person=file.person,
            declaration=form.declaration(),
            declarant=declarant,
            organisation=file.acting.organisation,
            structure_name=file.acting.structure_name,
            source_key=f"teleservice:{form.cleaned_data['source_key']}",
            by=file.acting.by,
            today=file.on,
        ),
    )


def _correct(
    file: File, declared: EligibilityDeclaration, form: EligibilityForm, why: ReasonForm
) -> EligibilityDeclaration | None:
    if not why.is_valid():
        form.is_valid()
        return None
    return _judged(
        file,
        form,
        lambda: correct_eligibility(
            declared=declared,
            declaration=form.declaration(),
            by=file.acting.by,
            reason=why.cleaned_data["reason"],
            today=file.on,
        ),
    )


def _judged(file: File, form: EligibilityForm, action: Callable[[], EligibilityDeclaration]) -> EligibilityDeclaration | None:
    """Run the action, unless a field could not even be read; every refusal joins the form, to be shown at once."""
    try:
        if form.is_valid():
            return action()
        refuse_incomplete(form.declaration(), file.person, file.on, file.book)
    except DeclarationRefused as refusal:
        form.refuse({name or None: [text] for name, text in refusal.errors.items() if name not in form.errors})
    return None


def _recomputed(
    request: HttpRequest,
    file: File,
    form: EligibilityForm,
    declared: EligibilityDeclaration | None = None,
    why: ReasonForm | None = None,
) -> HttpResponse:
    """The form as it was sent, with the priority category of what it says."""
    log_request(request, LoggedAction.READ, "téléservice : priorité recalculée", [file.person.pk])
    typed = EligibilityForm(initial=form.as_typed(), book=file.book, on=file.on)
    return _page(request, file, typed, declared, ReasonForm(initial=why.as_typed()) if why else None)


def _page(
    request: HttpRequest,
    file: File,
    form: EligibilityForm,
    declared: EligibilityDeclaration | None = None,
    why: ReasonForm | None = None,
) -> HttpResponse:
    form.ready()
    file.at = AT
    refused = bool(form.refusals or (why and why.refusals))
    context = {
        "title": "Rectifier l’éligibilité" if declared else "Déclarer l’éligibilité",
        "trail": trail(),
        "file": file,
        "form": form,
        "why": why,
        "declared": declared,
        "priority": priority_of(file.journey.known, file.on, file.book, **form.told()),
        "declarant": file.acting.practitioner,
        "profession": profession_label(file.acting.profession, file.on, file.book),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if refused else HTTPStatus.OK
    return render(request, "professional/dossier/eligibility_form.html", context, status=status)

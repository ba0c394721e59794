"""What is done on a person's flu page: deliver the vaccine, hand a voucher over, inject, cancel (RP-23 to RP-27)."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from allant.accounts.access import requires
from allant.accounts.log import log_request
from allant.accounts.models import LoggedAction
from allant.accounts.roles import Role
from allant.flu.deliveries import DeliveryRefused, cancel_delivery, deliver
from allant.flu.injections import InjectionRefused, cancel_injection, inject
from allant.flu.standings import INJECTED
from allant.flu.vouchers import VoucherRefused, hand_over
from allant.immunizations.models import Source
from allant.pages.base.errors import Missing
from allant.pages.professional.dossier_form import DossierForm
from allant.pages.professional.flu_access import by, for_flu
from allant.pages.professional.flu_file import FluFile, file_of, page
from allant.pages.professional.flu_find import present
from allant.pages.professional.flu_forms import DeliveryForm, FluReasonForm, InjectionForm, VoucherForm

FIELDS = {
    "vaccine": "vaccine", "age": "vaccine", "lot": "lot", "prescription": "prescriber_name",
    "prescriber": "prescriber_profession", "prescribed_on": "prescribed_on",
}  # fmt: skip
"""The field that a refusal of a delivery is about."""
NO_DELIVERY = "Aucun vaccin délivré cette saison : il n'y a rien à annuler."


@requires(Role.HEALTH_PROFESSIONAL)
@require_POST
@for_flu(may="deliver")
@sensitive_post_parameters()
def delivery(request: HttpRequest, person_id: int) -> HttpResponse:
    """Deliver the vaccine: the voucher shown is spent with it."""
    found = file_of(request, person_id)
    form = DeliveryForm(request.POST, book=found.book, on=found.on, prescribers=found.way.prescribers)

    def act() -> str:
        given = deliver(
            person=found.person, handed=form.handed(), by=by(request), on=found.on, book=found.book, source_key=form.key,
            voucher=found.voucher, prescription=form.prescription(),
        )  # fmt: skip
        return f"Vaccin délivré, lot {given.lot} : le bon ne peut plus servir." if given.voucher else "Vaccin délivré."

    return _done(request, found, form, "delivery_form", "vaccin délivré", act)


@requires(Role.HEALTH_PROFESSIONAL)
@require_POST
@for_flu(may="hand")
@sensitive_post_parameters()
def voucher(request: HttpRequest, person_id: int) -> HttpResponse:
    """Hand a voucher over after checking the eligibility; the former one is dead."""
    found = file_of(request, person_id)
    form = VoucherForm(request.POST, book=found.book, on=found.on, age=found.case.age)

    def act() -> str:
        made = hand_over(
            person=found.person, group=form.cleaned_data["group"], by=by(request), on=found.on, book=found.book,
            source_key=form.key,
        )  # fmt: skip
        present(request, found.person, made)
        return "Bon remis. Imprimez-le pour la personne, ou délivrez le vaccin."

    return _done(request, found, form, "voucher_form", "bon remis", act)


@requires(Role.HEALTH_PROFESSIONAL)
@require_POST
@for_flu(may="inject")
@sensitive_post_parameters()
def injection(request: HttpRequest, person_id: int) -> HttpResponse:
    """Record the injection of the vaccine delivered."""
    found = file_of(request, person_id)
    form = InjectionForm(request.POST, book=found.book, on=found.on)

    def act() -> str:
        dose = inject(
            person=found.person, on=form.cleaned_data["occurred_on"], by=by(request), today=found.on, book=found.book,
            source=Source.TELESERVICE, source_key=form.key, site=form.cleaned_data["site"],
        )  # fmt: skip
        return f"Injection enregistrée : {dose.get_vaccine_display()}, lot {dose.lot}."

    return _done(request, found, form, "injection_form", "injection enregistrée", act)


@requires(Role.HEALTH_PROFESSIONAL)
@require_POST
@for_flu(may="find")
def cancellation(request: HttpRequest, person_id: int) -> HttpResponse:
    """Cancel the last act, recorded by mistake: the injection, else the delivery."""
    found, form = file_of(request, person_id), FluReasonForm(request.POST)
    given = found.standing.delivery if found.standing else None
    if given is None:
        raise Missing(NO_DELIVERY)

    def act() -> str:
        reason = form.cleaned_data["reason"]
        if found.state == INJECTED:
            cancel_injection(delivery=given, by=by(request), reason=reason)
            return "Injection annulée : le vaccin reste délivré, à injecter."
        cancel_delivery(delivery=given, by=by(request), reason=reason)
        return "Délivrance annulée : le bon peut de nouveau servir."

    return _done(request, found, form, "reason_form", "acte annulé", act)


def _done(
    request: HttpRequest, found: FluFile, form: DossierForm, name: str, what: str, act: Callable[[], str]
) -> HttpResponse:
    """Do it with its entry of the access log, and say it; or show the form again with what was refused."""
    if form.is_valid():
        try:
            with transaction.atomic():
                said = act()
                log_request(request, LoggedAction.WRITE, f"grippe : {what}", [found.person.pk])
        except (DeliveryRefused, VoucherRefused, InjectionRefused) as refused:
            field = FIELDS.get(getattr(refused, "code", ""))
            form.refuse({field: [str(refused)]})
        else:
            messages.success(request, said)
            return redirect("flu_file", found.person.pk)
    form.ready()
    log_request(request, LoggedAction.REFUSED, f"grippe : {what}, refusé", [found.person.pk])
    return page(request, file_of(request, found.person.pk), HTTPStatus.UNPROCESSABLE_ENTITY, **{name: form})

"""Administrative cancellation, in two steps: what will be cancelled is read with its count, then confirmed. Irreversible."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Count
from django.db.models.functions import TruncDate
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from allant.accounts.access import requires
from allant.accounts.log import log_request
from allant.accounts.models import LoggedAction
from allant.accounts.roles import Role
from allant.accounts.sign_in import actor_of
from allant.immunizations.actions import CorrectionRefused, cancel_administratively
from allant.immunizations.mass_cancellation import cancel_window
from allant.immunizations.models import Dose, VolumeAlert
from allant.pages.administration.cancellation_forms import Confirmation, DoseCancellation, WindowForm
from allant.pages.administration.forms import posted
from allant.pages.administration.recorded import persons_of, recorded_doses, standing
from allant.pages.administration.territory import check_whole_country

SHOWN = 200
CANCELLATIONS_SHOWN = 20


def _trail(*more: tuple[str, str]) -> list[tuple[str, str]]:
    return [("Administration", reverse("administration_home")), *more]


@requires(Role.ADMINISTRATOR)
@require_http_methods(["GET", "HEAD", "POST"])
def cancellations(request: HttpRequest) -> HttpResponse:
    """All that an account recorded in a period: form, then page to read and confirm, then done."""
    check_whole_country(request)
    form = WindowForm(posted(request), initial=_of_alert(request))
    if request.method == "POST" and form.is_valid() and (answer := _cancel_or_review(request, form)):
        return answer
    context = {
        "title": "Annuler des doses",
        "trail": _trail(),
        "form": form,
        "cancelled": Dose.objects.cancelled_administratively().count(),
        "groups": _last_cancellations(),
    }
    return render(request, "administration/cancellations.html", context, status=422 if form.errors else 200)


def _cancel_or_review(request: HttpRequest, form: WindowForm) -> HttpResponse | None:
    """The confirmed cancellation done, or the page to confirm; None when there is nothing to cancel."""
    if "confirm" not in request.POST:
        return _review_window(request, form)
    confirmation = Confirmation(request.POST)
    if not confirmation.is_valid():
        return _review_window(request, form, confirmation.first_error)
    try:
        return _cancel_window(request, form, confirmation.cleaned_data["expected"])
    except CorrectionRefused as refused:
        return _review_window(request, form, str(refused))


def _of_alert(request: HttpRequest) -> dict[str, Any]:
    """The account and window of an alert, to start from."""
    asked = request.GET.get("alerte", "")
    alert = VolumeAlert.objects.filter(pk=int(asked)).first() if asked.isdecimal() and len(asked) < 10 else None
    return {"actor": alert.actor, "start": alert.window_start, "end": alert.window_end} if alert else {}


def _review_window(request: HttpRequest, form: WindowForm, error: str = "") -> HttpResponse | None:
    doses = form.window.doses()
    count = doses.count()
    if not count:
        form.add_error("actor", "Aucune dose de ce compte ne compte encore dans cette période : vérifiez le compte et les dates.")
        return None
    shown = list(recorded_doses(doses)[:SHOWN])
    log_request(request, LoggedAction.READ, "doses à annuler d'un compte", persons_of(shown))
    return _to_confirm(request, form, shown, count, error, back=reverse("administration_cancellations"))


def _to_confirm(
    request: HttpRequest, form: WindowForm | DoseCancellation, doses: list[Dose], count: int, error: str, *, back: str
) -> HttpResponse:
    context = {
        "title": "Confirmer l'annulation",
        "trail": _trail(("Annuler des doses", reverse("administration_cancellations"))),
        "fields": [(name, form[name].value()) for name in form.fields],
        "count": count,
        "doses": doses,
        "reason": form.cleaned_data["reason"],
        "error": error,
        "back": back,
    }
    return render(request, "administration/confirm.html", context, status=422 if error else 200)


def _cancel_window(request: HttpRequest, form: WindowForm, count: int) -> HttpResponse:
    reason = form.cleaned_data["reason"]
    with transaction.atomic():  # it cannot be undone: never without its entry of the access log
        persons = cancel_window(window=form.window, expected=count, by=str(actor_of(request)), reason=reason)
        log_request(request, LoggedAction.WRITE, "annulation administrative des doses d'un compte", persons)
    messages.success(request, f"{count} dose(s) annulée(s), {len(persons)} personne(s) concernée(s).")
    return redirect("administration_cancellations")


@requires(Role.ADMINISTRATOR)
@require_http_methods(["GET", "HEAD", "POST"])
def cancel_dose(request: HttpRequest, dose: int) -> HttpResponse:
    """One dose: why, then page to read and confirm, then done."""
    check_whole_country(request)
    found = get_object_or_404(recorded_doses(Dose.objects.all()), pk=dose)
    form = DoseCancellation(posted(request))
    if request.method == "POST" and form.is_valid():
        confirmation = Confirmation(request.POST)
        if "confirm" in request.POST and confirmation.is_valid():
            return _cancel_one(request, found, form.cleaned_data["reason"])
        if not found.ended_at:
            log_request(request, LoggedAction.READ, "dose à annuler", [standing(found).pk])
            error = confirmation.first_error if "confirm" in request.POST else ""
            return _to_confirm(request, form, [found], 1, error, back=request.path)
    log_request(request, LoggedAction.READ, "dose à annuler", [standing(found).pk])
    context = {
        "title": "Annuler une dose",
        "trail": _trail(("Annuler des doses", reverse("administration_cancellations"))),
        "dose": found,
        "doses": [found],
        "form": form,
    }
    return render(request, "administration/cancel_dose.html", context, status=422 if form.errors else 200)


def _cancel_one(request: HttpRequest, dose: Dose, reason: str) -> HttpResponse:
    try:
        with transaction.atomic():
            cancel_administratively(dose=dose, by=str(actor_of(request)), reason=reason)
            log_request(request, LoggedAction.WRITE, "annulation administrative d'une dose", [standing(dose).pk])
    except CorrectionRefused as refused:
        log_request(request, LoggedAction.REFUSED, "annulation administrative d'une dose", [standing(dose).pk])
        messages.error(request, str(refused))
    else:
        messages.success(request, "Dose annulée.")
    return redirect("administration_cancel_dose", dose=dose.pk)


def _last_cancellations() -> list[dict[str, Any]]:
    """The last ones, by day, author and reason: no person in it."""
    return list(
        Dose.objects.cancelled_administratively()
        .order_by()
        .annotate(day=TruncDate("ended_at"))
        .values("day", "ended_by", "end_reason", "recorded_by")
        .annotate(doses=Count("pk"))
        .order_by("-day", "-doses", "ended_by")[:CANCELLATIONS_SHOWN]
    )

"""Accounts that recorded more than is normal: what they recorded, and what is decided of it."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from allant.accounts.access import requires
from allant.accounts.log import log_request
from allant.accounts.models import LoggedAction
from allant.accounts.roles import Role
from allant.accounts.sign_in import actor_of
from allant.immunizations.actions import AlertRefused, close_alert
from allant.immunizations.models import COVID19, Dose, VolumeAlert
from allant.pages.administration.cancellation_forms import CloseAlert
from allant.pages.administration.forms import posted
from allant.pages.administration.recorded import persons_of, recorded_doses
from allant.pages.administration.territory import check_whole_country

ALERTS_A_PAGE, DOSES_A_PAGE = 25, 50


@requires(Role.ADMINISTRATOR)
@require_safe
def alert_list(request: HttpRequest) -> HttpResponse:
    """Open alerts, then closed ones on request."""
    check_whole_country(request)
    closed = request.GET.get("etat") == "clos"
    alerts = VolumeAlert.objects.filter(closed_at__isnull=not closed).select_related("practitioner")
    context = {
        "title": "Volumes anormaux",
        "trail": [("Administration", reverse("administration_home"))],
        "closed": closed,
        "page_obj": Paginator(alerts, ALERTS_A_PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "administration/alerts.html", context)


@requires(Role.ADMINISTRATOR)
@require_http_methods(["GET", "HEAD", "POST"])
def alert_page(request: HttpRequest, alert: int) -> HttpResponse:
    """One alert: what the account recorded in the window, whom for, and the decision that closes it."""
    check_whole_country(request)
    found = get_object_or_404(VolumeAlert.objects.select_related("practitioner"), pk=alert)
    form = CloseAlert(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            close_alert(alert=found, decision=form.cleaned_data["decision"], by=str(actor_of(request)))
        except AlertRefused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, "Alerte close : le compte peut de nouveau enregistrer.")
            return redirect("administration_alert", alert=found.pk)
    doses = Dose.objects.against(COVID19).filter(
        recorded_by=found.actor, source=found.source, recorded_at__gte=found.window_start, recorded_at__lt=found.window_end
    )
    page = Paginator(recorded_doses(doses), DOSES_A_PAGE).get_page(request.GET.get("page"))
    log_request(request, LoggedAction.READ, "volume anormal d'un compte", persons_of(page))
    context = {
        "title": f"Volume anormal n° {found.pk}",
        "trail": [("Administration", reverse("administration_home")), ("Volumes anormaux", reverse("administration_alerts"))],
        "alert": found,
        "form": form,
        "page_obj": page,
        "standing": doses.current().count(),
    }
    return render(request, "administration/alert.html", context, status=422 if form.errors else 200)

"""What a delegate hands over to a doctor at a visit: the list of their patients in ALD (VC-52), the order form (VC-53)."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from allant import clock
from allant.accounts.access import requires
from allant.accounts.roles import Role
from allant.accounts.sign_in import actor_of
from allant.campaigns.professionals.visits import VisitRefused
from allant.doctrine import rules
from allant.pages.base.sheets import sheet
from allant.pages.campaigns.visit_views import fund_of, visit_of
from allant.supply.order_form import order_form
from allant.vaccination.visits import hand_over_ald_list

HEADER = ("Nom", "Prénoms", "Date de naissance", "Âge", "ALD", "Doses reçues")


@requires(Role.DELEGATE)
@require_POST
def ald_list(request: HttpRequest, visit: int) -> HttpResponse:
    """The doctor's list, to print or as a file: its delivery is logged with each patient. The answer has no address."""
    row, today = visit_of(request, visit), clock.today()
    try:
        delivery = hand_over_ald_list(row, fund=fund_of(request), on=today, by=actor_of(request))
    except VisitRefused as refused:
        messages.error(request, str(refused))
        return redirect("visit", visit=row.pk)
    request.access_logged = True  # type: ignore[attr-defined]
    rows = [
        (each.family_name, each.given_names, each.birth_date, each.age, " ; ".join(each.ald_names), each.dose_count)
        for each in delivery.patients
    ]
    if "as_file" in request.POST:
        return sheet(f"patients-ald-{today}.csv", HEADER, rows)
    trail = [("Visites aux médecins", reverse("visits")), (f"Visite à {row.practitioner}", reverse("visit", args=[row.pk]))]
    context = {"title": "Patients en ALD", "trail": trail, "visit": row, "header": HEADER, "rows": rows, "today": today}
    return render(request, "campaigns/visit_ald.html", context)


@requires(Role.DELEGATE)
@require_safe
def order_form_paper(request: HttpRequest, visit: int) -> HttpResponse:
    """The order form of the doctor, filled with what may be ordered today."""
    row, today = visit_of(request, visit), clock.today()
    content = order_form(row.practitioner, today, rules.as_known_on(today))
    headers = {"Content-Disposition": f'inline; filename="bon-de-commande-{today}.pdf"', "Cache-Control": "no-store"}
    return HttpResponse(content, content_type="application/pdf", headers=headers)

"""Weekly allotments of doses and the orders placed against them (VC-53)."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from allant import clock
from allant.accounts.access import requires
from allant.accounts.roles import Role
from allant.accounts.sign_in import actor_of
from allant.doctrine import rules
from allant.immunizations.models import Vaccine
from allant.pages.administration.allotment_forms import AllotmentForm, StepForm
from allant.pages.administration.forms import posted
from allant.pages.administration.wording import ORDER_STATES
from allant.pages.base.sheets import sheet
from allant.supply.actions import NEXT, OrderRefused, advance, set_allotment
from allant.supply.models import Allotment, DoseOrder, OrderStep
from allant.supply.ordering import doses_per_vial

ALLOTMENTS_A_PAGE, ORDERS_A_PAGE = 30, 100
HEADER = (
    "Semaine", "Vaccin", "RPPS", "Médecin", "Département", "Flacons", "Doses", "Pharmacie", "Code postal", "État", "Commandée le",
)  # fmt: skip


def _trail() -> list[tuple[str, str]]:
    return [("Administration", reverse("administration_home")), ("Allocations", reverse("administration_allotments"))]


@requires(Role.ADMINISTRATOR)
@require_http_methods(["GET", "HEAD", "POST"])
def allotments(request: HttpRequest) -> HttpResponse:
    """What each doctor may order by week, entered here, with what was ordered."""
    form = AllotmentForm(posted(request))
    if request.method == "POST" and form.is_valid():
        set_allotment(**form.cleaned_data, by=str(actor_of(request)), at=clock.now())
        messages.success(request, "Allocation enregistrée.")
        return redirect("administration_allotments")
    page = Paginator(Allotment.objects.with_totals(), ALLOTMENTS_A_PAGE).get_page(request.GET.get("page"))
    today = clock.today()
    per_vial = doses_per_vial(rules.as_known_on(today), today)
    context = {
        "title": "Allocations de doses",
        "trail": _trail()[:1],
        "form": form,
        "page_obj": page,
        "rows": [(allotment, int(allotment.ordered * per_vial.get(allotment.vaccine, 0))) for allotment in page],
    }
    return render(request, "administration/allotments.html", context, status=422 if form.errors else 200)


@requires(Role.ADMINISTRATOR)
@require_safe
def orders(request: HttpRequest, allotment: int) -> HttpResponse:
    """Orders of one vaccine and week, to confirm and follow."""
    found = get_object_or_404(Allotment, pk=allotment)
    orders_of_it = DoseOrder.objects.filter(allotment=found).with_state().with_names().order_by("practitioner__family_name", "pk")
    page = Paginator(orders_of_it, ORDERS_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "title": f"Commandes : {found}",
        "trail": _trail(),
        "allotment": found,
        "page_obj": page,
        "rows": [(order, ORDER_STATES[order.state], NEXT[order.state]) for order in page],
    }
    return render(request, "administration/orders.html", context)


@requires(Role.ADMINISTRATOR)
@require_POST
def order_step(request: HttpRequest, allotment: int) -> HttpResponse:
    """Add a step to one order, or to every order of the allotment that may take it."""
    found = get_object_or_404(Allotment, pk=allotment)
    form = StepForm(request.POST)
    if form.is_valid():
        _advance(request, found, **form.cleaned_data)
    else:
        messages.error(request, "Étape non comprise : rechargez la page et recommencez. Rien n'a été changé.")
    return redirect("administration_orders", allotment=found.pk)


def _advance(request: HttpRequest, allotment: Allotment, *, order: int | None, step: str, reason: str) -> None:
    chosen = DoseOrder.objects.filter(allotment=allotment).with_state()
    if order is not None:
        chosen = chosen.filter(pk=order)
    elif step == OrderStep.CANCELLED:
        messages.error(request, "Les commandes s'annulent une par une, avec un motif.")
        return
    done = 0
    for each in chosen:
        if order is None and step not in NEXT[each.state]:
            continue
        try:
            done += advance(order=each, step=step, by=str(actor_of(request)), at=clock.now(), reason=reason)
        except OrderRefused as refused:
            messages.error(request, str(refused))
            return
    messages.success(request, f"{done} commande(s) : « {OrderStep(step).label.lower()} ».")


@requires(Role.ADMINISTRATOR)
@require_safe
def orders_sheet(request: HttpRequest, allotment: int) -> HttpResponse:
    """The orders as a file, for the distributor."""
    found = get_object_or_404(Allotment, pk=allotment)
    per_vial = doses_per_vial(rules.as_known_on(clock.today()), clock.today()).get(found.vaccine, 0)
    placed = DoseOrder.objects.filter(allotment=found).with_state().with_names().order_by("practitioner__family_name", "pk")
    rows = (
        (
            found.week, Vaccine(found.vaccine).label, order.practitioner.rpps, order.practitioner,
            order.practitioner.departement_code, order.vials, order.vials * per_vial, order.pharmacy.name,
            order.pharmacy.postcode, ORDER_STATES[order.state].label, order.ordered_at,
        )
        for order in placed
    )  # fmt: skip
    return sheet(f"commandes-{found.vaccine}-{found.week}.csv", HEADER, rows)

"""Orders of doses by a town doctor, against the week's allotment, delivered to a pharmacy (VC-53)."""

from __future__ import annotations

from uuid import uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from allant import clock
from allant.accounts.access import requires
from allant.accounts.roles import Role
from allant.directory.actions import LocationRefused, location_for
from allant.directory.models import Practitioner
from allant.doctrine import RuleBook, rules
from allant.pages.base.sheets import sheet
from allant.pages.professional.acting import acting, for_teleservice
from allant.pages.professional.practice_access import orderer_of
from allant.pages.professional.practice_order_form import Cancelling, OrderForm, pharmacy_used_last
from allant.supply.actions import OrderRefused, advance, order_vials
from allant.supply.models import STATES, Allotment, DoseOrder, OrderStep
from allant.supply.ordering import doses_per_vial, monday_of, town_orders

PHARMACY = "officine"
ORDERS_SHOWN = 60
HEADER = ("Semaine du", "Vaccin", "Flacons", "Doses", "Pharmacie", "Code postal", "État", "Commandée le")


@requires(Role.HEALTH_PROFESSIONAL)
@for_teleservice(may="record")
@require_http_methods(["GET", "HEAD", "POST"])
def orders(request: HttpRequest) -> HttpResponse:
    """What may be ordered now, the form, and the doctor's orders with their state."""
    today = clock.today()
    doctor = orderer_of(request, today)
    book = rules.as_known_on(today)
    open_ = open_allotments(doctor, book)
    form = OrderForm(request.POST if request.method == "POST" else None, allotments=open_, initial=_proposed(doctor, open_))
    if request.method == "POST" and form.is_valid() and _order(request, doctor, form, book):
        return redirect("practice_orders")
    per_vial = doses_per_vial(book, today)
    rule = town_orders(book, today)
    context = {
        "title": "Commander des doses",
        "trail": [("Espace professionnel", reverse("professional_home")), ("Vaccin Covid", reverse("teleservice"))],
        "form": form,
        "proposed": bool(form.initial.get("pharmacy")) and not form.is_bound,
        "open": [
            (one, max(0, one.vials_per_doctor - one.ordered), per_vial[one.vaccine], rule.last_day(one.week)) for one in open_
        ],
        "rows": [(order, int(order.vials * per_vial[order.allotment.vaccine]), STATES[order.state]) for order in _placed(doctor)],
    }
    return render(request, "professional/practice/orders.html", context, status=422 if form.errors else 200)


def open_allotments(doctor: Practitioner, book: RuleBook) -> list[Allotment]:
    """The allotments of coming weeks that the doctor may order from today."""
    today = clock.today()
    rule = town_orders(book, today)
    known = Allotment.objects.from_week(monday_of(today)).for_doctor(doctor)
    return [one for one in known if rule.accepts(one.vaccine, one.week, today)]


def _proposed(doctor: Practitioner, open_: list[Allotment]) -> dict[str, object]:
    """The pharmacy used last, marked as proposed; the allotment when there is only one."""
    first = {"allotment": str(open_[0].pk)} if len(open_) == 1 else {}
    return {"key": str(uuid4()), **first, **pharmacy_used_last(doctor)}


def _order(request: HttpRequest, doctor: Practitioner, form: OrderForm, book: RuleBook) -> bool:
    """Place the order; False when the form must be shown again with the refusal."""
    wanted, by = form.cleaned_data, acting(request).by
    try:
        pharmacy = location_for(
            kind=PHARMACY,
            name=wanted["pharmacy"],
            postcode=wanted["commune"].postcode,
            commune_code=wanted["commune"].code,
            by=by,
        )
        order = order_vials(
            doctor=doctor,
            allotment=wanted["allotment"],
            vials=wanted["vials"],
            pharmacy=pharmacy,
            source_key=f"order:{doctor.pk}:{wanted['key']}",
            by=by,
            at=clock.now(),
            book=book,
        )
    except (OrderRefused, LocationRefused) as refused:
        form.add_error(None, str(refused))
        return False
    messages.success(request, f"{order.vials} flacon(s) commandé(s), livraison : {pharmacy.name}.")
    return True


@requires(Role.HEALTH_PROFESSIONAL)
@for_teleservice(may="record")
@require_POST
def order_cancel(request: HttpRequest, order: int) -> HttpResponse:
    """Cancel one's own order while nobody confirmed it."""
    doctor = orderer_of(request, clock.today())
    found = get_object_or_404(DoseOrder.objects.placed_by(doctor).with_state(), pk=order)
    form = Cancelling(request.POST)
    if not form.is_valid():
        messages.error(request, "Annulation sans motif : écrivez pourquoi la commande est annulée. Rien n'a été changé.")
    elif found.state not in ("ordered", OrderStep.CANCELLED):
        messages.error(request, f"Commande « {STATES[found.state].lower()} » : appelez l'assistance pour l'annuler.")
    else:
        _cancel(request, found, form.cleaned_data["reason"])
    return redirect("practice_orders")


def _cancel(request: HttpRequest, order: DoseOrder, reason: str) -> None:
    try:
        advance(order=order, step=OrderStep.CANCELLED, by=acting(request).by, at=clock.now(), reason=reason)
    except OrderRefused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, "Commande annulée : ses flacons sont de nouveau disponibles pour vous.")


@requires(Role.HEALTH_PROFESSIONAL)
@for_teleservice(may="record")
@require_safe
def orders_sheet(request: HttpRequest) -> HttpResponse:
    """The doctor's orders as a file."""
    doctor = orderer_of(request, clock.today())
    per_vial = doses_per_vial(rules.as_known_on(clock.today()), clock.today())
    rows = (
        (
            order.allotment.week, order.allotment.get_vaccine_display(), order.vials,
            int(order.vials * per_vial[order.allotment.vaccine]), order.pharmacy.name, order.pharmacy.postcode,
            STATES[order.state], order.ordered_at,
        )
        for order in _placed(doctor)
    )  # fmt: skip
    return sheet("mes-commandes.csv", HEADER, rows)


def _placed(doctor: Practitioner) -> list[DoseOrder]:
    return list(DoseOrder.objects.placed_by(doctor).with_state().with_names()[:ORDERS_SHOWN])

"""Vaccine lots: kept, recalled, loaded by file, and those used without being listed (VC-30)."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Max, Min
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from allant import clock
from allant.accounts.access import requires
from allant.accounts.roles import Role
from allant.accounts.sign_in import actor_of
from allant.immunizations.actions import LotRefused, doses_of_lot, load_lots_file, recall_lot, save_lot
from allant.immunizations.models import Dose, Lot, Vaccine
from allant.pages.administration.forms import posted, sent
from allant.pages.administration.lot_forms import Expiry, LotFile, LotFilter, NewLot, Recall
from allant.pages.administration.wording import lot_state

LOTS_A_PAGE = 50


def trail(*more: tuple[str, str]) -> list[tuple[str, str]]:
    """The pages above one about lots."""
    return [("Administration", reverse("administration_home")), ("Lots", reverse("administration_lots")), *more]


@requires(Role.ADMINISTRATOR)
@require_safe
def lot_list(request: HttpRequest) -> HttpResponse:
    """Lots by vaccine and state."""
    today = clock.today()
    lots = Lot.objects.all()
    form = LotFilter(request.GET or None)
    wanted = form.cleaned_data if form.is_valid() else {"vaccin": "", "etat": ""}
    if wanted["vaccin"]:
        lots = lots.filter(vaccine=wanted["vaccin"])
    match wanted["etat"]:
        case "usable":
            lots = lots.usable_on(today)
        case "expired":
            lots = lots.expired_on(today)
        case "recalled":
            lots = lots.recalled()
    page = Paginator(lots, LOTS_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "title": "Lots de vaccin",
        "trail": trail()[:1],
        "form": form,
        "page_obj": page,
        "rows": [(lot, lot_state(lot, today)) for lot in page],
        "today": today,
    }
    return render(request, "administration/lots.html", context)


@requires(Role.ADMINISTRATOR)
@require_http_methods(["GET", "HEAD", "POST"])
def lot_add(request: HttpRequest) -> HttpResponse:
    """Add a lot; one used without being listed comes filled in."""
    initial = {"vaccine": request.GET.get("vaccin", ""), "number": request.GET.get("lot", "")[:40]}
    form = NewLot(posted(request), initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            lot = save_lot(**form.cleaned_data, recalled_on=None, by=str(actor_of(request)))
        except LotRefused as refused:
            form.add_error("number", str(refused))
        else:
            messages.success(request, f"Lot {lot.number} enregistré.")
            return redirect("administration_lot", lot=lot.pk)
    context = {"title": "Ajouter un lot", "trail": trail(), "form": form, "button": "Ajouter le lot"}
    return render(request, "administration/form.html", context, status=422 if form.errors else 200)


@requires(Role.ADMINISTRATOR)
@require_http_methods(["GET", "HEAD", "POST"])
def lot_page(request: HttpRequest, lot: int) -> HttpResponse:
    """One lot: its expiry, its recall, how many doses were given of it."""
    found = get_object_or_404(Lot, pk=lot)
    expiry = Expiry(request.POST if "change" in request.POST else None, initial={"expires_on": found.expires_on})
    recall = Recall(request.POST if "recall" in request.POST else None, initial={"recalled_on": found.recalled_on})
    if request.method == "POST" and (answer := _changed(request, found, expiry, recall)):
        return answer
    today = clock.today()
    context = {
        "title": f"Lot {found.number}",
        "trail": trail(),
        "lot": found,
        "state": lot_state(found, today),
        "expiry": expiry,
        "recall": recall,
        "dose_count": doses_of_lot(found).count(),
        "today": today,
    }
    return render(request, "administration/lot.html", context, status=422 if expiry.errors or recall.errors else 200)


def _changed(request: HttpRequest, lot: Lot, expiry: Expiry, recall: Recall) -> HttpResponse | None:
    """Apply the form that was sent; None when it must be shown again."""
    by = str(actor_of(request))
    form = expiry if expiry.is_bound else recall
    if not form.is_bound or not form.is_valid():
        return None
    try:
        if form is recall:
            recall_lot(lot=lot, on=recall.cleaned_data["recalled_on"], by=by)
            messages.success(request, f"Lot {lot.number} rappelé : prévenez les personnes vaccinées avec ce lot.")
            return redirect("administration_lot_doses", lot=lot.pk)
        expires_on = expiry.cleaned_data["expires_on"]
        save_lot(vaccine=lot.vaccine, number=lot.number, expires_on=expires_on, recalled_on=lot.recalled_on, by=by)
    except LotRefused as refused:
        form.add_error(None, str(refused))
        return None
    messages.success(request, "Péremption enregistrée.")
    return redirect("administration_lot", lot=lot.pk)


@requires(Role.ADMINISTRATOR)
@require_http_methods(["GET", "HEAD", "POST"])
def lot_file(request: HttpRequest) -> HttpResponse:
    """Add and update lots by file: the good lines enter, the others are listed with what to correct."""
    form = LotFile(*sent(request))
    report = None
    if request.method == "POST" and form.is_valid():
        try:
            report = load_lots_file(form.cleaned_data["file"].read(), by=str(actor_of(request)))
        except LotRefused as refused:
            form.add_error("file", str(refused))
    context = {"title": "Charger des lots par fichier", "trail": trail(), "form": form, "report": report}
    return render(request, "administration/lot_file.html", context, status=422 if form.errors else 200)


@requires(Role.ADMINISTRATOR)
@require_safe
def unlisted_lots(request: HttpRequest) -> HttpResponse:
    """Lot numbers given that no list holds: to add, or to have corrected (VC-30)."""
    groups = (
        Dose.objects.with_unlisted_lot()
        .order_by()
        .values("vaccine", "lot_number")
        .annotate(doses=Count("pk"), recorders=Count("recorded_by", distinct=True))
        .annotate(first=Min("occurred_on"), last=Max("occurred_on"))
        .order_by("-doses", "vaccine", "lot_number")
    )
    page = Paginator(groups, LOTS_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "title": "Doses d'un lot hors liste",
        "trail": trail(),
        "page_obj": page,
        "rows": [(group, Vaccine(group["vaccine"]).label) for group in page],
    }
    return render(request, "administration/unlisted.html", context)

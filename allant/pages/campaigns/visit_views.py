"""Visits of a fund's delegate (DAM, CIS) to doctors (TG-13): the list, the day to print, one visit planned and recorded."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from allant import clock
from allant.accounts.access import requires
from allant.accounts.roles import WHOLE_COUNTRY, Role
from allant.accounts.sign_in import actor_of, memberships_of
from allant.campaigns.models import Campaign, ProfessionalVisit
from allant.campaigns.professionals.visits import Fund, VisitRefused, list_visits, outcomes, plan_visit, record_visit, visits_of
from allant.doctrine import RuleBook, rules
from allant.pages.base.sheets import sheet
from allant.pages.campaigns.workshop_forms import DATE

VISITS_A_PAGE = 50
HEADER = (
    "Médecin", "RPPS", "Département", "Campagne", "Patients encore à vacciner", "Prévue le", "Faite le", "Suite",
    "Liste ALD remise", "Bon de commande remis", "Remarque",
)  # fmt: skip
STATES = {"a-faire": "À faire", "prevues": "Prévues", "faites": "Faites"}


class ListForm(forms.Form):
    """The campaign whose patients are counted."""

    campaign = forms.ModelChoiceField(
        label="Campagne", queryset=Campaign.objects.none(), to_field_name="slug", empty_label=None,
        widget=forms.Select(attrs={"class": "fr-select"}),
        error_messages={"required": "Choisissez la campagne.", "invalid_choice": "Cette campagne n'est pas dans la liste."},
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["campaign"].queryset = Campaign.objects.filter(medical=False).exclude(act="").order_by("-starts_on", "title")


class PlanForm(forms.Form):
    """The day of a visit, or none."""

    planned_on = forms.DateField(label="Jour prévu", required=False, help_text="Vide : sans date.", widget=DATE)


class VisitForm(forms.Form):
    """What came of a visit."""

    visited_on = forms.DateField(label="Jour de la visite", widget=DATE)
    outcome = forms.ChoiceField(label="Suite", widget=forms.Select(attrs={"class": "fr-select"}))
    order_form_given = forms.BooleanField(label="Bon de commande remis", required=False)
    note = forms.CharField(
        label="Remarque", required=False, max_length=1_000, help_text="Sans nom ni numéro de patient.",
        widget=forms.Textarea(attrs={"class": "fr-input", "rows": 3}),
    )  # fmt: skip

    def __init__(self, *args: Any, book: RuleBook, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = outcomes(book, book.known_on)
        self.fields["outcome"].choices = [("", "Choisir"), *((code, row["label"]) for code, row in known.items())]


def fund_of(request: HttpRequest) -> Fund:
    """The fund that the delegate acts for, with its département."""
    structure = actor_of(request).structure
    held = [each for each in memberships_of(request) if each.role == Role.DELEGATE and each.structure_code == structure]
    place = held[0].departement_code if held else ""
    return Fund(structure, "" if place == WHOLE_COUNTRY else place)


def visit_of(request: HttpRequest, visit: int) -> ProfessionalVisit:
    """The visit, when it is of the delegate's fund; another fund's is not found."""
    found = visits_of(fund_of(request)).filter(pk=visit).first()
    if found is None:
        raise Http404("Aucune visite de votre caisse ne porte ce numéro.")
    return found


@requires(Role.DELEGATE)
@require_http_methods(["GET", "HEAD", "POST"])
def visit_list(request: HttpRequest) -> HttpResponse:
    """The fund's visits; a list of doctors is added for a campaign."""
    fund, today = fund_of(request), clock.today()
    book = rules.as_known_on(today)
    form = ListForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        campaign = form.cleaned_data["campaign"]
        try:
            added = list_visits(fund=fund, campaign=campaign, on=today, book=book, by=str(actor_of(request)))
        except VisitRefused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, _said(added, visits_of(fund).filter(campaign=campaign).exists()))
        return redirect("visits")
    state = request.GET.get("etat", "")
    found = _in_state(visits_of(fund), state)
    page = Paginator(found, VISITS_A_PAGE).get_page(request.GET.get("page"))
    labels = outcomes(book, today)
    context = {
        "title": "Visites aux médecins",
        "form": form,
        "page_obj": page,
        "rows": [(visit, labels.get(visit.outcome, {}).get("label", "")) for visit in page],
        "states": STATES,
        "state": state if state in STATES else "",
        "today": today,
        "planned_today": visits_of(fund).filter(planned_on=today, visited_on=None).count(),
    }
    return render(request, "campaigns/visits.html", context, status=422 if form.errors else 200)


def _said(added: int, listed: bool) -> str:
    if added:
        return f"{added} médecin{'s' if added > 1 else ''} sur la liste."
    if listed:
        return "Aucun médecin de plus : la liste est à jour."
    return "Aucun médecin de votre département n'a de patient encore à vacciner pour cette campagne."


def _in_state(found: Any, state: str) -> Any:
    match state:
        case "a-faire":
            return found.filter(visited_on=None)
        case "prevues":
            return found.filter(visited_on=None).exclude(planned_on=None).order_by("planned_on", "-patients_to_vaccinate")
        case "faites":
            return found.exclude(visited_on=None).order_by("-visited_on", "-pk")
        case _:
            return found


@requires(Role.DELEGATE)
@require_safe
def visits_of_day(request: HttpRequest) -> HttpResponse:
    """The visits of a day on one page to print: today, or the day asked."""
    form = PlanForm({"planned_on": request.GET.get("jour") or clock.today().isoformat()})
    if not form.is_valid():
        context = {"title": "Visites du jour", "trail": _trail(), "form": form, "visits": [], "day": None}
        return render(request, "campaigns/visits_day.html", context, status=400)
    day = form.cleaned_data["planned_on"]
    found = visits_of(fund_of(request)).filter(planned_on=day).order_by("-patients_to_vaccinate", "pk")
    context = {"title": "Visites du jour", "trail": _trail(), "form": form, "visits": found, "day": day}
    return render(request, "campaigns/visits_day.html", context)


@requires(Role.DELEGATE)
@require_safe
def visits_sheet(request: HttpRequest) -> HttpResponse:
    """The fund's visits as a file."""
    today = clock.today()
    labels = {code: row["label"] for code, row in outcomes(rules.as_known_on(today), today).items()}
    rows = (
        (
            str(each.practitioner), each.practitioner.rpps, each.practitioner.departement_code, each.campaign.title,
            each.patients_to_vaccinate, each.planned_on, each.visited_on, labels.get(each.outcome, each.outcome),
            "oui" if each.ald_list_given else "non", "oui" if each.order_form_given else "non", each.note,
        )
        for each in visits_of(fund_of(request))
    )  # fmt: skip
    return sheet(f"visites-{today}.csv", HEADER, rows)


@requires(Role.DELEGATE)
@require_safe
def visit_page(request: HttpRequest, visit: int) -> HttpResponse:
    """One visit: the doctor, what to hand over, the day, and what came of it."""
    return _page(request, visit_of(request, visit))


@requires(Role.DELEGATE)
@require_POST
def plan(request: HttpRequest, visit: int) -> HttpResponse:
    """Give it a day."""
    row, form = visit_of(request, visit), PlanForm(request.POST)
    if not form.is_valid():
        return _page(request, row, plan_form=form)
    day = form.cleaned_data["planned_on"]
    try:
        plan_visit(row, fund=fund_of(request), planned_on=day, on=clock.today(), by=str(actor_of(request)))
    except VisitRefused as refused:
        form.add_error(None, str(refused))
        return _page(request, row, plan_form=form)
    messages.success(request, f"Visite prévue le {day:%d/%m/%Y}." if day else "Visite remise sans date.")
    return redirect("visit", visit=row.pk)


@requires(Role.DELEGATE)
@require_POST
def record(request: HttpRequest, visit: int) -> HttpResponse:
    """Say what came of it."""
    row, today = visit_of(request, visit), clock.today()
    book = rules.as_known_on(today)
    form = VisitForm(request.POST, book=book)
    if not form.is_valid():
        return _page(request, row, form=form)
    try:
        record_visit(row, fund=fund_of(request), on=today, book=book, by=str(actor_of(request)), **form.cleaned_data)
    except VisitRefused as refused:
        form.add_error(None, str(refused))
        return _page(request, row, form=form)
    messages.success(request, "Visite enregistrée.")
    return redirect("visit", visit=row.pk)


def _page(
    request: HttpRequest, row: ProfessionalVisit, *, plan_form: PlanForm | None = None, form: VisitForm | None = None
) -> HttpResponse:
    today = clock.today()
    book = rules.as_known_on(today)
    context = {
        "title": f"Visite à {row.practitioner}",
        "trail": _trail(),
        "visit": row,
        "outcome": outcomes(book, today).get(row.outcome, {}).get("label", row.outcome),
        "plan_form": plan_form or PlanForm(initial={"planned_on": row.planned_on}),
        "form": form or VisitForm(book=book, initial={"visited_on": row.planned_on or today}),
    }
    return render(request, "campaigns/visit.html", context, status=422 if plan_form or form else 200)


def _trail() -> list[tuple[str, str]]:
    return [("Visites aux médecins", reverse("visits"))]

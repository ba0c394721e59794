"""Vaccination at home, for the fund: the requests of its territory, what is overdue, to whom each is given (AV-40)."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from allant import clock
from allant.accounts.access import requires
from allant.accounts.log import log_request
from allant.accounts.models import LoggedAction
from allant.accounts.roles import WHOLE_COUNTRY, Role
from allant.accounts.sign_in import actor_of, memberships_of
from allant.campaigns.models import HomeVisit, VisitEnd, VisitOrigin
from allant.campaigns.proposals import home_visits
from allant.campaigns.proposals.home_visits import VisitRefused
from allant.campaigns.reads import Mistyped, invitation_of_code
from allant.directory.models import Practitioner
from allant.doctrine import rules
from allant.pages.base.errors import Missing
from allant.pages.base.sheets import sheet

AGENTS = (Role.CALL_AGENT, Role.FRONT_DESK_AGENT, Role.PLATFORM_AGENT)
TITLE = "Vaccinations à domicile"
A_PAGE = 50
GONE = "Cette demande n'est pas, ou plus, de votre territoire : choisissez-la dans la liste."
STATES = {"retard": "En retard", "a-confier": "À confier", "a-dater": "Sans date", "datees": "Datées"}
HEADER = ("Demandée le", "Avant le", "Nom", "Prénoms", "Naissance", "Code postal", "Confiée à", "Visite prévue", "En retard")
WRONG = "Ce code n'est pas reconnu pour cette date de naissance : faites-les relire sur le courrier."


class AskForm(forms.Form):
    """The code of the letter and the birth date, read by the person on the telephone."""

    code = forms.CharField(label="Code du courrier", max_length=20, error_messages={"required": "Tapez le code du courrier."})
    birth_date = forms.DateField(
        label="Date de naissance", input_formats=["%d/%m/%Y", "%Y-%m-%d"], help_text="Par exemple 23/05/1945",
        error_messages={"invalid": "Date illisible : jour/mois/année.", "required": "Indiquez la date de naissance."},
    )  # fmt: skip

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        for name, field in self.fields.items():
            field.widget.attrs |= {"class": "fr-input", "autocomplete": "off", "aria-describedby": f"id_{name}_error"}


def territory(request: HttpRequest) -> frozenset[str] | None:
    """The départements of this session's agents' memberships; None: the whole country."""
    places = frozenset(held.departement_code for held in memberships_of(request) if held.role in AGENTS)
    return None if WHOLE_COUNTRY in places else places - {""}


def _seen(request: HttpRequest) -> QuerySet[HomeVisit]:
    return home_visits.in_departements(home_visits.open_visits(), territory(request))


def _in_state(found: QuerySet[HomeVisit], state: str, today: date) -> QuerySet[HomeVisit]:
    match state:
        case "retard":
            return found.filter(due_on__lt=today)
        case "a-confier":
            return found.filter(nurse=None)
        case "a-dater":
            return found.filter(planned_on=None).exclude(nurse=None)
        case "datees":
            return found.exclude(planned_on=None)
    return found


@requires(*AGENTS)
@never_cache
@require_safe
def visits(request: HttpRequest) -> HttpResponse:
    """The open requests of the territory, what is due first at the head."""
    state, today = request.GET.get("etat", ""), clock.today()
    seen = _seen(request)
    page = Paginator(_in_state(seen, state, today), A_PAGE).get_page(request.GET.get("page"))
    log_request(request, LoggedAction.READ, "vaccinations à domicile", [each.person_id for each in page] or None)
    context = {
        "title": TITLE, "page_obj": page, "states": STATES, "state": state if state in STATES else "", "today": today,
        "overdue": seen.filter(due_on__lt=today).count(),
    }  # fmt: skip
    return render(request, "proposals/visits.html", context)


@requires(*AGENTS)
@never_cache
@require_safe
def visits_csv(request: HttpRequest) -> HttpResponse:
    """The same for a spreadsheet."""
    today = clock.today()
    found = list(_seen(request))
    log_request(request, LoggedAction.READ, "fichier des vaccinations à domicile", [each.person_id for each in found] or None)
    rows = [
        (each.asked_on, each.due_on, each.person.family_name, each.person.given_names, each.person.birth_date,
         each.person.postcode, each.nurse or "", each.planned_on, "oui" if each.due_on < today else "")
        for each in found
    ]  # fmt: skip
    return sheet(f"domicile-{today}.csv", HEADER, rows)


@requires(*AGENTS)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ask_one(request: HttpRequest) -> HttpResponse:
    """A person on the telephone asks for a nurse: the code of their letter and their birth date say who they are."""
    form, today = AskForm(request.POST or None), clock.today()
    if request.method == "POST" and form.is_valid():
        try:
            found = invitation_of_code(form.cleaned_data["code"])
        except Mistyped:
            found = None
        if found is None or found.person.birth_date != form.cleaned_data["birth_date"]:
            form.add_error("code", WRONG)
        else:
            try:
                visit = home_visits.ask(
                    person=found.person, invitation=found, origin=VisitOrigin.PHONE, by=actor_of(request).name, at=clock.now(),
                    book=rules.as_known_on(today),
                )  # fmt: skip
            except VisitRefused as refusal:
                form.add_error(None, str(refusal))
            else:
                log_request(request, LoggedAction.WRITE, "vaccination à domicile demandée", [visit.person_id])
                messages.success(request, f"Demande enregistrée : une visite avant le {visit.due_on:%d/%m/%Y}.")
                return redirect("home_visits")
    context = {"title": "Demander une visite à domicile", "form": form, "trail": [(TITLE, reverse("home_visits"))]}
    return render(request, "proposals/ask.html", context, status=400 if form.errors else 200)


@requires(*AGENTS)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def one(request: HttpRequest, visit: int) -> HttpResponse:
    """One request: given to another nurse, or closed; what happened to it."""
    found = _seen(request).filter(pk=visit).first()
    if found is None:
        raise Missing(GONE)
    today = clock.today()
    book = rules.as_known_on(today)
    choices = list(home_visits.nurses(found.departement_code, book, today)[:200])
    if request.method == "POST":
        try:
            _changed(request, found, choices)
        except VisitRefused as refusal:
            messages.error(request, str(refusal))
        else:
            log_request(request, LoggedAction.WRITE, "vaccination à domicile modifiée", [found.person_id])
            messages.success(request, "Demande modifiée.")
        return redirect("home_visits")
    log_request(request, LoggedAction.READ, "vaccination à domicile", [found.person_id])
    ends = [(code, label) for code, label in VisitEnd.choices if code != VisitEnd.DONE]
    context = {
        "title": "Vaccination à domicile", "visit": found, "nurses": choices, "ends": ends, "today": today,
        "events": found.events.all(), "trail": [(TITLE, reverse("home_visits"))],
    }  # fmt: skip
    return render(request, "proposals/visit.html", context)


def _changed(request: HttpRequest, visit: HomeVisit, choices: list[Practitioner]) -> None:
    by, at = actor_of(request).name, clock.now()
    if ended_as := request.POST.get("end", ""):
        home_visits.close(visit, ended_as=ended_as, by=by, at=at)
        return
    nurse = next((each for each in choices if str(each.pk) == request.POST.get("nurse")), None)
    if nurse is None:
        raise VisitRefused("Choisissez un infirmier ou une infirmière de la liste.")
    home_visits.give(visit, nurse=nurse, by=by, at=at, book=rules.as_known_on(clock.today()))

"""Lists of the identity unit: the files to follow, a search by any number, dependants turning 18, the stock of old NNP."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from allant import clock
from allant.accounts.access import requires
from allant.accounts.log import log_request
from allant.accounts.models import LoggedAction
from allant.accounts.roles import Role
from allant.accounts.sign_in import actor_of
from allant.campaigns.models import Campaign
from allant.doctrine import rules
from allant.doctrine.errors import NotYetInForce
from allant.identification.follow_up import FOLLOW_UP, UNDER_NNP
from allant.identification.majority import NotAutonomous, coming_of_age, emancipate
from allant.identification.models import IdentityFile
from allant.identification.stock import SLUG, old_nnp
from allant.pages.base.errors import Missing
from allant.pages.identity.forms import NewRequest, NumberSearch
from allant.pages.identity.territory import check, departements_of, files_of, fund_of
from allant.people.models import Person

A_PAGE, SOON = 25, 14
TRAIL = [("Identification", "/identite/")]
STATES = {state.name: state.label for process in (FOLLOW_UP, UNDER_NNP) for state in process.states if not state.final}


@requires(Role.IDENTITY_AGENT)
@require_safe
def files(request: HttpRequest) -> HttpResponse:
    """The files that go on, what is due first on top; by state."""
    state = request.GET.get("etat", "")
    standing = files_of(request).standing()
    shown = standing.in_state(state) if state in STATES else standing.waiting_for_number() if state == "sans-numero" else standing
    page = Paginator(shown.soonest_first(), A_PAGE).get_page(request.GET.get("page"))
    log_request(request, LoggedAction.SEARCH, "dossiers d'identification", [file.person_id for file in page])
    context = {
        "title": "Identification",
        "states": STATES,
        "state": state,
        "page_obj": page,
        "form": NumberSearch(),
        "rows": [(file, _state_label(file), _deadline_label(file)) for file in page],
        "today": clock.today(),
    }
    return render(request, "identity/files.html", context)


def _state_label(file: IdentityFile) -> str:
    return STATES.get(file.case.state, file.case.state) if file.case else "Numéro attendu du SNGI"


def _deadline_label(file: IdentityFile) -> str:
    return FOLLOW_UP.labels.get(file.case.deadline, "") if file.case else ""


@requires(Role.IDENTITY_AGENT)
@require_http_methods(["GET", "HEAD", "POST"])
def search(request: HttpRequest) -> HttpResponse:
    """Who bears, or bore, a number (ID-03): their files, and a new request."""
    form = NumberSearch(request.POST if request.method == "POST" else None)
    found: list[Person] = []
    number = ""
    if request.method == "POST" and form.is_valid():
        number = form.cleaned_data["number"]
        found = _bearers(number)
        for person in found:
            check(request, person)
        log_request(request, LoggedAction.SEARCH, "recherche par matricule", [person.pk for person in found])
    today = clock.today()
    new = NewRequest(initial={"number": number}, book=rules.as_known_on(today), on=today)
    context = {"title": "Recherche", "trail": TRAIL, "form": form, "number": number, "new": new,
               "found": [(person, list(files_of(request).of_person(person))) for person in found]}  # fmt: skip
    return render(request, "identity/search.html", context, status=422 if form.errors else 200)


def _bearers(number: str) -> list[Person]:
    records = Person.objects.with_matricule(number).select_related("merged_into")
    return list({record.pk: record for record in (each.merged_into or each for each in records)}.values())


@requires(Role.IDENTITY_AGENT)
@require_http_methods(["GET", "HEAD", "POST"])
def majority(request: HttpRequest) -> HttpResponse:
    """Dependants who turned 18: made autonomous with a valid residence document, by the fund of first affiliation (ID-10)."""
    today = clock.today()
    book, fund = rules.as_known_on(today), fund_of(request)
    if request.method == "POST":
        asked = request.POST.get("file", "")
        file = get_object_or_404(files_of(request), pk=int(asked) if asked.isdigit() else 0)
        try:
            emancipate(file=file, fund=fund, on=today, by=str(actor_of(request)), book=book)
        except NotAutonomous as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, "Cette personne est maintenant autonome.")
        log_request(request, LoggedAction.WRITE, "autonomie à la majorité", [file.person_id])
        return redirect("identity_majority")
    departements = departements_of(request)
    rows = [
        (file, verdict, verdict.autonomous and file.fund_code in ("", fund))
        for file, verdict in coming_of_age(today, book)
        if departements is None or file.person.departement_code in departements
    ]
    log_request(request, LoggedAction.SEARCH, "ayants droit majeurs", [file.person_id for file, _, _ in rows])
    return render(
        request, "identity/majority.html", {"title": "Majorité des ayants droit", "trail": TRAIL, "rows": rows, "fund": fund}
    )


@requires(Role.IDENTITY_AGENT)
@require_safe
def stock(request: HttpRequest) -> HttpResponse:
    """The old NNP still to reduce, and where the waves that claim documents are followed (ID-08). Nobody is shown."""
    today = clock.today()
    departements = departements_of(request)
    try:
        people = old_nnp(today, rules.as_known_on(today))
    except NotYetInForce as early:
        raise Missing("La résorption des NNP n'est pas encore décidée à cette date.") from early
    left = people.count() if departements is None else people.filter(departement_code__in=departements).count()
    campaign = Campaign.objects.filter(slug=SLUG).first()
    waves = list(campaign.waves.order_by("number")) if campaign else []
    context = {"title": "Résorption des NNP", "trail": TRAIL, "left": left, "waves": waves, "files": reverse("identity_files")}
    return render(request, "identity/stock.html", context)

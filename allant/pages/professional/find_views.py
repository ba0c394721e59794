"""Finding a patient: the téléservice's home, the choice among those attached to one number (VC-04, VC-10 to VC-15)."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from allant import clock
from allant.accounts.access import requires
from allant.accounts.log import log_request
from allant.accounts.models import LoggedAction
from allant.accounts.roles import Role
from allant.doctrine.age import age_on
from allant.pages.base.errors import Missing
from allant.pages.professional.acting import acting, for_teleservice
from allant.pages.professional.finding import Found, NotFound, TooManyGuesses, UnknownNumber, find_patient
from allant.pages.professional.opening import FoundBy, open_file
from allant.people.models import Person

SEARCH_KEY = "allant_search"
"In the session: number, ids, by and card of the last search by NIR; a NIR stands in no address."

# What else the téléservice offers, where the page exists: url name, title, what it is for, the right it asks for.
DOORS = (
    ("teleservice_session", "Saisir une séance", "Un vaccin, un lot, un lieu, beaucoup de patients.", "record"),
    ("teleservice_import", "Importer un fichier", "Les vaccinations saisies dans un autre logiciel.", "record"),
    ("teleservice_today", "Mes saisies du jour", "Ce que vous avez enregistré aujourd’hui.", "record"),
    ("practice_patients", "Mes patients à vacciner", "La liste de ceux dont vous êtes le médecin traitant.", "declare"),
    ("practice_orders", "Commander des doses", "Vos flacons de la semaine, livrés en pharmacie.", "record"),
)


@requires(Role.HEALTH_PROFESSIONAL)
@for_teleservice(may="find")
@sensitive_post_parameters("patient")
@require_http_methods(["GET", "HEAD", "POST"])
def home(request: HttpRequest) -> HttpResponse:
    """Find a patient, and the other pages of the téléservice. The code or NIR travels in the body of a POST."""
    if request.method != "POST":
        return _home(request)
    try:
        found = find_patient(request, request.POST.get("patient", ""), by_card=request.POST.get("source") == "card")
    except NotFound as refusal:
        return _refused(request, refusal)
    card = _card(request) if found.by == "card" else {}
    _remember(request, found, card)
    person = _only_one(found, card)
    return _open(request, person, found.by) if person else redirect("teleservice_choice")


@requires(Role.HEALTH_PROFESSIONAL)
@for_teleservice(may="find")
@require_http_methods(["GET", "HEAD", "POST"])
def choice(request: HttpRequest) -> HttpResponse:
    """Everybody attached to the number searched: one key opens a file (VC-11)."""
    search = request.session.get(SEARCH_KEY) or {}
    if not search.get("ids"):
        return redirect("teleservice")
    if request.method == "POST":
        wanted = request.POST.get("person", "")
        if wanted not in map(str, search["ids"]):
            raise Missing("Ce patient n'est pas dans le résultat de votre dernière recherche : cherchez-le de nouveau.")
        return _open(request, int(wanted), search["by"])
    persons = _in_order(search["ids"])
    log_request(request, LoggedAction.READ, "téléservice : choix parmi les assurés rattachés", [person.pk for person in persons])
    context = {
        "title": "Choisir le patient",
        "trail": [("Espace professionnel", reverse("professional_home")), ("Vaccin Covid", reverse("teleservice"))],
        "persons": [(person, _age(person, clock.today())) for person in persons],
    }
    return render(request, "professional/find/choice.html", context)


def _home(request: HttpRequest, status: int = 200, **more: Any) -> HttpResponse:
    rights = acting(request).rights
    context = {
        "title": "Vaccin Covid",
        "trail": [("Espace professionnel", reverse("professional_home"))],
        "acting": acting(request),
        "reader_url": settings.ALLANT_READER_URL,
        "doors": [
            (address, title, text) for name, title, text, right in DOORS if getattr(rights, right) and (address := _address(name))
        ],
        "error": "",
        "typed": "",
        "unknown": False,
        **more,
    }
    return render(request, "professional/find/home.html", context, status=status)


def _refused(request: HttpRequest, refusal: NotFound) -> HttpResponse:
    """The page again with what was typed, to correct it: one character may be wrong (VC-12 to VC-15)."""
    unknown = isinstance(refusal, UnknownNumber)
    if isinstance(refusal, UnknownNumber):
        request.session[SEARCH_KEY] = {"number": refusal.number, "ids": [], "by": "nir", "card": _card(request)}
    typed = request.POST.get("patient", "")[:40]
    response = _home(request, refusal.status, error=str(refusal), typed=typed, unknown=unknown)
    if isinstance(refusal, TooManyGuesses):
        response.headers["Retry-After"] = str(refusal.seconds)
    return response


def _remember(request: HttpRequest, found: Found, card: dict[str, str]) -> None:
    if found.number:
        ids = [person.pk for person in found.persons]
        request.session[SEARCH_KEY] = {"number": found.number, "ids": ids, "by": found.by, "card": card}
    else:
        request.session.pop(SEARCH_KEY, None)


def _only_one(found: Found, card: dict[str, str]) -> Person | None:
    """The person meant, when there is no choice to make: the only one, or the one the card names by birth date and rank."""
    if len(found.persons) == 1:
        return found.persons[0]
    born = (card.get("birth_date"), card.get("birth_rank"))
    same = [person for person in found.persons if (str(person.birth_date), str(person.birth_rank)) == born]
    return same[0] if len(same) == 1 else None


def _card(request: HttpRequest) -> dict[str, str]:
    """What the reader said of the beneficiary of the card, when it carries one only: it fills manual entry."""
    names = ("family_name", "given_names", "birth_date", "birth_rank")
    return {name: request.POST[f"card_{name}"][:100] for name in names if request.POST.get(f"card_{name}")}


def _open(request: HttpRequest, found: Person | int, by: FoundBy) -> HttpResponse:
    """Open the file, saying first what a professional must know before anything is written in it."""
    person = open_file(request, found, by)
    if person.died_on:
        messages.warning(request, f"Ce patient est décédé le {_written(person.died_on)} d'après l'état civil.")
    if not person.rights_open:
        messages.warning(request, "Les droits de ce patient ne sont pas ouverts. La vaccination, gratuite, reste possible.")
    return redirect("teleservice_file", person_id=person.pk)


def _in_order(ids: list[int]) -> list[Person]:
    persons = Person.objects.in_bulk(ids)
    return [persons[key] for key in ids if key in persons]


def _age(person: Person, on: date) -> int | None:
    """Whole years, up to the death; None for an unknown birth date."""
    return person.birth_date and age_on(person.birth_date, min(person.died_on or on, on))


def _written(day: date) -> str:
    return f"{day:%d/%m/%Y}"


def _address(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""

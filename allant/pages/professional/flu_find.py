"""Finding a person for the vaccination against flu: by a voucher, or by NIR; guesses are limited as in the téléservice."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from allant import clock
from allant.accounts.access import requires
from allant.accounts.log import log_request
from allant.accounts.models import LoggedAction
from allant.accounts.roles import Role
from allant.campaigns.codes import Mistyped
from allant.doctrine import rules
from allant.flu.models import Voucher
from allant.flu.seasons import no_season, season_in_force, season_on
from allant.flu.vouchers import voucher_of_code
from allant.pages.base.errors import Missing
from allant.pages.professional.acting import acting
from allant.pages.professional.finding import NotFound, TooManyGuesses, Unreadable, read_typed
from allant.pages.professional.flu_access import for_flu, rights
from allant.pages.professional.guesses import count_guess, one_at_a_time, wait_due
from allant.pages.professional.opening import open_file
from allant.people.models import Person

WRONG_CODE = "grippe : recherche sans résultat"
SEARCH_KEY = "allant_flu_search"
PRESENTED_KEY = "allant_flu_presented"
"In the session: person → the voucher whose code was typed, or which was handed over."


@requires(Role.HEALTH_PROFESSIONAL)
@for_flu(may="find")
@sensitive_post_parameters("patient")
@require_http_methods(["GET", "HEAD", "POST"])
def home(request: HttpRequest) -> HttpResponse:
    """One field: the code of a voucher, or a NIR. It travels in the body of a POST."""
    if request.method != "POST":
        return _home(request)
    try:
        persons, voucher = _found(request, request.POST.get("patient", ""))
    except NotFound as refusal:
        response = _home(request, refusal.status, error=str(refusal), typed=request.POST.get("patient", "")[:40])
        if isinstance(refusal, TooManyGuesses):
            response.headers["Retry-After"] = str(refusal.seconds)
        return response
    if len(persons) > 1:
        request.session[SEARCH_KEY] = [person.pk for person in persons]
        return redirect("flu_choice")
    return _open(request, persons[0], voucher)


@requires(Role.HEALTH_PROFESSIONAL)
@for_flu(may="find")
@require_http_methods(["GET", "HEAD", "POST"])
def choice(request: HttpRequest) -> HttpResponse:
    """Everybody attached to the number searched."""
    ids = request.session.get(SEARCH_KEY) or []
    if not ids:
        return redirect("flu")
    persons = [person for key in ids if (person := Person.objects.filter(pk=key).first())]
    if request.method == "POST":
        chosen = next((person for person in persons if str(person.pk) == request.POST.get("person", "")), None)
        if chosen is None:
            raise Missing("Cette personne n'est pas dans le résultat de votre dernière recherche : cherchez-la de nouveau.")
        return _open(request, chosen, None)
    log_request(request, LoggedAction.READ, "grippe : choix parmi les assurés rattachés", [person.pk for person in persons])
    context = {"title": "Choisir la personne", "trail": trail(), "persons": persons}
    return render(request, "professional/flu/choice.html", context)


def presented(request: HttpRequest, person: Person) -> Voucher | None:
    """The voucher whose code was typed in this session, or handed over in it, while it stands."""
    number = request.session.get(PRESENTED_KEY, {}).get(str(person.pk))
    return Voucher.objects.standing().borne_by(person).filter(pk=number).first() if number else None


def present(request: HttpRequest, person: Person, voucher: Voucher) -> None:
    """Remember that the voucher was shown."""
    request.session[PRESENTED_KEY] = {**request.session.get(PRESENTED_KEY, {}), str(person.pk): voucher.pk}


def trail() -> list[tuple[str, str]]:
    """The way back."""
    return [("Espace professionnel", reverse("professional_home")), ("Vaccination contre la grippe", reverse("flu"))]


def _found(request: HttpRequest, typed: str) -> tuple[list[Person], Voucher | None]:
    """Search under the limit of wrong guesses, and write it in the access log. Raises NotFound."""
    if not typed.strip():
        raise Unreadable("Saisissez le numéro du bon, ou le numéro de sécurité sociale (NIR) de la personne.")
    kind, text = read_typed(typed)
    with transaction.atomic():  # the guess is counted before the next search of this account looks
        one_at_a_time(request)
        if wait := wait_due(request, purpose=WRONG_CODE, key="flu.guesses"):
            raise TooManyGuesses(wait)
        persons, voucher = _by_code(text) if kind == "code" else (list(Person.objects.attached_to(text)), None)
        if persons:
            what = "numéro de bon" if kind == "code" else "NIR"
            log_request(request, LoggedAction.SEARCH, f"grippe : recherche par {what}", [person.pk for person in persons])
        else:
            count_guess(request, purpose=WRONG_CODE)
    if not persons:
        raise NotFound("Numéro de bon inconnu." if kind == "code" else "Aucun assuré ne porte ce numéro dans nos référentiels.")
    if voucher is not None:
        _refuse_dead(voucher)
    return persons, voucher


def _by_code(code: str) -> tuple[list[Person], Voucher | None]:
    try:
        voucher = voucher_of_code(code)
    except Mistyped as error:
        raise Unreadable(f"Numéro de bon mal saisi. {error}") from error
    return ([voucher.person.merged_into or voucher.person], voucher) if voucher else ([], None)


def _refuse_dead(voucher: Voucher) -> None:
    """A voucher that says nothing any more opens no file."""
    today = clock.today()
    season = season_in_force(rules.as_known_on(today), today)
    if voucher.revoked_at is not None:
        raise NotFound("Ce bon ne vaut plus : un autre l'a remplacé. Demandez à la personne le dernier reçu.")
    if season is None or voucher.season != season.code:
        raise NotFound(f"Ce bon est de la saison {voucher.season}-{int(voucher.season) + 1} : il ne vaut plus.")


def _open(request: HttpRequest, found: Person, voucher: Voucher | None) -> HttpResponse:
    person = open_file(request, found, "code" if voucher else "nir")
    if voucher is not None:
        present(request, person, voucher)
    return redirect("flu_file", person_id=person.pk)


def _home(request: HttpRequest, status: int = 200, **more: Any) -> HttpResponse:
    today = clock.today()
    book = rules.as_known_on(today)
    season = season_on(book, today)
    context = {
        "title": "Vaccination contre la grippe",
        "trail": trail()[:1],
        "acting": acting(request),
        "rights": rights(request),
        "season": season,
        "priority": bool(season and season.keeps_priority(today)),
        "closed": "" if season else no_season(book, today),
        "error": "",
        "typed": "",
        **more,
    }
    return render(request, "professional/flu/home.html", context, status=status)

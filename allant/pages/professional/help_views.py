"""Support, the annex of health professions, and the N°AM of a place (VC-31, VC-50, VC-51)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from allant import clock
from allant.accounts.access import requires
from allant.accounts.actions import set_am_number
from allant.accounts.roles import Role
from allant.accounts.sign_in import current_membership
from allant.doctrine import RuleBook, rules
from allant.pages.professional import support
from allant.pages.professional.acting import acting, for_teleservice
from allant.pages.professional.find_forms import AmNumberForm
from allant.vaccination.rights import Rights, rights_of

FAMILIES = (
    ("medicale", "Professions médicales"),
    ("pharmacie", "Professions de la pharmacie"),
    ("auxiliaire", "Auxiliaires médicaux, aides-soignants, auxiliaires de puériculture et ambulanciers"),
)
LAW = "https://www.legifrance.gouv.fr/codes/texte_lc/LEGITEXT000006072665"


@dataclass(frozen=True)
class Profession:
    """A line of the annex: what the profession may do on the day asked."""

    label: str
    rights: Rights


@requires(Role.HEALTH_PROFESSIONAL)
@require_safe
def support_page(request: HttpRequest) -> HttpResponse:
    """Numbers and hours by kind of practice, open or closed now. For every professional: a refused one needs it most."""
    now, place = clock.now(), current_membership(request)
    departement = place.departement_code if place else ""
    book = rules.as_known_on(now.date())
    context = {
        "title": "Assistance Vaccin Covid",
        "trail": _trail(),
        "now": now,
        "holiday": support.holiday(now.date(), departement),
        "lines": support.lines(book, now, departement, place.exercise_mode if place else ""),
    }
    return render(request, "professional/find/support.html", context)


@requires(Role.HEALTH_PROFESSIONAL)
@require_safe
def annex(request: HttpRequest) -> HttpResponse:
    """The health professions of the code de la santé publique, and what each may do today (VC-02, VC-51)."""
    today = clock.today()
    context = {"title": "Professions de santé", "trail": _trail(), "today": today, "law": LAW, "families": list(families(today))}
    return render(request, "professional/find/annex.html", context)


def families(on: date) -> Iterator[tuple[str, list[Profession]]]:
    """The annex's three parts with their professions, as known and in force on a day."""
    book = rules.as_known_on(on)
    for code, label in FAMILIES:
        yield label, [Profession(name, rights_of(key, on, book)) for key, name, family in _professions(book) if family == code]


def _professions(book: RuleBook) -> Iterator[tuple[str, str, str]]:
    """Code, name and family of each, in the order of the annex; one not dated yet is listed with its first known version."""
    for key in book.rule("teleservice.professions").members:
        periods = book.periods(key)
        if periods:
            yield key.rpartition(".")[2], book.rule(key).label, periods[0].value["family"]


@requires(Role.HEALTH_PROFESSIONAL)
@for_teleservice(may="find")
@require_http_methods(["GET", "HEAD", "POST"])
def am_number(request: HttpRequest) -> HttpResponse:
    """The N°AM at the present place of activity: Pro Santé Connect does not state it, it is typed once and kept."""
    place = acting(request).membership
    form = AmNumberForm(request.POST or None, initial={"am_number": place.am_number})
    if request.method == "POST" and form.is_valid():
        set_am_number(membership=place, am_number=form.cleaned_data["am_number"])
        messages.success(request, "N°AM enregistré pour ce lieu d'exercice.")
        return redirect("teleservice")
    context = {"title": "Mon N°AM", "trail": _trail(), "form": form, "place": place}
    return render(request, "professional/find/am_number.html", context, status=422 if form.is_bound else 200)


def _trail() -> list[tuple[str, str]]:
    return [("Espace professionnel", reverse("professional_home")), ("Vaccin Covid", reverse("teleservice"))]

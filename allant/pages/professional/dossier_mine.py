"""« Mes saisies du jour »: what this professional recorded today, to be read again before leaving."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from allant import clock
from allant.accounts.access import requires
from allant.accounts.log import log_request
from allant.accounts.models import LoggedAction
from allant.accounts.roles import Role
from allant.immunizations.models import COVID19, Dose
from allant.pages.base.sheets import sheet
from allant.pages.professional.acting import Acting, acting, for_teleservice
from allant.pages.professional.dossier import end_of, title_of, trail
from allant.pages.professional.opening import is_opened
from allant.people.models import Person
from allant.vaccination.models import EligibilityDeclaration

HEADER = ("Heure", "Patient", "Naissance", "Saisie", "Vaccin", "Lot", "État")


@dataclass(frozen=True)
class Mine:
    """One thing recorded today; `url` is empty when the file is not open in this session."""

    at: datetime
    person: Person
    what: str
    vaccine: str
    lot: str
    state: str
    url: str


@requires(Role.HEALTH_PROFESSIONAL)
@for_teleservice(may="find")
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """The list, the latest first."""
    lines = _lines(request, acting(request))
    log_request(request, LoggedAction.READ, "téléservice : mes saisies du jour", _persons(lines))
    context = {"title": "Mes saisies du jour", "trail": trail(), "lines": lines, "today": clock.today(), "doses": _doses(lines)}
    return render(request, "professional/dossier/mine.html", context)


@requires(Role.HEALTH_PROFESSIONAL)
@for_teleservice(may="find")
@require_safe
def mine_csv(request: HttpRequest) -> HttpResponse:
    """The same as CSV."""
    lines = _lines(request, acting(request))
    log_request(request, LoggedAction.READ, "téléservice : mes saisies du jour en CSV", _persons(lines))
    return sheet(f"saisies-{clock.today():%Y-%m-%d}.csv", HEADER, map(_row, lines))


def _lines(request: HttpRequest, who: Acting) -> list[Mine]:
    since = datetime.combine(clock.today(), time(), clock.PARIS)
    doses = Dose.objects.against(COVID19).filter(recorded_by=who.by, recorded_at__gte=since, batch__isnull=True)
    declared = EligibilityDeclaration.objects.filter(declared_by=who.by, declared_at__gte=since)
    found = [_of_dose(request, dose) for dose in doses.select_related("person__merged_into")]
    found += [_of_declaration(request, one) for one in declared.select_related("person__merged_into")]
    return sorted(found, key=lambda line: line.at, reverse=True)


def _of_dose(request: HttpRequest, dose: Dose) -> Mine:
    person = dose.person.merged_into or dose.person
    state = end_of(dose) or ("Saisie forcée" if dose.forced_reason else "En vigueur")
    url = _url(request, person, "teleservice_dose", dose.pk)
    return Mine(dose.recorded_at, person, title_of(dose), dose.get_vaccine_display(), dose.lot, state, url)


def _of_declaration(request: HttpRequest, declared: EligibilityDeclaration) -> Mine:
    person = declared.person.merged_into or declared.person
    url = _url(request, person, "teleservice_declaration", declared.pk)
    return Mine(declared.declared_at, person, "Éligibilité", "", "", end_of(declared) or "En vigueur", url)


def _url(request: HttpRequest, person: Person, name: str, key: int) -> str:
    return reverse(name, args=[person.pk, key]) if is_opened(request, person.pk) else ""


def _persons(lines: list[Mine]) -> list[int]:
    return list(dict.fromkeys(line.person.pk for line in lines))


def _doses(lines: list[Mine]) -> int:
    return sum(1 for line in lines if line.vaccine and line.state in ("En vigueur", "Saisie forcée"))


def _row(line: Mine) -> tuple[object, ...]:
    who = f"{line.person.family_name} {line.person.given_names}"
    return f"{line.at.astimezone(clock.PARIS):%H:%M}", who, line.person.birth_date, line.what, line.vaccine, line.lot, line.state

"""The summary of a validated step, and of each of its versions (VC-24, VC-32, VC-34 to VC-36)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from allant.accounts.access import requires
from allant.accounts.log import log_request
from allant.accounts.models import LoggedAction
from allant.accounts.roles import Role
from allant.immunizations.checks import explain
from allant.immunizations.corrections import may_be_changed_by
from allant.immunizations.models import Dose
from allant.pages.base.errors import Missing
from allant.pages.professional.acting import for_teleservice
from allant.pages.professional.dossier import File, end_of, file_of, trail
from allant.pages.professional.dossier_eligibility import AT, declaration_in, why_not_changed
from allant.vaccination.models import EligibilityDeclaration
from allant.vaccination.summaries import Summary, summary_of_declaration, summary_of_dose

Act = Dose | EligibilityDeclaration


@dataclass(frozen=True)
class VersionLine:
    """One version of a step, and whether its paper still stands."""

    number: int
    state: str
    reason: str
    url: str
    paper: str
    shown: bool


@requires(Role.HEALTH_PROFESSIONAL)
@for_teleservice(may="find")
@require_safe
def declaration(request: HttpRequest, person_id: int, declaration_id: int) -> HttpResponse:
    """The summary of the eligibility, with the code to hand over."""
    file = file_of(request, person_id, AT)
    declared = declaration_in(file, declaration_id)
    log_request(request, LoggedAction.READ, "téléservice : synthèse d'éligibilité", [file.person.pk])
    addresses = _addresses("declaration", file, declared)
    why_not = why_not_changed(file, declared) if file.acting.rights.declare else "Votre profession ne déclare pas l’éligibilité."
    context = {
        **_context(file, summary_of_declaration(declared), addresses),
        "versions": [_version(file, "declaration", one, declared) for one in _chain(file.journey.declarations, declared)],
        "why_not": why_not,
        "ending": end_of(declared),
        "forced": [],
        "next_entry": declared.ended_at is None and _opens_a_dose(file) and file.may_record,
    }
    return render(request, "professional/dossier/summary.html", context)


@requires(Role.HEALTH_PROFESSIONAL)
@for_teleservice(may="find")
@require_safe
def dose(request: HttpRequest, person_id: int, dose_id: int) -> HttpResponse:
    """The summary of a dose: also where one lands once it is recorded, the next patient one key away."""
    file = file_of(request, person_id)
    given = dose_in(file, dose_id)
    file.at = ("dose", given.dose_number)
    log_request(request, LoggedAction.READ, "téléservice : synthèse de vaccination", [file.person.pk])
    why_not = may_be_changed_by(given, file.acting.by) if file.may_record else "Votre profession n’enregistre pas de dose."
    context = {
        **_context(file, summary_of_dose(given), _addresses("dose", file, given)),
        "versions": [_version(file, "dose", one, given) for one in _chain(file.journey.versions, given)],
        "why_not": why_not,
        "ending": end_of(given),
        "forced": explain(list(given.forced_rules)),
        "next_entry": False,
    }
    return render(request, "professional/dossier/summary.html", context)


def dose_in(file: File, dose_id: int) -> Dose:
    """A version of a dose of this person, or of a record merged into theirs. Raises Missing."""
    for given in file.journey.versions:
        if given.pk == dose_id:
            if given.person_id == file.person.pk:
                given.person = file.person  # already read
            return given
    raise Missing("Cette dose n'est pas dans ce dossier.")


def _context(file: File, summary: Summary, addresses: dict[str, str]) -> dict[str, Any]:
    return {"title": summary.title, "trail": trail(), "file": file, "summary": summary, **addresses}


def _addresses(kind: str, file: File, act: Act) -> dict[str, str]:
    """Where the CSV, the paper and the changes of a step are."""
    names = {"csv": f"teleservice_{kind}_csv", "paper": f"teleservice_paper_{kind}", "correct": f"teleservice_{kind}_correct"}
    if kind == "dose":
        names["cancel"] = "teleservice_dose_cancel"
    found = {name: reverse(url_name, args=[file.person.pk, act.pk]) for name, url_name in names.items()}
    return {"cancel": "", **found}


def _chain(versions: tuple[Any, ...], act: Act) -> list[Any]:
    """The versions of one step, oldest first: those linked to it by corrections."""
    by_former = {one.replaces_id: one for one in versions if one.replaces_id}
    by_id = {one.pk: one for one in versions}
    first = act
    while first.replaces_id in by_id:
        first = by_id[first.replaces_id]
    found = [first]
    while following := by_former.get(found[-1].pk):
        found.append(following)
    return found


def _version(file: File, kind: str, one: Act, shown: Act) -> VersionLine:
    state = end_of(one) or "En vigueur"
    args = [file.person.pk, one.pk]
    url, paper = reverse(f"teleservice_{kind}", args=args), reverse(f"teleservice_paper_{kind}", args=args)
    return VersionLine(one.version, state, one.end_reason, url, paper, one.pk == shown.pk)


def _opens_a_dose(file: File) -> bool:
    return any(tab.kind == "dose" and tab.state == "open" for tab in file.journey.tabs)


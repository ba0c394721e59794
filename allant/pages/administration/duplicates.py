"""Records that may be one person (VC-63, ID-09): why, side by side; merged, told apart or put off; and a merge undone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
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
from allant.campaigns.models import Invitation
from allant.identification.linking import later
from allant.immunizations.models import Dose, Infection
from allant.linkage import explain, load_model, probability
from allant.pages.administration.duplicate_forms import PairDecision, Undoing
from allant.pages.administration.forms import posted
from allant.pages.administration.territory import check_territory, pairs_of
from allant.pages.base.sheets import sheet
from allant.people import duplicates as decisions
from allant.people.actions import MergeRefused
from allant.people.bearing import borne_by
from allant.people.models import DuplicateCandidate, Person
from allant.people.querysets import DuplicateCandidateQuerySet
from allant.vaccination.models import EligibilityDeclaration

PAIRS_A_PAGE = 25
SHOWN_ABOVE = ("people.Matricule", "people.ContactPoint", "people.DuplicateCandidate", "identification.LinkageReading")
STATES = {"": "À comparer", "plus-tard": "Remises à plus tard", "decides": "Décidées"}
TRAIL = [("Administration", "/administration/")]


def _shown(request: HttpRequest) -> tuple[str, str, DuplicateCandidateQuerySet]:
    """The state and the rule asked for, and the pairs of the territory that have them."""
    state, rule = request.GET.get("etat", ""), request.GET.get("regle", "")
    pairs, today = pairs_of(request).with_persons(), clock.today()
    match state:
        case "decides":
            pairs = pairs.decided()
        case "plus-tard":
            pairs = pairs.postponed_on(today)
        case _:
            state, pairs = "", pairs.to_compare_on(today)
    return (state, rule, pairs.filter(rule=rule)) if rule in decisions.LABELS else (state, "", pairs)


@requires(Role.ADMINISTRATOR, Role.IDENTITY_AGENT)
@require_safe
def pair_list(request: HttpRequest) -> HttpResponse:
    """Pairs that wait for a decision, put off or decided; the persons shown are in the access log."""
    state, rule, pairs = _shown(request)
    page = Paginator(pairs, PAIRS_A_PAGE).get_page(request.GET.get("page"))
    shown = [key for pair in page for key in (pair.first_id, pair.second_id)]
    log_request(request, LoggedAction.SEARCH, "doublons proposés", shown)
    context = {
        "title": "Doublons",
        "trail": TRAIL,
        "state": state,
        "states": STATES,
        "rule": rule,
        "rules": decisions.LABELS,
        "decided": state == "decides",
        "page_obj": page,
        "rows": [(pair, decisions.LABELS.get(pair.rule, pair.rule)) for pair in page],
    }
    return render(request, "administration/duplicates.html", context)


@requires(Role.ADMINISTRATOR, Role.IDENTITY_AGENT)
@require_safe
def pair_sheet(request: HttpRequest) -> HttpResponse:
    """The same pairs for a spreadsheet: numbers of records and why, no name."""
    state, _, pairs = _shown(request)
    found = list(pairs)
    persons = {key for pair in found for key in (pair.first_id, pair.second_id)}
    log_request(request, LoggedAction.SEARCH, "doublons, tableur", sorted(persons))
    rows = [
        (pair.pk, pair.first_id, pair.second_id, decisions.LABELS.get(pair.rule, pair.rule), _weight(pair), pair.found_at,
         pair.get_verdict_display() or STATES[state], pair.decided_at, pair.postponed_until)
        for pair in found
    ]  # fmt: skip
    header = ("Paire", "Première fiche", "Seconde fiche", "Raison", "Poids", "Proposée le", "État", "Décidée le", "À revoir le")
    return sheet("doublons.csv", header, rows)


def _weight(pair: DuplicateCandidate) -> str:
    return "" if pair.weight is None else f"{pair.weight:.1f}".replace(".", ",")


@requires(Role.ADMINISTRATOR, Role.IDENTITY_AGENT)
@require_http_methods(["GET", "HEAD", "POST"])
def pair_page(request: HttpRequest, pair: int) -> HttpResponse:
    """Two records side by side with the acts of both, and the decision."""
    found = get_object_or_404(DuplicateCandidate.objects.with_persons(), pk=pair)
    check_territory(request, found.first, found.second)
    form_class = Undoing if found.verdict else PairDecision
    form = form_class(posted(request), pair=found)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():  # the decision and the entry of the access log: both or neither
                _decide(request, found, form.cleaned_data)
                log_request(request, LoggedAction.WRITE, "décision sur un doublon", [found.first_id, found.second_id])
        except MergeRefused as refused:
            form.add_error(None, str(refused))
        else:
            return redirect("administration_duplicate", pair=found.pk)
    log_request(request, LoggedAction.READ, "comparaison d'un doublon proposé", [found.first_id, found.second_id])
    context = {
        "title": f"Paire n° {found.pk}",
        "trail": [*TRAIL, ("Doublons", reverse("administration_duplicates"))],
        "pair": found,
        "rule": decisions.LABELS.get(found.rule, found.rule),
        "reasons": explain(found.levels, load_model()) if found.levels else [],
        "probability": min(99.99, 100 * probability(found.weight)) if found.weight is not None else None,
        "lines": compared(found.first, found.second),
        "borne": borne_by((found.first_id, found.second_id), aside=SHOWN_ABOVE),
        "form": form,
    }
    return render(request, "administration/duplicate.html", context, status=422 if form.errors else 200)


def _decide(request: HttpRequest, pair: DuplicateCandidate, wanted: dict[str, Any]) -> None:
    who = {"pair": pair, "by": str(actor_of(request)), "reason": wanted["reason"]}
    match wanted["decision"]:
        case "undo":
            decisions.undo_merge(**who)
            messages.success(request, "Décision annulée : chaque fiche a retrouvé ses actes, la paire attend une décision.")
        case "different":
            decisions.decide_different(**who, at=clock.now())
            messages.success(request, "Personnes différentes : cette paire ne sera plus proposée.")
        case "later":
            until = later(clock.today())
            decisions.decide_later(**who, until=until)
            messages.success(request, f"Paire remise à plus tard : elle reviendra le {until:%d/%m/%Y}.")
        case survivor:
            kept = pair.first if survivor == str(pair.first_id) else pair.second
            decisions.decide_merge(**who, survivor=kept, at=clock.now())
            messages.success(request, f"Fiches fusionnées, la fiche {kept.pk} est gardée. La fusion peut être annulée ici.")


@dataclass(frozen=True)
class ComparedLine:
    """One thing known of both records; `differs` when both know it and do not agree."""

    label: str
    first: list[str]
    second: list[str]

    @property
    def differs(self) -> bool:
        """Both say something, and not the same."""
        return bool(self.first and self.second and self.first != self.second)


def compared(first: Person, second: Person) -> list[ComparedLine]:
    """What the register and the acts say of each, line by line. Acts are those recorded under that very record."""
    sides = [_identity(person) | _acts(person) for person in (first, second)]
    return [ComparedLine(label, sides[0][label], sides[1][label]) for label in sides[0]]


def _identity(person: Person) -> dict[str, list[str]]:
    born = f"{person.birth_date:%d/%m/%Y} ({person.get_birth_precision_display().lower()})" if person.birth_date else ""
    numbers = [
        f"{number.kind} {number.value}, depuis le {number.starts_on:%d/%m/%Y}"
        + (f" jusqu'au {number.ends_on:%d/%m/%Y}" if number.ends_on else "")
        for number in person.matricules.all()
    ]
    texts = {
        "Nom": person.family_name,
        "Prénoms": person.given_names,
        "Naissance": born,
        "Rang de naissance": str(person.birth_rank),
        "Sexe": person.get_sex_display() or "",
        "Décès": f"{person.died_on:%d/%m/%Y}" if person.died_on else "",
        "Commune": " ".join(filter(None, (person.postcode, person.commune_code))),
        "Régime": person.get_scheme_display(),
        "Caisse": person.fund_code or "",
        "Foyer": str(person.household_key or ""),
        "Ouvrant droit": f"fiche {person.policyholder_id}" if person.policyholder_id else "",
        "Droits": "ouverts" if person.rights_open else "fermés",
    }
    contacts = [f"{point.get_kind_display()} : {point.value}" for point in person.contact_points.all()]
    return {"Numéros": numbers, **{label: [text] if text else [] for label, text in texts.items()}, "Contacts": contacts}


def _acts(person: Person) -> dict[str, list[str]]:
    doses = [
        f"Dose {dose.dose_number}, {dose.get_vaccine_display()}, {dose.occurred_on:%d/%m/%Y}"
        + (f" ({dose.get_end_kind_display() or 'close'})" if dose.ended_at else "")
        for dose in Dose.objects.filter(person=person)
    ]
    declarations = [
        f"Éligibilité du {declared.declared_at:%d/%m/%Y}, version {declared.version}" + (" (close)" if declared.ended_at else "")
        for declared in EligibilityDeclaration.objects.filter(person=person)
    ]
    infections = [f"{infection.occurred_on:%d/%m/%Y}" for infection in Infection.objects.filter(person=person)]
    invitations = Invitation.objects.filter(person=person).count()
    return {
        "Doses": doses,
        "Déclarations": declarations,
        "Infections": infections,
        "Invitations": [str(invitations)] if invitations else [],
    }

"""« Pourquoi ? »: each criterion of a campaign's target, the value found for one person, and the verdict (TG-06)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from allant import clock
from allant.accounts.access import requires
from allant.accounts.log import log_request
from allant.accounts.models import LoggedAction
from allant.accounts.roles import Role
from allant.accounts.sign_in import covers
from allant.campaigns import reads, territories
from allant.campaigns.models import Campaign, Invitation
from allant.pages.campaigns.forms import PersonSearch
from allant.pages.campaigns.medical import require_target
from allant.pages.campaigns.planner_wording import place_name
from allant.pages.campaigns.wording import channel_name
from allant.people.models import Person
from allant.targeting import Verdict

READERS = (Role.CAMPAIGN_MANAGER, Role.MEDICAL_SERVICE)


@requires(*READERS)
@sensitive_post_parameters("value")
@require_http_methods(["GET", "HEAD", "POST"])
def search(request: HttpRequest, slug: str) -> HttpResponse:
    """Find one person by matricule or code. An invited person has a page; another is explained at once, without an address."""
    campaign = get_object_or_404(Campaign, slug=slug)
    require_target(request, campaign)
    form = PersonSearch(request.POST or None)
    if request.method == "POST":
        found = form.person if form.is_valid() else None
        if found:
            _check_territory(request, found)
        purpose = f"recherche d'une personne, campagne {campaign.slug}"
        log_request(request, LoggedAction.SEARCH, purpose, [found.pk] if found else None)
        if found:
            invitation = Invitation.objects.valid().filter(campaign=campaign).of_person(found).first()
            if invitation:
                return redirect("campaign_why", slug=slug, invitation=invitation.pk)
            return _explain(request, campaign, found, None)
    context = {"title": "Pourquoi ?", "trail": _trail(campaign), "campaign": campaign, "form": form}
    return render(request, "campaigns/why_search.html", context)


@requires(*READERS)
@require_safe
def why_page(request: HttpRequest, slug: str, invitation: int) -> HttpResponse:
    """Why a person was invited, and whether they still are in the target."""
    invitations = Invitation.objects.select_related("campaign", "person__merged_into", "wave__target_version")
    found = get_object_or_404(invitations, pk=invitation, campaign__slug=slug)
    require_target(request, found.campaign)
    person = found.person.merged_into or found.person
    _check_territory(request, person)
    return _explain(request, found.campaign, person, found)


def _explain(request: HttpRequest, campaign: Campaign, person: Person, invitation: Invitation | None) -> HttpResponse:
    today = clock.today()
    log_request(request, LoggedAction.READ, f"pourquoi, campagne {campaign.slug}", [person.pk])
    verdict = reads.why_for(campaign, person.pk, today)
    context = {
        "title": "Pourquoi cette personne ?",
        "trail": _trail(campaign),
        "campaign": campaign,
        "person": person,
        "invitation": invitation,
        "channel": channel_name(invitation.channel) if invitation else "",
        "verdict": verdict,
        "rows": list(lines(verdict)),
        "invited_rows": list(lines(reads.why_invited(invitation))) if invitation else [],
        "started": _places(territories.started_on(campaign, today)),
        "invited_in": _places(_of_the_wave(invitation)) if invitation else None,
        "today": today,
    }
    return render(request, "campaigns/why.html", context)


def _of_the_wave(invitation: Invitation) -> list[str] | None:
    return territories.started_on(invitation.campaign, invitation.wave.as_of, invitation.wave.launched_at)


def _places(codes: list[str] | None) -> list[str] | None:
    return None if codes is None else [place_name(code) for code in codes]


@dataclass(frozen=True)
class Line:
    """One row of the explanation; `level` says how deep in the groups it is."""

    level: int
    group: bool
    wording: str
    found: str
    verdict: str


def lines(verdict: Verdict, level: int = 0) -> Iterator[Line]:
    """The tree of verdicts from the top, row by row."""
    yield Line(level, bool(verdict.parts), verdict.wording, verdict.found, verdict.verdict)
    for part in verdict.parts:
        yield from lines(part, level + 1)


def _check_territory(request: HttpRequest, person: Person) -> None:
    """One sees the people of one's own territory; a refusal is logged with the person."""
    if not any(covers(request, role, person.departement_code) for role in READERS):
        log_request(request, LoggedAction.REFUSED, "personne d'un autre département", [person.pk])
        raise PermissionDenied("Cette personne ne réside pas dans le territoire de votre structure : adressez-vous à sa caisse.")


def _trail(campaign: Campaign) -> list[tuple[str, str]]:
    return [("Campagnes", reverse("campaigns")), (campaign.title, reverse("campaign", args=[campaign.slug]))]

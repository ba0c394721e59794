"""One person: everything sent to them and why, and why no other campaign means them."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from allant import clock
from allant.accounts.access import requires
from allant.accounts.log import log_request
from allant.accounts.models import LoggedAction
from allant.accounts.roles import Role
from allant.accounts.sign_in import covers, roles_of
from allant.campaigns.history import contacts_of, other_messages_of, standings_of
from allant.doctrine import rules
from allant.flu.standings import standing_of
from allant.pages.campaigns.forms import PersonSearch
from allant.pages.campaigns.medical import sees_target, title_for
from allant.pages.campaigns.wording import channel_name
from allant.people.models import Person

AGENTS = (Role.CAMPAIGN_MANAGER, Role.CALL_AGENT, Role.FRONT_DESK_AGENT, Role.MEDICAL_SERVICE)
# A criterion tells an illness or a benefit: an agent sees that a campaign means the person, not why.
SEE_CRITERIA = frozenset({Role.CAMPAIGN_MANAGER, Role.MEDICAL_SERVICE})


@requires(*AGENTS)
@sensitive_post_parameters("value")
@require_http_methods(["GET", "HEAD", "POST"])
def person_history(request: HttpRequest) -> HttpResponse:
    """Find a person by number or code, then all that was sent to them. The answer has no address: it names nobody."""
    form = PersonSearch(request.POST or None)
    context = {"title": "Contacts d'une personne", "form": form, "person": None}
    if request.method == "POST":
        found = form.person if form.is_valid() else None
        _check_territory(request, found)
        log_request(request, LoggedAction.SEARCH, "contacts d'une personne", [found.pk] if found else None)
        if found:
            context |= _history(request, found)
    return render(request, "campaigns/person.html", context, status=400 if form.errors else 200)


def _history(request: HttpRequest, person: Person) -> dict[str, object]:
    today = clock.today()
    return {
        "person": person,
        "today": today,
        "contacts": [
            (contact, channel_name(contact.channel), title_for(request, contact.campaign)) for contact in contacts_of(person)
        ],
        "others": [(message, channel_name(message.channel)) for message in other_messages_of(person)],
        "flu": standing_of(person, today, rules.as_known_on(today)),
        "standings": [each for each in standings_of(person, today) if sees_target(request, each.campaign)],
        "see_criteria": bool(SEE_CRITERIA & roles_of(request)),
    }


def _check_territory(request: HttpRequest, person: Person | None) -> None:
    if person and not any(covers(request, role, person.departement_code) for role in AGENTS):
        log_request(request, LoggedAction.REFUSED, "personne d'un autre département", [person.pk])
        raise PermissionDenied("Cette personne ne réside pas dans le territoire de votre structure : adressez-vous à sa caisse.")

"""Answers by SMS that wait for an agent: free words, and the STOP of a shared number (AV-10, AV-16)."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from allant import clock
from allant.accounts.access import requires
from allant.accounts.log import log_request
from allant.accounts.models import LoggedAction
from allant.accounts.roles import WHOLE_COUNTRY, Role
from allant.accounts.sign_in import actor_of, memberships_of
from allant.outreach.answers import STOP, BadAnswer, decide_for_whom, mark_handled, to_handle
from allant.outreach.models import InboundMessage, InboundPerson
from allant.pages.outreach.wording import KINDS, dialled

AGENTS = (Role.CALL_AGENT, Role.CAMPAIGN_MANAGER)
A_PAGE = 25


@dataclass(frozen=True)
class Shown:
    """One answer as the page shows it."""

    answer: InboundMessage
    kind: str
    number: str
    authors: list[InboundPerson]
    asks_for_whom: bool
    decided: list[InboundPerson]
    "Those who chose for themselves on the page of the number."


@requires(*AGENTS)
@require_safe
def answer_list(request: HttpRequest) -> HttpResponse:
    """What waits in the territory, the oldest first."""
    page = Paginator(to_handle(_departements(request)), A_PAGE).get_page(request.GET.get("page"))
    shown = [_shown(answer) for answer in page]
    people = {author.person_id for each in shown for author in (*each.authors, *each.decided)}
    log_request(request, LoggedAction.READ, "réponses par SMS", sorted(people))
    return render(request, "outreach/answers.html", {"title": "Réponses à traiter", "page": page, "answers": shown})


@requires(*AGENTS)
@require_POST
def handle(request: HttpRequest, answer: int) -> HttpResponse:
    """Say for whom a STOP spoke, or that an answer was dealt with."""
    found = get_object_or_404(InboundMessage, pk=answer)
    departements = _departements(request)
    people = list(found.persons.values_list("person_id", "person__departement_code"))
    if departements is not None and not any(code in departements for _, code in people):
        log_request(request, LoggedAction.REFUSED, "réponse d'un autre département", [person for person, _ in people])
        raise PermissionDenied("Cette réponse ne vient pas du territoire de votre structure.")
    log_request(request, LoggedAction.WRITE, "réponse par SMS traitée", [person for person, _ in people])
    chosen = [int(value) for value in request.POST.getlist("person") if value.isdecimal()]
    try:
        if found.kind == STOP and len(people) > 1:
            decide_for_whom(found.pk, chosen, by=str(actor_of(request)), at=clock.now())
        else:
            mark_handled(found.pk, by=str(actor_of(request)), at=clock.now())
    except BadAnswer as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "Réponse traitée.")
    return redirect("answers")


def _departements(request: HttpRequest) -> frozenset[str] | None:
    """The territory of this session; None: the whole country."""
    held = frozenset(each.departement_code for each in memberships_of(request) if each.role in AGENTS)
    return None if WHOLE_COUNTRY in held else held - {""}


def _shown(answer: InboundMessage) -> Shown:
    authors = list(answer.persons.all())
    asks = answer.kind == STOP and len(authors) > 1
    decided = [author for author in authors if author.choice]
    undecided = [author for author in authors if not author.choice]
    return Shown(answer, KINDS.get(answer.kind, answer.kind), dialled(answer.sender), undecided, asks, decided)

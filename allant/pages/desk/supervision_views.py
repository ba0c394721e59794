"""Who supervises the desk: queue, agents, rates by hour, callbacks, calls without outcome, calls not made (AV-50)."""

from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from allant import clock
from allant.accounts.access import requires
from allant.accounts.log import log_request
from allant.accounts.models import LoggedAction
from allant.accounts.roles import Role
from allant.accounts.sign_in import actor_of
from allant.campaigns.desk import calling, figures, taking
from allant.campaigns.desk.rules import BOOKED, CALL_LATER, outcomes_on
from allant.campaigns.models import Campaign
from allant.doctrine import rules
from allant.pages.base.sheets import sheet

TITLE = "Supervision des appels"
NEUTRAL = "Service médical"
"""The title of a medical campaign, for who is not of the medical service (AV-27)."""
HEADER = ("Campagne", "Agent", "Pris", "Composé", "Répondu", "Répondeur entendu", "Terminé", "Issue")


@requires(Role.CAMPAIGN_MANAGER)
@never_cache
@require_safe
def supervision(request: HttpRequest) -> HttpResponse:
    """Everything on one page; a day may be chosen."""
    now, day = clock.now(), _day(request)
    open_now = list(Campaign.objects.running_on(clock.today()))
    queues = figures.waiting_by_campaign([each.pk for each in open_now], None, now)
    left = [(call, _title(call.campaign), calling.in_doubt(call, now)) for call in figures.without_outcome()]
    book = rules.as_known_on(clock.today())
    calling_campaigns = [each for each in open_now if "call" in each.channels]
    context = {
        "title": TITLE, "day": day, "queues": queues, "neutral": NEUTRAL, "hours": figures.by_hour(day),
        "agents": figures.by_agent(day), "left": left, "not_made": figures.not_made(),
        "choices": [each for each in outcomes_on(book, clock.today()).values() if each.code not in (BOOKED, CALL_LATER)],
        "reach": [(each, _title(each.campaign)) for each in figures.reach_of(calling_campaigns, book)],
    }  # fmt: skip
    return render(request, "desk/supervision.html", context)


@requires(Role.CAMPAIGN_MANAGER)
@require_safe
def calls_file(request: HttpRequest) -> HttpResponse:
    """The calls of a day for a spreadsheet: no person, the campaign, the agent, when, what."""
    day = _day(request)
    labels = {each.code: each.label for each in outcomes_on(rules.as_known_on(day), day).values()}
    calls = figures.calls_of(day).select_related("campaign").order_by("dialled_at", "pk")
    rows = (
        (_title(call.campaign), call.agent, call.taken_at, call.dialled_at, call.answered_at, call.machine_at, call.ended_at,
         labels.get(call.outcome, call.outcome)) for call in calls.iterator()
    )  # fmt: skip
    return sheet(f"appels-{day:%Y-%m-%d}.csv", HEADER, rows)


@requires(Role.CAMPAIGN_MANAGER)
@require_POST
def decision(request: HttpRequest, call: int) -> HttpResponse:
    """What becomes of a call that its agent left without outcome."""
    said = calling.Said(request.POST.get("outcome", "")[:20])
    try:
        decided = calling.decide(call_id=call, said=said, by=actor_of(request), at=clock.now())
    except taking.CallRefused as refusal:
        messages.error(request, str(refusal))
    else:
        log_request(request, LoggedAction.WRITE, "décision sur un appel sans issue", [decided.person_id])
        messages.success(request, "Décision enregistrée.")
    return redirect(reverse("desk_supervision"))


def _day(request: HttpRequest) -> date:
    try:
        return date.fromisoformat(request.GET.get("jour", ""))
    except ValueError:
        return clock.today()


def _title(campaign: Campaign) -> str:
    return NEUTRAL if campaign.medical else campaign.title

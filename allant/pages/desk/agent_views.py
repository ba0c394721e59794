"""The agent's side of the desk: take, identify, dial, say what came of it (AV-20 to AV-27). One page, one person."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from allant import clock
from allant.accounts.access import requires
from allant.accounts.log import log_request
from allant.accounts.models import LoggedAction
from allant.accounts.sign_in import actor_of
from allant.appointments.calendar import local_start
from allant.campaigns.desk import calling, taking
from allant.campaigns.desk.booking import reached_by
from allant.campaigns.desk.figures import of_agent, waiting_by_campaign
from allant.campaigns.desk.rules import BOOKED, CALL_LATER, CANNOT_TRAVEL, desk_rules, outcomes_on
from allant.campaigns.models import CallAttempt
from allant.doctrine import rules
from allant.outreach import texts
from allant.outreach.templates import fill
from allant.pages.desk.offers import COVID, near
from allant.pages.desk.scope import AGENTS, scope_of

TITLE = "Poste d’appel"
PURPOSE = "appel d'une campagne"


class OutcomeForm(forms.Form):
    """What came of the call that the page shows."""

    call = forms.IntegerField()
    outcome = forms.CharField(max_length=20)
    home_visit = forms.BooleanField(required=False)
    later = forms.DateTimeField(required=False, input_formats=["%Y-%m-%dT%H:%M", "%d/%m/%Y %H:%M"])


@requires(*AGENTS)
@never_cache
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """How many wait, what the agent did today, and the key for the next call."""
    now, by = clock.now(), actor_of(request)
    scope = scope_of(request)
    context = {
        "title": TITLE, "mine": taking.current_call(by), "today": of_agent(by, now),
        "queues": waiting_by_campaign(scope.campaigns(clock.today()), scope.departements, now),
    }  # fmt: skip
    return render(request, "desk/home.html", context)


@requires(*AGENTS)
@require_POST
def take(request: HttpRequest) -> HttpResponse:
    """The next person, or the one already in hand."""
    call = taking.take_next(by=actor_of(request), scope=scope_of(request), at=clock.now())
    if call is None:
        messages.info(request, "Personne n’est à appeler maintenant. Revenez plus tard : des rappels peuvent arriver à échéance.")
        return redirect("desk")
    log_request(request, LoggedAction.READ, PURPOSE, [call.person_id])
    return redirect("desk_call")


@requires(*AGENTS)
@never_cache
@require_safe
def call_page(request: HttpRequest) -> HttpResponse:
    """The person in hand; without one, the desk."""
    by, now = actor_of(request), clock.now()
    call = taking.current_call(by)
    if call is None or not taking.alive(call_id=call.pk, by=by, at=now):
        return redirect("desk")
    shown = _shown(call, now)
    representative = shown["representative"]
    log_request(request, LoggedAction.READ, PURPOSE, [call.person_id, *([representative.pk] if representative else [])])
    return render(request, "desk/call.html", shown)


def _shown(call: CallAttempt, now: datetime) -> dict[str, Any]:
    """All that the call needs, and no more (AV-21): no number of the insured, no dose, no situation."""
    today = now.astimezone(clock.PARIS).date()
    book = rules.as_known_on(today)
    booked = list(calling.bookings_of(call))
    known = outcomes_on(book, today)
    point = call.message.contact_point if call.dialled_at else None
    return {
        "title": f"Appel : {call.person}", "trail": [(TITLE, reverse("desk"))], "call": call, "person": call.person,
        "representative": calling.reader_of(call, now),
        "number": point.value if point else "", "spoken": spaced(point.value) if point else "",
        "script": script_of(call), "voicemail": book.value("outreach.voicemail", today),
        "outcomes": [each for each in known.values() if (each.code == BOOKED) == bool(booked)] if call.dialled_at else [],
        "later": known[CALL_LATER], "cannot_travel": CANNOT_TRAVEL, "says": known[BOOKED].says,
        "booked": [(each, local_start(each.slot)) for each in booked], "confirmed": calling.confirmed_as(call),
        "nearby": near(call.person, now) if call.campaign.programme == COVID and not booked else [],
        "vaccinates": call.campaign.programme == COVID, "alive": desk_rules(book, today).alive.seconds,
        "email": reached_by(call, "email"), "mobile": reached_by(call, "mobile"),
    }  # fmt: skip


def spaced(number: str) -> str:
    """A French number as it is read aloud, two figures at a time; another as it is."""
    national = "0" + number[3:] if number.startswith("+33") and len(number) == 12 else number
    if len(national) != 10 or not national.isdecimal():
        return number
    return "\N{NO-BREAK SPACE}".join(national[place : place + 2] for place in range(0, 10, 2))


def script_of(call: CallAttempt) -> str:
    """The script of the campaign with the person's words in place; empty when its invitation was revoked meanwhile."""
    template = texts.of_each([call.message])[call.message_id]
    values = texts.variables_of([call.message]).get(call.message_id)
    return fill(template, values)[1] if values is not None else ""


@requires(*AGENTS)
@require_POST
def still_there(request: HttpRequest) -> JsonResponse:
    """The page's sign of life; « gone » when the call is no longer this agent's."""
    typed = request.POST.get("call", "")
    call = int(typed) if typed.isdecimal() and len(typed) < 19 else 0
    there = taking.alive(call_id=call, by=actor_of(request), at=clock.now())
    return JsonResponse({"there": there}, status=200 if there else 409)


@requires(*AGENTS)
@require_POST
def dial_number(request: HttpRequest) -> HttpResponse:
    """Written as about to be called; the page then shows the number."""
    if (call := _in_hand(request)) is None:
        return redirect("desk")
    try:
        calling.dial(call_id=call.pk, by=actor_of(request), at=clock.now())
    except taking.CallRefused as refusal:
        messages.warning(request, str(refusal))
        return redirect("desk")
    log_request(request, LoggedAction.WRITE, "numéro composé", [call.person_id])
    return redirect("desk_call")


@requires(*AGENTS)
@require_POST
def release(request: HttpRequest) -> HttpResponse:
    """Back to the queue, not called."""
    if (call := _in_hand(request)) is None:
        return redirect("desk")
    try:
        taking.give_back(call_id=call.pk, by=actor_of(request), at=clock.now())
    except taking.CallRefused as refusal:
        messages.warning(request, str(refusal))
        return redirect("desk_call")
    log_request(request, LoggedAction.WRITE, "personne rendue à la file d'appels", [call.person_id])
    return redirect("desk")


@requires(*AGENTS)
@require_POST
def outcome(request: HttpRequest) -> HttpResponse:
    """What came of it; then the next call at once, when the agent asks for it."""
    form = OutcomeForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Choisissez ce qu’a donné l’appel ; l’heure d’un rappel s’écrit jour/mois/année heure:minutes.")
        return redirect("desk_call")
    entry = form.cleaned_data
    said = calling.Said(entry["outcome"], entry["later"], home_visit=entry["home_visit"])
    try:
        call = calling.end_call(call_id=entry["call"], said=said, by=actor_of(request), at=clock.now())
    except taking.CallRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("desk_call")
    log_request(request, LoggedAction.WRITE, "issue d'un appel", [call.person_id])
    messages.success(request, "Issue enregistrée.")
    return redirect("desk")


def _in_hand(request: HttpRequest) -> CallAttempt | None:
    """The call that the form speaks of, when it is the one in hand: a page left open must not act on another person."""
    call = taking.current_call(actor_of(request))
    if call is None or str(call.pk) != request.POST.get("call"):
        messages.warning(request, taking.GONE)
        return None
    return call

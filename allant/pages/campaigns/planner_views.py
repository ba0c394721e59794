"""The planner (TG-08): ask for a plan, read it, adopt it, take it away as a file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.core.cache import caches
from django.db import OperationalError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from psycopg.errors import QueryCanceled

from allant import clock
from allant.accounts.access import requires
from allant.accounts.log import log_request
from allant.accounts.models import LoggedAction
from allant.accounts.roles import Role
from allant.accounts.sign_in import actor_of
from allant.campaigns.models import InvitationPlan, PlannedShare, WeeklyCapacity
from allant.campaigns.planner import requests
from allant.campaigns.planner.bounds import adopted, monday
from allant.campaigns.planner.plans import adopt_plan, capacities_changed, compute_plan
from allant.campaigns.planner.posing import CannotPlan
from allant.campaigns.planner.reading import Plan
from allant.doctrine import rules
from allant.geography import departements
from allant.pages.base.errors import Missing
from allant.pages.base.sheets import sheet
from allant.pages.campaigns.planner_chart import describe_weeks, render_weeks
from allant.pages.campaigns.planner_forms import PlanForm
from allant.pages.campaigns.planner_wording import done_said, limits_said, place_name, programme_choices, programme_name

USUAL_WEEKS = 8
PLANS_SHOWN = 10
KEPT = 3600
LONGEST_ON_PAGE = 6
"""Seconds that one question to the register may take while the page waits; a longer plan is computed by a job."""


@requires(Role.CAMPAIGN_MANAGER)
@require_http_methods(["GET", "HEAD", "POST"])
def plans(request: HttpRequest) -> HttpResponse:
    """The plans computed last and the one that stands; a POST computes another."""
    today = clock.today()
    form = PlanForm(
        request.POST or None, programmes=programme_choices(),
        initial={"first_week": monday(today) + timedelta(7), "weeks": USUAL_WEEKS},
    )  # fmt: skip
    problem = ""
    if request.method == "POST" and form.is_valid():
        try:
            plan = _computed(request, form.cleaned_data)
            return redirect("invitation_plan", plan=plan.pk) if plan else _asked_of_the_jobs(request, form.cleaned_data)
        except CannotPlan as error:
            problem = str(error)
    found = InvitationPlan.objects.all()[:PLANS_SHOWN]
    context = {
        "title": "Plan d’invitations",
        "trail": [("Campagnes", reverse("campaigns"))],
        "form": form,
        "problem": problem,
        "plans": [(plan, programme_name(plan.programme), _state(plan)) for plan in found],
        "longest": LONGEST_ON_PAGE,
        "has_capacities": WeeklyCapacity.objects.exists(),
    }
    return render(request, "campaigns/planner_home.html", context, status=409 if problem else 400 if form.errors else 200)


def _computed(request: HttpRequest, asked: dict[str, Any]) -> InvitationPlan | None:
    """Compute within the time a page may take; None when it is not enough, and nothing is kept. Raises CannotPlan."""
    today = clock.today()
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{LONGEST_ON_PAGE}s"])
            by = str(actor_of(request))
            return compute_plan(**asked, as_of=today, book=rules.as_known_on(today), by=by, at=clock.now())
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            return None
        raise


def _asked_of_the_jobs(request: HttpRequest, asked: dict[str, Any]) -> HttpResponse:
    job = requests.ask(**asked, as_of=clock.today(), by=str(actor_of(request)), at=clock.now())
    return redirect("plan_asked", job=job)


@requires(Role.CAMPAIGN_MANAGER)
@require_safe
def plan_asked(request: HttpRequest, job: int) -> HttpResponse:
    """Where a plan asked of the jobs stands; the plan itself once it is there."""
    now = clock.now()
    asked = requests.where(job, now)
    if asked is None:
        raise Missing("Cette demande n’existe pas, ou a été annulée : demandez de nouveau le plan.")
    if asked.plan is not None:
        return redirect("invitation_plan", plan=asked.plan)
    context = {
        "title": "Plan en cours de calcul",
        "trail": [("Campagnes", reverse("campaigns")), ("Plan d’invitations", reverse("invitation_plans"))],
        "asked": asked,
        "job": job,
        "seconds": int((now - asked.since).total_seconds()) if asked.since else 0,
    }
    return render(request, "campaigns/planner_asked.html", context)


@requires(Role.CAMPAIGN_MANAGER)
@require_safe
def plan_page(request: HttpRequest, plan: int) -> HttpResponse:
    """Weeks, groups and the queue; of one département when it is asked."""
    row = get_object_or_404(InvitationPlan, pk=plan)
    place = _place(request)
    read = Plan(row, place)
    context = {
        "title": f"Plan du {row.computed_at.astimezone(clock.PARIS):%d/%m/%Y}",
        "trail": [("Campagnes", reverse("campaigns")), ("Plan d’invitations", reverse("invitation_plans"))],
        "plan": row,
        "programme": programme_name(row.programme),
        "state": _state(row),
        "stale": capacities_changed(row),
        "place": place,
        "place_name": place_name(place) if place else "",
        "places": [(code, f"{code} {each.name}") for code, each in departements().items()],
        **_tables(read, whole=place is None),
    }
    return render(request, "campaigns/planner_plan.html", context)


def _tables(read: Plan, whole: bool) -> dict[str, Any]:
    weeks, places = read.by_week(), read.by_place() if whole else []
    groups = read.groups()
    titles = {campaign.slug: campaign.title for campaign in read.campaigns}
    return {
        "groups": [(line, done_said(line.done_in)) for line in groups if line.before],
        "settled": sum(not line.before for line in groups),
        "weeks": [(week, limits_said(week.limits), [(titles[slug], n) for slug, n in week.by_group.items()]) for week in weeks],
        "by_place": [(place_name(line.code), line, done_said(line.done_in)) for line in places],
        "chart_text": describe_weeks(weeks),
        "total": sum(week.invited for week in weeks),
        "queue": weeks[-1].queue,
    }


@requires(Role.CAMPAIGN_MANAGER)
@require_POST
def adopt(request: HttpRequest, plan: int) -> HttpResponse:
    """From now on this plan bounds the waves of its weeks."""
    row = get_object_or_404(InvitationPlan, pk=plan)
    try:
        adopt_plan(row, by=str(actor_of(request)), at=clock.now(), on=clock.today())
    except CannotPlan as error:
        messages.error(request, str(error))
    else:
        log_request(request, LoggedAction.BULK, f"adoption du plan d'invitations {row.pk}", None, subject_kind="plan")
        messages.success(request, "Plan adopté : il borne désormais les vagues de ses semaines, département par département.")
    return redirect("invitation_plan", plan=plan)


@requires(Role.CAMPAIGN_MANAGER)
@require_safe
def plan_file(request: HttpRequest, plan: int) -> HttpResponse:
    """Every share of the plan, as a table to download."""
    row = get_object_or_404(InvitationPlan, pk=plan)
    header = ("semaine", "departement", "campagne", "a_inviter", "en_attente")
    return sheet(f"plan-{row.programme}-{row.first_week}.csv", header, _shares(row))


def _shares(row: InvitationPlan) -> Iterator[tuple[date, str, str, int, int]]:
    rows = PlannedShare.objects.filter(plan=row).order_by("week", "departement_code", "campaign__starts_on", "campaign__slug")
    yield from rows.values_list("week", "departement_code", "campaign__slug", "invited", "waiting").iterator(5_000)


@requires(Role.CAMPAIGN_MANAGER)
@require_safe
def plan_chart(request: HttpRequest, plan: int) -> HttpResponse:
    """The weeks as bars."""
    row, place = get_object_or_404(InvitationPlan, pk=plan), _place(request)
    key = f"plan-{row.pk}-{row.computed_at.timestamp()}-{place}"
    picture: bytes = caches["charts"].get_or_set(key, lambda: render_weeks(Plan(row, place).by_week()), KEPT)
    return HttpResponse(picture, content_type="image/svg+xml")


def _place(request: HttpRequest) -> str | None:
    code = request.GET.get("departement", "")
    if code and code not in departements():
        raise Missing("Ce département n’existe pas : choisissez-le dans la liste.")
    return code or None


def _state(plan: InvitationPlan) -> str:
    """`standing`: it bounds the waves; `replaced`: it did; `proposed`."""
    if plan.adopted_at is None:
        return "proposed"
    return "standing" if adopted(plan.programme) == plan else "replaced"

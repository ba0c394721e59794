"""Capacities of a programme entered on a grid, copied from the week before, or read from a file (TG-08)."""

from __future__ import annotations

from datetime import date, timedelta
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from allant import clock
from allant.accounts.access import requires
from allant.accounts.log import log_request
from allant.accounts.models import LoggedAction
from allant.accounts.roles import Role
from allant.accounts.sign_in import actor_of
from allant.campaigns.planner import capacities
from allant.campaigns.planner.bounds import monday
from allant.campaigns.planner.capacity_file import COLUMNS, RESERVE_WORD, FileRefused, read_capacities, written
from allant.pages.base.errors import Missing
from allant.pages.base.sheets import sheet
from allant.pages.campaigns.planner_forms import GRID_WEEKS, CapacityFileForm, Grid
from allant.pages.campaigns.planner_wording import programme_choices, programme_name

Asked = tuple[str, date]
WEEK = timedelta(7)


@requires(Role.CAMPAIGN_MANAGER)
@require_http_methods(["GET", "HEAD", "POST"])
def capacity_grid(request: HttpRequest) -> HttpResponse:
    """Doses and slots by département for a few weeks; a POST keeps all of them or none."""
    if not programme_choices():
        return render(request, "campaigns/planner_capacities.html", {"title": "Capacités", "trail": _trail(), "grid": None})
    programme, week = _asked(request.POST if request.method == "POST" else request.GET)
    there = capacities.entered(programme, [week + rank * WEEK for rank in range(GRID_WEEKS)])
    if request.method != "POST":
        return _page(request, (programme, week), Grid(week, there))
    grid = Grid(week, there, {name: str(value) for name, value in request.POST.items()})
    if grid.faults:
        return _page(request, (programme, week), grid, status=400)
    changed = capacities.save_capacities(
        programme, grid.capacities, by=str(actor_of(request)), at=clock.now(), cleared=grid.cleared
    )
    _log(request, programme)
    messages.success(request, f"{changed} capacités enregistrées." if changed else "Rien n’a changé.")
    return redirect(_address(programme, week))


@requires(Role.CAMPAIGN_MANAGER)
@require_POST
def copy_week(request: HttpRequest) -> HttpResponse:
    """Take the week before's capacities where nothing is entered yet."""
    programme, week = _asked(request.POST)
    copied = capacities.copy_week(programme, week, by=str(actor_of(request)), at=clock.now())
    _log(request, programme)
    said = f"{copied} capacités recopiées dans la semaine du {week:%d/%m/%Y}." if copied else "Rien à recopier."
    messages.success(request, f"{said} Ce qui était saisi n’a pas changé.")
    return redirect(_address(programme, _shown(request.POST) or week))


@requires(Role.CAMPAIGN_MANAGER)
@require_POST
def capacity_file(request: HttpRequest) -> HttpResponse:
    """Keep a whole file, or nothing of it, and say why line by line."""
    programme, week = _asked(request.POST)
    form = CapacityFileForm(request.POST, request.FILES)
    faults = ["Choisissez un fichier qui n’est pas vide."]
    if form.is_valid():
        try:
            read = read_capacities(form.cleaned_data["file"].read())
            changed = capacities.save_capacities(programme, read, by=str(actor_of(request)), at=clock.now())
        except FileRefused as refusal:
            faults = refusal.faults
        else:
            _log(request, programme)
            messages.success(request, f"Fichier lu : {len(read)} capacités, dont {changed} nouvelles ou changées.")
            return redirect(_address(programme, min(each.week for each in read)))
    there = capacities.entered(programme, [week + rank * WEEK for rank in range(GRID_WEEKS)])
    return _page(request, (programme, week), Grid(week, there), status=400, file_faults=faults)


@requires(Role.CAMPAIGN_MANAGER)
@require_safe
def capacity_sheet(request: HttpRequest) -> HttpResponse:
    """Everything entered for a programme, as a file that can be given back."""
    programme, _ = _asked(request.GET)
    return sheet(f"capacites-{programme}.csv", COLUMNS, written(capacities.entered(programme)))


def _page(
    request: HttpRequest, asked: Asked, grid: Grid, *, status: int = 200, file_faults: list[str] | None = None
) -> HttpResponse:
    programme, week = asked
    context = {
        "title": "Capacités", "trail": _trail(), "grid": grid, "programme": programme, "week": week,
        "programme_name": programme_name(programme), "programmes": programme_choices(), "file_faults": file_faults or [],
        "former": _address(programme, week - GRID_WEEKS * WEEK), "later": _address(programme, week + GRID_WEEKS * WEEK),
        "columns": ", ".join(COLUMNS), "reserve_word": RESERVE_WORD,
        "sheet": f"{reverse('capacity_sheet')}?{urlencode({'programme': programme})}",
    }  # fmt: skip
    return render(request, "campaigns/planner_capacities.html", context, status=status)


def _trail() -> list[tuple[str, str]]:
    return [("Campagnes", reverse("campaigns")), ("Plan d’invitations", reverse("invitation_plans"))]


def _asked(given: QueryDict) -> Asked:
    """The programme and the Monday of the address or of the form; 404 for a programme without a campaign."""
    codes = [code for code, _ in programme_choices()]
    programme = given.get("programme") or (codes[0] if codes else "")
    if programme not in codes:
        raise Missing("Ce programme n’a aucune campagne.")
    return programme, _day(given.get("semaine", "")) or monday(clock.today())


def _shown(given: QueryDict) -> date | None:
    return _day(given.get("affichee", ""))


def _day(text: str) -> date | None:
    """The Monday of a day; None without one, or for one so far that its weeks leave the calendar."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return monday(day) if 2000 <= day.year < 2100 else None


def _address(programme: str, week: date) -> str:
    return f"{reverse('capacity_grid')}?{urlencode({'programme': programme, 'semaine': week.isoformat()})}"


def _log(request: HttpRequest, programme: str) -> None:
    log_request(request, LoggedAction.BULK, f"capacités du programme {programme}", None, subject_kind="capacity")

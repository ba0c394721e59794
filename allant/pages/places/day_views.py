"""Who comes to a place on a day, on screen, on paper and in a file; who came, and who did not (AP-10)."""

from __future__ import annotations

from datetime import date, timedelta
from urllib.parse import urlencode

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
from allant.accounts.sign_in import actor_of, roles_of
from allant.appointments.calendar import local_start, zone_at
from allant.appointments.day_list import HEADER, Row, paper, rows_of
from allant.appointments.ending import arrive, mark, unmark
from allant.appointments.models import FREEING, Appointment, End, Place
from allant.doctrine import rules
from allant.pages.base.errors import Missing
from allant.pages.base.sheets import sheet
from allant.pages.places.place_views import TITLE
from allant.pages.places.running import RUNNERS, place_run
from allant.vaccination.products import vaccine_label

GONE = "Ce rendez-vous n'est plus dans la liste de ce lieu : rechargez la liste du jour."
TOO_SOON = "Ce rendez-vous est à venir : il se pointe le jour même."
OVER = "Ce rendez-vous est déjà pointé, ou n'existe plus : la liste est à jour."


@requires(*RUNNERS)
@never_cache
@require_safe
def day(request: HttpRequest, place: int) -> HttpResponse:
    """The list of a day, with one key for each thing that may be said of a person."""
    found = place_run(request, place)
    on = _asked_day(request, found)
    rows = _rows(request, found, on, "liste des rendez-vous d'un lieu")
    now = clock.now()
    today = now.astimezone(zone_at(found)).date()
    context = {
        "title": "Rendez-vous du jour", "place": found, "on": on, "rows": rows, "now": now,
        "trail": [(TITLE, reverse("places")), (found.location.name, reverse("place", args=[found.pk]))],
        "before": on - timedelta(days=1), "after": on + timedelta(days=1), "today": today,
        "opens_files": Role.HEALTH_PROFESSIONAL in roles_of(request) and on == today,
        "counts": _counts(rows),
    }  # fmt: skip
    return render(request, "places/day.html", context)


@requires(*RUNNERS)
@never_cache
@require_safe
def day_pdf(request: HttpRequest, place: int) -> HttpResponse:
    """The list to print."""
    found = place_run(request, place)
    on = _asked_day(request, found)
    rows = _rows(request, found, on, "liste imprimée des rendez-vous d'un lieu")
    answer = HttpResponse(paper(found, on, rows, clock.now()), content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="rendez-vous-{on}.pdf"'
    return answer


@requires(*RUNNERS)
@never_cache
@require_safe
def day_csv(request: HttpRequest, place: int) -> HttpResponse:
    """The list for a spreadsheet."""
    found = place_run(request, place)
    on = _asked_day(request, found)
    rows = _rows(request, found, on, "fichier des rendez-vous d'un lieu")
    return sheet(f"rendez-vous-{on}.csv", HEADER, [row.cells for row in rows])


@requires(*RUNNERS)
@require_POST
def mark_one(request: HttpRequest, place: int, appointment: int) -> HttpResponse:
    """Say that a person is there, was received or vaccinated, did not come; or take it back."""
    found = place_run(request, place)
    row = Appointment.objects.select_related("slot__place__location").filter(pk=appointment, slot__place=found).first()
    if row is None or row.ended_as in FREEING:
        raise Missing(GONE)
    on, wanted = local_start(row.slot).date(), request.POST.get("mark", "")
    if on > clock.now().astimezone(zone_at(found)).date():
        messages.error(request, TOO_SOON)
    elif not _marked(row, wanted, actor_of(request).name):
        messages.warning(request, OVER)
    who = [row.person_id] if row.person_id else None
    log_request(request, LoggedAction.WRITE, "pointage d'un rendez-vous", who)
    return redirect(f"{reverse('place_day', args=[found.pk])}?{urlencode({'le': on})}#rdv-{row.pk}")


def _marked(row: Appointment, wanted: str, by: str) -> bool:
    if wanted == "arrived":
        return arrive(row, by=by).ended_at is None
    if wanted == "undo":
        return unmark(row, by=by)
    ends = {"done": End.DONE, "absent": End.ABSENT}
    return wanted in ends and mark(row, ends[wanted], by=by)


def _asked_day(request: HttpRequest, place: Place) -> date:
    """The day in the address, today by the place's own clock when there is none or none that can be read."""
    try:
        return date.fromisoformat(request.GET.get("le", ""))
    except ValueError:
        return clock.now().astimezone(zone_at(place)).date()


def _rows(request: HttpRequest, place: Place, on: date, purpose: str) -> list[Row]:
    """The rows, each person shown being in the access log."""
    book = rules.as_known_on(on)
    codes = set(place.slots.exclude(vaccine="").values_list("vaccine", flat=True).distinct())
    rows = rows_of(place, on, clock.now(), {code: vaccine_label(code, on, book) for code in codes})
    shown = [row.appointment.person_id for row in rows if row.appointment.person_id]
    log_request(request, LoggedAction.READ, purpose, shown or None, subject_kind="person" if shown else "place")
    return rows


def _counts(rows: list[Row]) -> dict[str, int]:
    ended = [row.appointment.ended_as for row in rows]
    there = sum(not row.appointment.ended_as and row.appointment.arrived_at is not None for row in rows)
    done, absent = ended.count(End.DONE), ended.count(End.ABSENT)
    return {"expected": len(rows) - done - absent - there, "there": there, "done": done, "absent": absent}

"""From a place's day list to the téléservice: who came has their file opened, ready for the dose (AP-10)."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from allant import clock
from allant.accounts.access import requires
from allant.accounts.log import log_request
from allant.accounts.models import LoggedAction
from allant.accounts.roles import Role
from allant.appointments.calendar import local_start, zone_at
from allant.appointments.ending import mark
from allant.appointments.models import FREEING, Appointment, End
from allant.pages.base.errors import Missing
from allant.pages.professional.acting import acting, for_teleservice
from allant.pages.professional.opening import open_file

GONE = "Ce rendez-vous n'est pas de ceux d'aujourd'hui dans votre structure : revenez à la liste du jour."
UNKNOWN = (
    "Cette personne s'est inscrite en ligne sans code : elle est pointée présente. Cherchez son dossier par son NIR ou sa carte "
    "Vitale pour enregistrer la dose."
)


@requires(Role.HEALTH_PROFESSIONAL)
@for_teleservice(may="find")
@require_POST
def from_appointment(request: HttpRequest, appointment: int) -> HttpResponse:
    """« Vacciné » in one click: the appointment is marked, and the file opened at the step to fill.

    Only for an appointment of this day, in a place that the professional's own structure holds: nothing else stands for the code,
    number or card of a patient (VC-10).
    """
    row = Appointment.objects.select_related("slot__place__location", "person").filter(pk=appointment).first()
    own = acting(request).organisation
    place = row.slot.place if row else None
    today = clock.now().astimezone(zone_at(place)).date() if place else None
    if (
        row is None or place is None or own is None or place.location.organisation_id != own.pk
        or local_start(row.slot).date() != today or row.ended_as in (*FREEING, End.ABSENT)
    ):  # fmt: skip
        raise Missing(GONE)
    mark(row, End.DONE, by=acting(request).by)
    if row.person is None:
        messages.info(request, UNKNOWN)
        return redirect("teleservice")
    person = open_file(request, row.person, "appointment")
    log_request(request, LoggedAction.SEARCH, "téléservice : dossier ouvert par un rendez-vous du jour", [person.pk])
    return redirect("teleservice_file", person_id=person.pk)

"""The appointment of a signed link (AP-09): it ends some days after the appointment."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.http import Http404

from allant.appointments.links import number_of, token_of
from allant.appointments.models import Appointment

KEPT = timedelta(days=30)
GONE = "Ce lien ne mène à aucun rendez-vous : vérifiez qu'il est entier, ou cherchez un nouveau rendez-vous."


def appointment_of(token: str, at: datetime) -> Appointment:
    """The appointment of a link. Raises Http404 when it is not ours, was altered, or the appointment is long past."""
    try:
        found = Appointment.objects.select_related("slot__place__location", "person", "first").get(pk=number_of(token))
    except (ValueError, Appointment.DoesNotExist) as wrong:
        raise Http404(GONE) from wrong
    if found.slot.starts_at + KEPT < at:
        raise Http404(GONE)
    return found


__all__ = ["appointment_of", "token_of"]

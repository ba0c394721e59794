"""The signed link to one's own appointment (AP-09): it names no person, cannot be guessed, and ends with the appointment."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core import signing
from django.http import Http404

from allant.appointments.models import Appointment

SALT = "allant.appointments.own"
KEPT = timedelta(days=30)
GONE = "Ce lien ne mène à aucun rendez-vous : vérifiez qu'il est entier, ou cherchez un nouveau rendez-vous."


def token_of(appointment: Appointment) -> str:
    """What the link bears."""
    return signing.Signer(salt=SALT).sign(str(appointment.pk)).replace(":", "~")


def appointment_of(token: str, at: datetime) -> Appointment:
    """The appointment of a link. Raises Http404 when it is not ours, was altered, or the appointment is long past."""
    try:
        number = int(signing.Signer(salt=SALT).unsign(token.replace("~", ":")))
        found = Appointment.objects.select_related("slot__place__location", "person", "first").get(pk=number)
    except (signing.BadSignature, ValueError, Appointment.DoesNotExist) as wrong:
        raise Http404(GONE) from wrong
    if found.slot.starts_at + KEPT < at:
        raise Http404(GONE)
    return found

"""Cancelling at somebody's word: an appointment, with the second injection chained to it (AP-05, AP-08)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from allant import clock
from allant.appointments.ending import end
from allant.appointments.models import Appointment, End
from allant.appointments.partners import cancel_at_partner


@transaction.atomic
def cancel(appointment: Appointment, *, by: str, at: datetime | None = None) -> None:
    """Give the seats back, here at once, at a partner's now or at its next settling; what is over already stays so."""
    at = at or clock.now()
    for each in [appointment, *appointment.chained.filter(ended_at=None).select_related("slot__place")]:
        if each.partner_state:
            cancel_at_partner(each, by=by, at=at)
        else:
            end(each, End.CANCELLED, by=by, at=at)

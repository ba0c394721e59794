"""What guests and relatives left for one appointment, erased when it is of no more use."""

from __future__ import annotations

from datetime import datetime, timedelta

import pgtrigger
from django.db import transaction
from django.db.models import QuerySet

from allant.appointments.models import Guest, ToldAt


@transaction.atomic
def forget(*, at: datetime, kept: timedelta) -> int:
    """Erase the guests and the addresses of appointments whose time is `kept` ago; how many appointments. Run again, none.

    The appointment itself stays, for the counts: it names nobody.
    """
    guests = Guest.objects.filter(appointment__slot__starts_at__lte=at - kept)
    addresses = ToldAt.objects.filter(appointment__slot__starts_at__lte=at - kept)
    concerned = _appointments(guests) | _appointments(addresses)
    with pgtrigger.ignore("appointments.Guest:never_changed"):
        guests.delete()
    addresses.delete()
    return len(concerned)


def _appointments(rows: QuerySet[Guest] | QuerySet[ToldAt]) -> set[int]:
    return set(rows.values_list("appointment_id", flat=True))

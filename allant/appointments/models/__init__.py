"""The tables of appointments."""

from allant.appointments.models.booked import (
    FREEING,
    Appointment,
    AppointmentEvent,
    End,
    Guest,
    Origin,
    PartnerState,
    Waiting,
)
from allant.appointments.models.places import Closure, Place, Schedule, Service, Share, Slot

__all__ = [
    "FREEING", "Appointment", "AppointmentEvent", "Closure", "End", "Guest", "Origin", "PartnerState", "Place", "Schedule",
    "Service", "Share", "Slot", "Waiting",
]  # fmt: skip

"""The tables of appointments."""

from allant.appointments.models.booked import (
    FREEING,
    Appointment,
    AppointmentEvent,
    End,
    Guest,
    Origin,
    PartnerFeed,
    PartnerState,
    ToldAt,
    Waiting,
)
from allant.appointments.models.places import Closure, Place, Schedule, Service, Share, Slot

__all__ = [
    "FREEING", "Appointment", "AppointmentEvent", "Closure", "End", "Guest", "Origin", "PartnerFeed", "PartnerState", "Place",
    "Schedule",
    "Service", "Share", "Slot", "ToldAt", "Waiting",
]  # fmt: skip

"""The signed link to one's own appointment (AP-09): it names no person and cannot be guessed."""

from __future__ import annotations

from django.core import signing

from allant.appointments.models import Appointment

SALT = "allant.appointments.own"


def token_of(appointment: Appointment) -> str:
    """What the link bears."""
    return signing.Signer(salt=SALT).sign(str(appointment.pk)).replace(":", "~")


def number_of(token: str) -> int:
    """The number of the appointment of a link. Raises ValueError when it is not ours, or was altered."""
    try:
        return int(signing.Signer(salt=SALT).unsign(token.replace("~", ":")))
    except signing.BadSignature as wrong:
        raise ValueError("lien altéré") from wrong

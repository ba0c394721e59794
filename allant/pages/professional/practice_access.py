"""A doctor's own lists and orders: for doctors known by their RPPS number."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from allant.directory.models import Practitioner
from allant.pages.base.errors import Missing
from allant.pages.professional.acting import acting

DOCTOR = "medecin"  # the code in `teleservice.professions`; a treating physician is a doctor by law


def doctor_of(request: HttpRequest) -> Practitioner:
    """The doctor who acts. Raises PermissionDenied for another profession, Missing without an RPPS number."""
    who = acting(request)
    if who.profession != DOCTOR:
        raise PermissionDenied("Cette page est réservée aux médecins.")
    if who.practitioner is None:
        raise Missing("Aucun numéro RPPS n'a été reçu pour votre compte : reconnectez-vous par Pro Santé Connect.")
    return who.practitioner

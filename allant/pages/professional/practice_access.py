"""A doctor's own lists and orders: for doctors known by their RPPS number."""

from __future__ import annotations

from datetime import date

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from allant.directory.models import Practitioner
from allant.doctrine import rules
from allant.pages.base.errors import Missing
from allant.pages.professional.acting import acting
from allant.supply.ordering import town_orders

DOCTOR = "medecin"  # the code in `teleservice.professions`; a treating physician is a doctor by law


def doctor_of(request: HttpRequest) -> Practitioner:
    """The doctor who acts. Raises PermissionDenied for another profession, Missing without an RPPS number."""
    return _one_of(request, (DOCTOR,), "Cette page est réservée aux médecins.")


def orderer_of(request: HttpRequest, on: date) -> Practitioner:
    """Who orders doses, of a profession that the doctrine of the day lets order; before it opens, a doctor. Raises as above."""
    professions = town_orders(rules.as_known_on(on), on).professions
    if professions in ((), (DOCTOR,)):
        return doctor_of(request)
    return _one_of(request, professions, "Votre profession ne commande pas de doses à ce jour.")


def _one_of(request: HttpRequest, professions: tuple[str, ...], otherwise: str) -> Practitioner:
    who = acting(request)
    if who.profession not in professions:
        raise PermissionDenied(otherwise)
    if who.practitioner is None:
        raise Missing("Aucun numéro RPPS n'a été reçu pour votre compte : reconnectez-vous par Pro Santé Connect.")
    return who.practitioner

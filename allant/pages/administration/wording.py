"""How states are said and coloured on the pages of administrators."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from allant.immunizations.models import Lot


@dataclass(frozen=True)
class Badge:
    """A state: its words, and the colour of the design system."""

    label: str
    kind: str


def lot_state(lot: Lot, on: date) -> Badge:
    """Recalled before expired: a recall is what one must act upon."""
    if lot.recalled_on and lot.recalled_on <= on:
        return Badge("Rappelé", "error")
    if lot.recalled_on:
        return Badge("Rappel annoncé", "warning")
    if lot.expires_on and lot.expires_on < on:
        return Badge("Périmé", "warning")
    return Badge("Utilisable", "success")


ORDER_STATES = {
    "ordered": Badge("Passée", "info"),
    "confirmed": Badge("Confirmée", "new"),
    "delivered": Badge("Livrée", "success"),
    "cancelled": Badge("Annulée", "error"),
}

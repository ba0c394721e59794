"""Where adverse effects are declared, pre-filled with vaccine, lot and date, without identity (VC-35). Pure."""

from __future__ import annotations

from datetime import date
from urllib.parse import urlencode

from allant.doctrine import NotYetInForce, RuleBook


def report_values(vaccine: str, lot: str, occurred_on: date) -> tuple[tuple[str, str], ...]:
    """The three values as people copy them: (label, value)."""
    return (("Vaccin", vaccine), ("Numéro de lot", lot or "non renseigné"), ("Date de l'injection", f"{occurred_on:%d/%m/%Y}"))


def report_link(vaccine: str, lot: str, occurred_on: date, on: date, book: RuleBook) -> str | None:
    """The address of the public portal with these values; None before the doctrine names a portal.

    The portal publishes no parameter names: it may ignore ours, so pages show `report_values` too.
    """
    try:
        portal = book.value("teleservice.adverse_effects", on)
    except NotYetInForce:
        return None
    values = {
        portal["vaccine_parameter"]: vaccine,
        portal["lot_parameter"]: lot,
        portal["date_parameter"]: occurred_on.isoformat(),
    }
    return f"{portal['url']}?{urlencode({name: value for name, value in values.items() if value})}"

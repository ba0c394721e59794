"""The date a page of figures is asked for."""

from __future__ import annotations

from datetime import date

from django.http import HttpRequest

UNREADABLE = "La date demandée est illisible. Attendu : année-mois-jour, par exemple 2021-11-21. Voici la dernière date connue."


def asked_day(request: HttpRequest) -> tuple[date | None, str]:
    """The day of `?le=`, or None and, when there is one that cannot be read, what is wrong with it."""
    text = request.GET.get("le", "")
    try:
        return (date.fromisoformat(text), "") if text else (None, "")
    except ValueError:
        return None, UNREADABLE

"""Dates as French pages write them: Django's own format forgets that the first of a month is « 1er »."""

from __future__ import annotations

from datetime import date

from django import template
from django.utils.formats import date_format

register = template.Library()


@register.filter(expects_localtime=True)
def day(value: date | None) -> str:
    """`2021-09-01` → `1er septembre 2021`; empty without a date."""
    if value is None:
        return ""
    return date_format(value, r"j\e\r F Y" if value.day == 1 else "j F Y")


@register.filter(expects_localtime=True)
def week_day(value: date) -> str:
    """`2021-11-21` → `dimanche 21 novembre 2021`."""
    return f"{date_format(value, 'l')} {day(value)}"

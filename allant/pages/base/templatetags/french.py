"""Dates and shares as French pages write them. Django's own date format forgets that the first of a month is « 1er »."""

from __future__ import annotations

from datetime import date

from django import template
from django.utils.formats import date_format, number_format

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


@register.filter
def percent(share: float) -> str:
    """`0.256` → `25,6 %`."""
    return f"{number_format(100 * share, decimal_pos=1)}\N{NO-BREAK SPACE}%"


@register.filter
def points(difference: float) -> str:
    """A difference of shares, signed: `-0.031` → `−3,1 points`."""
    sign = "\N{MINUS SIGN}" if difference < 0 else "+"
    return f"{sign}{number_format(100 * abs(difference), decimal_pos=1)}\N{NO-BREAK SPACE}points"

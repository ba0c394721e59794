"""Dates in the language of the page."""

from __future__ import annotations

from datetime import date

from django import template
from django.utils.formats import date_format
from django.utils.translation import get_language

register = template.Library()


@register.filter
def long_day(value: date | None) -> str:
    """`2021-12-01` → `1er décembre 2021`, `Dec. 1, 2021`… by the language in force; empty without a date."""
    if value is None:
        return ""
    if get_language() == "fr":
        return date_format(value, r"j\e\r F Y" if value.day == 1 else "j F Y")
    return date_format(value, "j F Y")

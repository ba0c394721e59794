"""Dates as they are typed at the bedside: few keys, and never silently lost, as a browser's calendar does with 31/02."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.formats import date_format

from allant import clock

TODAY, YESTERDAY = ("j", "jour", "aujourd'hui", "aujourd’hui"), ("h", "hier")
ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
PARTS = re.compile(r"(\d{1,2})[/.\- ](\d{1,2})[/.\- ](\d{4}|\d{2})")
DIGITS = re.compile(r"(\d{2})(\d{2})(\d{4}|\d{2})")
CENTURY = 2000


class TypedDateField(forms.Field):
    """JJ/MM/AAAA, with or without separators, the year on two digits too; `j` for today, `h` for yesterday; ISO."""

    def __init__(self, *, help_text: str = "JJ/MM/AAAA, ou j pour aujourd’hui.", **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "maxlength": "12"})
        messages = {
            "required": "Date absente : écrivez-la sous la forme JJ/MM/AAAA.",
            "invalid": "Date illisible : écrivez-la sous la forme JJ/MM/AAAA.",
            "impossible": "Cette date n’existe pas : vérifiez le jour et le mois.",
        }
        super().__init__(widget=widget, help_text=help_text, error_messages=messages, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        """A day in French; what was typed as it was typed."""
        return date_format(value, "d/m/Y") if isinstance(value, date) else value

    def to_python(self, value: Any) -> date | None:
        """The day typed; None when nothing was."""
        typed = str(value or "").strip().lower()
        if not typed:
            return None
        if typed in TODAY or typed in YESTERDAY:
            return clock.today() - timedelta(days=typed in YESTERDAY)
        if found := ISO.fullmatch(typed):
            return self._day(*found.groups())
        if found := PARTS.fullmatch(typed) or DIGITS.fullmatch(typed):
            day, month, year = found.groups()
            return self._day(year if len(year) == 4 else str(CENTURY + int(year)), month, day)
        raise forms.ValidationError(self.error_messages["invalid"], code="invalid")

    def _day(self, year: str, month: str, day: str) -> date:
        try:
            return date(int(year), int(month), int(day))
        except ValueError:
            raise forms.ValidationError(self.error_messages["impossible"], code="impossible") from None

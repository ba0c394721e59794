"""Numbers as French pages write them. Django's `number_format` cuts decimals, so each function rounds first."""

from __future__ import annotations

from django.utils.formats import number_format

NO_BREAK = "\u00a0"


def count(value: float) -> str:
    """`51698.2` → `51 698`."""
    return number_format(round(value), use_l10n=True, force_grouping=True)


def percent(value: float) -> str:
    """`75.09` → `75,1 %`."""
    return f"{number_format(round(value, 1), decimal_pos=1, use_l10n=True, force_grouping=True)}{NO_BREAK}%"


def points(value: float) -> str:
    """A difference of two percentages, signed: `-0.04` → `0,0`, `1.26` → `+1,3`."""
    tenths = round(value, 1)
    sign = "+" if tenths > 0 else "−" if tenths < 0 else ""
    return f"{sign}{number_format(abs(tenths), decimal_pos=1, use_l10n=True)}"

"""CertLogic 1.3.2 on `panzi-json-logic`, with what that engine lacks: partial dates, birth dates, leap days (RP-11). Pure."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from json_logic.cert_logic import certLogic
from json_logic.cert_logic.builtins import BUILTINS

Json = Any
DEEPEST = 60

_PARTIAL = re.compile(r"(?P<year>\d{4})(?:-(?P<month>\d{2})(?:-(?P<day>\d{2}))?)?")
_INSTANT = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d+))?(?:(?P<zulu>Z)|(?P<sign>[+-])(?P<hours>\d{1,2}):?(?P<minutes>\d{2})?)?"
)


class LogicError(ValueError):
    """An expression that does not follow the specification, or that cannot be evaluated on these data."""


def evaluate(expression: Json, data: Json) -> Json:
    """The value of an expression over data. Raises LogicError."""
    if _depth(expression) > DEEPEST:
        raise LogicError("expression too deep")
    try:
        return certLogic(expression, data, _OPERATIONS)
    except LogicError:
        raise
    except (ArithmeticError, LookupError, RecursionError, ReferenceError, TypeError, ValueError) as error:
        raise LogicError(type(error).__name__) from error


def instant_of(text: Any) -> datetime:
    """A date, which may be partial, or an instant of the formats of the specification; UTC when no offset is given.

    A partial date is the last day it may be. Decimals beyond the millisecond are dropped. Raises LogicError.
    """
    if not isinstance(text, str):
        raise LogicError("a date is a text")
    if _PARTIAL.fullmatch(text):
        return birth_of(text)
    if (found := _INSTANT.fullmatch(text)) is None:
        raise LogicError("not a date")
    year, month, day, hour, minute, second = map(int, found.groups()[:6])
    milliseconds = int((found[7] or "0")[:3].ljust(3, "0"))
    offset = timedelta(hours=int(found["hours"] or 0), minutes=int(found["minutes"] or 0))
    zone = UTC if found["zulu"] or not offset else timezone(-offset if found["sign"] == "-" else offset)
    return datetime(year, month, day, hour, minute, second, milliseconds * 1_000, zone)


def birth_of(text: Any) -> datetime:
    """`dccDateOfBirth`: the last day that a birth date, which may be partial, can be. Raises LogicError."""
    found = _PARTIAL.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise LogicError("not a birth date")
    year, month = int(found["year"]), int(found["month"] or 12)
    return datetime(year, month, int(found["day"] or monthrange(year, month)[1]), tzinfo=UTC)


def later(start: datetime, amount: int, unit: str) -> datetime:
    """`plusTime`: as JavaScript counts, where a day that a month has not is a day of the next one. Raises LogicError."""
    if unit in ("day", "hour"):
        return start + timedelta(**{f"{unit}s": amount})
    if unit not in ("month", "year"):
        raise LogicError("not a unit of time")
    months = start.year * 12 + start.month - 1 + amount * (12 if unit == "year" else 1)
    year, month = divmod(months, 12)
    return start.replace(year=year, month=month + 1, day=1) + timedelta(days=start.day - 1)


def _plus_time(_data: Json, text: Json = None, amount: Json = None, unit: Json = None, *_: Json) -> datetime:
    if isinstance(amount, bool) or not isinstance(amount, int):
        raise LogicError("an amount is a whole number")
    return later(instant_of(text), amount, unit)


def _birth(_data: Json, text: Json = None, *_: Json) -> datetime:
    return birth_of(text)


def _dates_only(operation: Callable[..., bool]) -> Callable[..., bool]:
    """A comparison of instants, which the specification refuses to texts."""

    def compare(data: Json, *operands: Json) -> bool:
        if not all(isinstance(operand, datetime) for operand in operands) or len(operands) not in (2, 3):
            raise LogicError("only instants are compared")
        return operation(data, *operands)

    return compare


_COMPARISONS: Mapping[str, Callable[..., bool]] = {
    name: _dates_only(BUILTINS[name]) for name in ("after", "before", "not-after", "not-before")
}
_OPERATIONS: Mapping[str, Callable[..., Json]] = {
    **BUILTINS,
    **_COMPARISONS,
    "plusTime": _plus_time,
    "dccDateOfBirth": _birth,
    "extractFromUCI": BUILTINS["extractFromUVCI"],
}


def _depth(expression: Json) -> int:
    """How deep an expression nests, counted without recursion: rules are files that anybody may give."""
    deepest, waiting = 0, [(expression, 1)]
    while waiting:
        current, depth = waiting.pop()
        deepest = max(deepest, depth)
        if deepest > DEEPEST:
            return deepest
        parts = current.values() if isinstance(current, dict) else current if isinstance(current, list) else ()
        waiting += [(part, depth + 1) for part in parts]
    return deepest

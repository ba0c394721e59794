"""A definition as JSON, version 1: what is stored with a campaign and what a page editor produces.

    {"version": 1, "criteria": {"and": [
        {"compare": ">=", "value": {"years_since": "person.birth_date", "on": "2021-03-31"}, "to": 75},
        {"not": {"exists": {"table": "dose"}}},
        {"in": ["01", "38"], "value": {"column": "person.departement"}}]}}

Decoding builds the checked model, so a decoded definition is as sound as one written in Python.
"""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from allant.facts import DATE, Fact, FactError, Registry, UnknownName, nearest

from .errors import InvalidTarget
from .model import (
    ActiveOn,
    And,
    Column,
    Compare,
    Count,
    Criterion,
    Elapsed,
    Events,
    Exists,
    Extreme,
    Known,
    Not,
    OneOf,
    Or,
    Value,
)

VERSION: Final = 1
DEEPEST: Final = 40
"""Nesting beyond this is no target a person wrote; refused before Python's own recursion limit."""

_UNITS: Final = {"years_since": "years", "months_since": "months", "days_since": "days"}


def encode(criterion: Criterion) -> dict[str, Any]:
    """A criterion as plain JSON data."""
    match criterion:
        case And(parts):
            return {"and": [encode(part) for part in parts]}
        case Or(parts):
            return {"or": [encode(part) for part in parts]}
        case Not(part):
            return {"not": encode(part)}
        case Compare(op, left, right):
            to = _encode_value(right) if isinstance(right, Value) else _encode_scalar(right)
            return {"compare": op, "value": _encode_value(left), "to": to}
        case OneOf(inside, choices):
            return {"in": [_encode_scalar(choice) for choice in choices], "value": _encode_value(inside)}
        case Known(inside):
            return {"known": _encode_value(inside)}
        case Exists(events):
            return {"exists": _encode_events(events)}
        case ActiveOn(table, on):
            return {"active": table.name, "on": on.isoformat()}
    raise TypeError(criterion)


def _encode_value(value: Value) -> dict[str, Any]:
    match value:
        case Column(table, fact):
            return {"column": f"{table.name}.{fact.name}"}
        case Elapsed(since, unit, on):
            return {f"{unit}_since": f"{since.table.name}.{since.column.name}", "on": on.isoformat()}
        case Count(events):
            return {"count": _encode_events(events)}
        case Extreme(which, events, fact):
            return {which: fact.name, "of": _encode_events(events)}
    raise TypeError(value)


def _encode_events(events: Events) -> dict[str, Any]:
    return {"table": events.table.name} | ({} if events.where is None else {"where": encode(events.where)})


def _encode_scalar(scalar: Any) -> Any:
    return scalar.isoformat() if isinstance(scalar, date) else scalar


def decode(data: Mapping[str, Any] | str, registry: Registry) -> Criterion:
    """The criterion of a versioned document; raises InvalidTarget that begins with the path of the mistake."""
    if isinstance(data, str):
        try:
            data = json.loads(data)
        except (ValueError, RecursionError) as error:
            raise InvalidTarget(f"La définition n'est pas du JSON : {error}.") from error
    document = _Reader(registry).keys(data, "", {"version", "criteria"})
    if type(document["version"]) is not int or document["version"] != VERSION:
        raise InvalidTarget(f"version : attendu {VERSION} ; vu : {document['version']!r}.")
    return _Reader(registry).criterion(document["criteria"], "criteria")


class _Reader:
    """Reads JSON data into the model; each method takes the data and its path, for messages."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def criterion(self, data: Any, path: str, depth: int = 0) -> Criterion:
        if depth > DEEPEST:
            raise InvalidTarget(f"{path[:60]}… : plus de {DEEPEST} niveaux emboîtés ; simplifiez la définition.")
        word = self._one_of(data, path, ("and", "or", "not", "compare", "in", "known", "exists", "active"))
        try:
            return self._criterion(word, data, path, depth)
        except (InvalidTarget, UnknownName, FactError) as error:
            message = str(error)
            # An inner node already named its own place.
            raise InvalidTarget(message if message.startswith("criteria") else f"{path} : {message}") from error

    def _criterion(self, word: str, data: Any, path: str, depth: int) -> Criterion:
        match word:
            case "and" | "or":
                inside = self.keys(data, path, {word})[word]
                here = f"{path}.{word}"
                parts = [self.criterion(part, f"{here}[{i}]", depth + 1) for i, part in enumerate(_list(inside, here))]
                return And(tuple(parts)) if word == "and" else Or(tuple(parts))
            case "not":
                return Not(self.criterion(self.keys(data, path, {"not"})["not"], f"{path}.not", depth + 1))
            case "compare":
                return self._compare(self.keys(data, path, {"compare", "value", "to"}), path, depth)
            case "in":
                keys = self.keys(data, path, {"in", "value"})
                value = self.value(keys["value"], f"{path}.value", depth)
                here = f"{path}.in"
                return OneOf(value, tuple(_scalar(choice, value, here) for choice in _list(keys["in"], here)))
            case "known":
                return Known(self.value(self.keys(data, path, {"known"})["known"], f"{path}.known", depth))
            case "exists":
                return Exists(self.events(self.keys(data, path, {"exists"})["exists"], f"{path}.exists", depth))
            case _:
                keys = self.keys(data, path, {"active", "on"})
                return ActiveOn(self._registry.table(_text(keys["active"], path)), _date(keys["on"], f"{path}.on"))

    def _compare(self, keys: Mapping[str, Any], path: str, depth: int) -> Compare:
        left = self.value(keys["value"], f"{path}.value", depth)
        to, here = keys["to"], f"{path}.to"
        right = self.value(to, here, depth) if isinstance(to, Mapping) else _scalar(to, left, here)
        return Compare(keys["compare"], left, right)

    def value(self, data: Any, path: str, depth: int) -> Value:
        word = self._one_of(data, path, ("column", *_UNITS, "count", "first", "last"))
        if word == "column":
            return self._column(self.keys(data, path, {"column"})["column"], path)
        if word in _UNITS:
            keys = self.keys(data, path, {word, "on"})
            return Elapsed(self._column(keys[word], path), _UNITS[word], _date(keys["on"], f"{path}.on"))  # type: ignore[arg-type]
        if word == "count":
            return Count(self.events(self.keys(data, path, {"count"})["count"], f"{path}.count", depth))
        keys = self.keys(data, path, {word, "of"})
        events = self.events(keys["of"], f"{path}.of", depth)
        return Extreme(word, events, self._fact(events, keys[word], path))  # type: ignore[arg-type]

    def events(self, data: Any, path: str, depth: int) -> Events:
        keys = self.keys(data, path, {"table"}, {"where"})
        table = self._registry.table(_text(keys["table"], f"{path}.table"))
        where = self.criterion(keys["where"], f"{path}.where", depth + 1) if "where" in keys else None
        return Events(table, where)

    def _column(self, data: Any, path: str) -> Column:
        table, dot, column = _text(data, path).partition(".")
        if not dot:
            raise InvalidTarget(f"{path} : attendu « table.colonne » ; vu : « {data} ».")
        known = self._registry.table(table)
        return Column(known, known.fact(column))

    def _fact(self, events: Events, data: Any, path: str) -> Fact:
        return events.table.fact(_text(data, path))

    def keys(self, data: Any, path: str, needed: set[str], allowed: frozenset[str] | set[str] = frozenset()) -> Mapping[str, Any]:
        """The object itself when it has the needed keys and no foreign one."""
        where = path or "définition"
        if not isinstance(data, Mapping):
            raise InvalidTarget(f"{where} : attendu un objet JSON ; vu : {_short(data)}.")
        if missing := sorted(needed - set(data)):
            raise InvalidTarget(f"{where} : il manque « {missing[0]} ».")
        if foreign := sorted(str(key) for key in set(data) - needed - allowed):
            raise InvalidTarget(f"{where} : clé « {foreign[0]} » inattendue. {nearest(foreign[0], needed | allowed)}")
        return data

    def _one_of(self, data: Any, path: str, words: tuple[str, ...]) -> str:
        """The one key that says what kind of node this is."""
        if not isinstance(data, Mapping):
            raise InvalidTarget(f"{path} : attendu un objet JSON ; vu : {_short(data)}.")
        found = [word for word in words if word in data]
        if len(found) != 1:
            seen = ", ".join(sorted(map(str, data))) or "rien"
            raise InvalidTarget(f"{path} : attendu une clé parmi {', '.join(words)} ; vu : {seen}.")
        return found[0]


def _scalar(data: Any, value: Value, path: str) -> Any:
    return _date(data, path) if value.kind == DATE else data


def _date(data: Any, path: str) -> date:
    try:
        return date.fromisoformat(data)
    except (TypeError, ValueError):
        raise InvalidTarget(f"{path} : attendu une date « AAAA-MM-JJ » ; vu : {_short(data)}.") from None


def _text(data: Any, path: str) -> str:
    if not isinstance(data, str):
        raise InvalidTarget(f"{path} : attendu un texte ; vu : {_short(data)}.")
    return data


def _list(data: Any, path: str) -> list[Any]:
    if not isinstance(data, list):
        raise InvalidTarget(f"{path} : attendu une liste ; vu : {_short(data)}.")
    return data


def _short(data: Any) -> str:
    shown = json.dumps(data, ensure_ascii=False, default=str)
    return shown if len(shown) <= 60 else f"{shown[:60]}…"

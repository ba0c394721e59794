"""Units: what a value may be, how it is checked, what Python type it becomes.

| unit | in YAML | in Python |
| --- | --- | --- |
| `days` `months` `years` `number` | a number, not negative (whole but for `number`) | int, or float |
| `text` `date` `flag` `choice` | itself; a choice is one of the rule's `choices` | str, date, bool, str |
| `delay` | `{months: 5}`, `{weeks: 3}`, `{days: 28}` | Delay |
| `age` | `{years: 18, months: 1}` | Age |
| `texts` | a list of texts | tuple of str |
| `record` | a mapping with the declared `fields` | read-only mapping |
| `table` | a list of such mappings | tuple of read-only mappings |
| `collection` | nothing: its value is the list of its members in force (`name.*`) | tuple of read-only mappings |

A field is declared as `name: unit`, `name: unit?` when it may be missing (then None), or a mapping of fields.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

from allant.doctrine.delay import Delay
from allant.doctrine.errors import nearest

Path = tuple[str | int, ...]


class BadValue(ValueError):
    """A value that does not fit its unit; `path` leads to the faulty part."""

    def __init__(self, message: str, path: Path = ()) -> None:
        super().__init__(message)
        self.path = path


@dataclass(frozen=True, slots=True, order=True)
class Age:
    """An age in years and months."""

    years: int
    months: int = 0

    def __str__(self) -> str:
        return f"{self.years} ans" + (f" et {self.months} mois" if self.months else "")


@dataclass(frozen=True, slots=True)
class Shape:
    """The declared form of a value."""

    unit: str
    optional: bool = False
    fields: Mapping[str, "Shape"] = field(default_factory=dict)
    choices: tuple[str, ...] = ()


def _whole(raw: Any) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int) or raw < 0:
        raise BadValue(f"{raw!r} lu, un nombre entier positif ou nul attendu.")
    return raw


def _number(raw: Any) -> int | float:
    if isinstance(raw, bool) or not isinstance(raw, int | float) or raw < 0:
        raise BadValue(f"{raw!r} lu, un nombre positif ou nul attendu.")
    return raw


def _text(raw: Any) -> str:
    if not isinstance(raw, str) or not raw.strip():
        raise BadValue(f"{raw!r} lu, un texte attendu ; mettez-le entre guillemets.")
    return " ".join(raw.split())


def _date(raw: Any) -> date:
    if not isinstance(raw, date) or isinstance(raw, datetime):
        raise BadValue(f"{raw!r} lu, une date attendue, écrite AAAA-MM-JJ.")
    return raw


def _flag(raw: Any) -> bool:
    if not isinstance(raw, bool):
        raise BadValue(f"{raw!r} lu, true ou false attendu.")
    return raw


def _parts(raw: Any, allowed: tuple[str, ...]) -> dict[str, int]:
    if not isinstance(raw, dict) or not raw or not set(raw) <= set(allowed):
        raise BadValue(f"{raw!r} lu, attendu par exemple {{{allowed[0]}: 5}} avec {', '.join(allowed)}.")
    return {name: _whole(part) for name, part in raw.items()}


def _delay(raw: Any) -> Delay:
    parts = _parts(raw, ("months", "weeks", "days", "years"))
    months = parts.get("months", 0) + 12 * parts.get("years", 0)
    return Delay(months, parts.get("days", 0) + 7 * parts.get("weeks", 0))


def _age(raw: Any) -> Age:
    parts = _parts(raw, ("years", "months"))
    return Age(parts.get("years", 0), parts.get("months", 0))


def _texts(raw: Any) -> tuple[str, ...]:
    if not isinstance(raw, list):
        raise BadValue(f"{raw!r} lu, une liste de textes attendue.")
    return tuple(_text(item) for item in raw)


SCALARS: Mapping[str, Callable[[Any], Any]] = MappingProxyType(
    {
        "days": _whole,
        "months": _whole,
        "years": _whole,
        "number": _number,
        "text": _text,
        "date": _date,
        "flag": _flag,
        "delay": _delay,
        "age": _age,
        "texts": _texts,
    }
)
UNITS = (*SCALARS, "choice", "record", "table", "collection")


def parse(shape: Shape, raw: Any, path: Path = ()) -> Any:
    """The typed value of `raw`. Raises `BadValue`, in French, with the path to the fault."""
    if shape.unit == "record":
        return _record(shape, raw, path)
    if shape.unit == "table":
        if not isinstance(raw, list) or not raw:
            raise BadValue(f"{type(raw).__name__} lu, une liste de lignes attendue.", path)
        return tuple(_record(shape, row, (*path, rank)) for rank, row in enumerate(raw))
    if shape.unit == "choice":
        if raw not in shape.choices:
            raise BadValue(f"{raw!r} lu, un de {', '.join(shape.choices)} attendu.", path)
        return raw
    try:
        return SCALARS[shape.unit](raw)
    except BadValue as error:
        raise BadValue(str(error), path) from None


def _record(shape: Shape, raw: Any, path: Path) -> Mapping[str, Any]:
    if not isinstance(raw, dict):
        raise BadValue(f"{raw!r} lu, des champs attendus : {', '.join(shape.fields)}.", path)
    for name in raw:
        if name not in shape.fields:
            raise BadValue(f"champ « {name} » inconnu.{nearest(str(name), shape.fields)}", (*path, name))
    missing = [name for name, part in shape.fields.items() if not part.optional and name not in raw]
    if missing:
        raise BadValue(f"champ « {missing[0]} » manquant : ajoutez-le.", path)
    return MappingProxyType({name: _part(part, raw, name, path) for name, part in shape.fields.items()})


def _part(shape: Shape, raw: Mapping[str, Any], name: str, path: Path) -> Any:
    if raw.get(name) is not None:
        return parse(shape, raw[name], (*path, name))
    if not shape.optional:
        raise BadValue(f"champ « {name} » vide : donnez sa valeur.", (*path, name))
    return None


def shape_of(unit: Any, fields: Any = None, choices: Any = None) -> Shape:
    """The shape declared by a rule's `unit`, `fields` and `choices`. Raises `BadValue`."""
    if unit not in UNITS:
        raise BadValue(f"unité {unit!r} inconnue.{nearest(str(unit), UNITS)} Unités : {', '.join(UNITS)}.", ("unit",))
    if unit == "choice" and not (isinstance(choices, list) and all(isinstance(choice, str) for choice in choices)):
        raise BadValue("une unité choice attend la liste `choices` de ses valeurs possibles.", ("unit",))
    if unit in ("record", "table") and not isinstance(fields, dict):
        raise BadValue(f"une unité {unit} attend ses champs : `fields: {{nom: unité}}`.", ("unit",))
    return Shape(unit, fields=_fields(fields or {}, ("fields",)), choices=tuple(choices or ()))


def _fields(declared: Any, path: Path) -> Mapping[str, Shape]:
    if not isinstance(declared, dict):
        raise BadValue("`fields` attend des couples nom: unité.", path)
    return MappingProxyType({name: _field(name, part, (*path, name)) for name, part in declared.items()})


def _field(name: str, declared: Any, path: Path) -> Shape:
    if isinstance(declared, dict):
        return Shape("record", fields=_fields(declared, path))
    unit = str(declared)
    if unit.removesuffix("?") not in SCALARS:
        raise BadValue(f"champ « {name} » : unité {unit!r} inconnue. Unités : {', '.join(SCALARS)}.", path)
    return Shape(unit.removesuffix("?"), optional=unit.endswith("?"))

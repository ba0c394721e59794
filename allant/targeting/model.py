"""A target as checked, frozen data: values about a person, and criteria on them.

Each node checks itself when it is built, so that an engine never meets an ill-typed one. A value is a column of a ONE
table, time elapsed since a date, or something counted over the rows of a MANY table; a criterion is true, false or
unknown of a person (Kleene's logic). What the nodes mean is said once, in `truth`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Final, Literal, get_args

from allant.facts import BOOLEAN, DATE, ENDS_ON, INTEGER, MANY, ONE, STARTS_ON, TEXT, Fact, FactTable, Kind, nearest

from .calendar import LONGEST, Unit
from .errors import InvalidTarget

Operator = Literal["==", "!=", "<", "<=", ">", ">="]
Scalar = str | int | bool | date

KIND_FR: Final = {TEXT: "texte", INTEGER: "nombre entier", DATE: "date", BOOLEAN: "oui/non"}
EXAMPLE: Final = {TEXT: '"F"', INTEGER: "2", DATE: "date(2021, 3, 31)", BOOLEAN: "True"}
UNIT_FR: Final = {"years": "années", "months": "mois", "days": "jours"}
_BIGINT: Final = 2**63


class Node:
    """Any part of a definition; comparable, hashable."""

    def children(self) -> Iterator["Node"]:
        """The nodes directly inside this one."""
        for each in fields(self):  # type: ignore[arg-type]
            inside = getattr(self, each.name)
            for node in inside if isinstance(inside, tuple) else (inside,):
                if isinstance(node, Node):
                    yield node

    def walk(self) -> Iterator["Node"]:
        """This node and all inside it."""
        yield self
        for child in self.children():
            yield from child.walk()


class Value(Node):
    """Something about a person (or about one row of a MANY table) that can be compared."""

    @property
    def kind(self) -> Kind:
        """text, integer, date or boolean."""
        raise NotImplementedError

    @property
    def fact(self) -> Fact | None:
        """The column it takes its values from, when there is one."""
        return None


class Criterion(Node):
    """Something true, false or unknown of a person (or of one row)."""


@dataclass(frozen=True)
class Column(Value):
    """A registered column: of a ONE table at person level, of a MANY table inside the criterion on its rows."""

    table: FactTable
    column: Fact

    @property
    def kind(self) -> Kind:
        return self.column.kind

    @property
    def fact(self) -> Fact:
        return self.column


@dataclass(frozen=True)
class Elapsed(Value):
    """Whole years (an age), months or days from a date to `on`."""

    since: Column
    unit: Unit
    on: date

    def __post_init__(self) -> None:
        if self.since.kind != DATE:
            raise InvalidTarget(f"Une durée se compte depuis une date ; {_typed(self.since)}.")
        if self.unit not in get_args(Unit):
            raise InvalidTarget(f"Unité de durée « {self.unit} » inconnue. {nearest(str(self.unit), get_args(Unit))}")
        _check_day(self.on, name(self.since))

    @property
    def kind(self) -> Kind:
        return INTEGER


@dataclass(frozen=True)
class Events(Node):
    """The rows of a table about the person: all of them, or those of which `where` is true."""

    table: FactTable
    where: Criterion | None = None

    def __post_init__(self) -> None:
        if self.where is None:
            return
        if self.table.rows == ONE:
            raise InvalidTarget(f"« {self.table.name} » a au plus une ligne par personne : comparez ses colonnes, sans where(…).")
        for node in self.where.walk():
            other = node.table if isinstance(node, Column | Events | ActiveOn) else self.table
            if isinstance(node, Events) or other != self.table:
                raise InvalidTarget(
                    f"Un critère sur les lignes de « {self.table.name} » n'utilise que ses colonnes ; vu : « {other.name} ». "
                    "Combinez les deux tables hors de where(…), avec & ou |."
                )


@dataclass(frozen=True)
class Count(Value):
    """How many such rows; 0 is a fact."""

    events: Events

    def __post_init__(self) -> None:
        _needs_many(self.events, "count()")

    @property
    def kind(self) -> Kind:
        return INTEGER


@dataclass(frozen=True)
class Extreme(Value):
    """The smallest ("first") or greatest ("last") known value of a column over such rows; unknown when there is none."""

    which: Literal["first", "last"]
    events: Events
    column: Fact

    def __post_init__(self) -> None:
        if self.which not in ("first", "last"):
            raise InvalidTarget(f"Attendu : first ou last ; vu : « {self.which} ».")
        _needs_many(self.events, f"{self.which}(…)")
        if self.column.kind not in (DATE, INTEGER):
            raise InvalidTarget(
                f"{self.which}() range des dates ou des nombres ; {_typed(Column(self.events.table, self.column))}. "
                "Utilisez where(…).exists()."
            )

    @property
    def kind(self) -> Kind:
        return self.column.kind

    @property
    def fact(self) -> Fact:
        return self.column


@dataclass(frozen=True)
class Compare(Criterion):
    """A value against a constant, or against another value of the same kind; unknown when either is."""

    op: Operator
    left: Value
    right: Scalar | Value

    def __post_init__(self) -> None:
        if self.op not in get_args(Operator):
            raise InvalidTarget(f"Comparaison « {self.op} » inconnue ; attendu : {' '.join(get_args(Operator))}.")
        if self.op not in ("==", "!=") and self.left.kind not in (DATE, INTEGER):
            raise InvalidTarget(f"« {self.op} » range des dates ou des nombres ; {_typed(self.left)}.")
        if not isinstance(self.right, Value):
            check_scalar(self.right, self.left)
        elif isinstance(self.left, Elapsed) or isinstance(self.right, Elapsed):
            raise InvalidTarget(f"{name(self.left)} : un âge ou une durée se compare à un nombre, pas à une autre valeur.")
        elif self.right.kind != self.left.kind:
            raise InvalidTarget(f"Attendu deux valeurs de même type ; {_typed(self.left)}, {_typed(self.right)}.")


@dataclass(frozen=True)
class OneOf(Criterion):
    """The value is one of these constants; unknown when it is unknown."""

    value: Value
    choices: tuple[Scalar, ...]

    def __post_init__(self) -> None:
        if isinstance(self.value, Elapsed) or self.value.kind == BOOLEAN:
            raise InvalidTarget(f"{name(self.value)} : is_in([…]) ne s'y applique pas ; utilisez les comparaisons.")
        if not self.choices:
            raise InvalidTarget(f"{name(self.value)} : la liste de is_in([…]) est vide ; donnez au moins une valeur.")
        for choice in self.choices:
            check_scalar(choice, self.value)
        # A list is a set: order and repetition must not change the hash of a definition.
        object.__setattr__(self, "choices", tuple(sorted(set(self.choices))))


@dataclass(frozen=True)
class Known(Criterion):
    """The value is known; never itself unknown."""

    value: Value

    def __post_init__(self) -> None:
        if not isinstance(self.value, Column | Extreme):
            raise InvalidTarget(f"{name(self.value)} est toujours connu ou se déduit : is_known() s'applique à une colonne.")


@dataclass(frozen=True)
class Exists(Criterion):
    """There is at least one such row; absence is a fact."""

    events: Events


@dataclass(frozen=True)
class ActiveOn(Criterion):
    """The half-open period [starts_on, ends_on) of the row holds that day; an unknown end is no limit."""

    table: FactTable
    on: date

    def __post_init__(self) -> None:
        if self.table.rows != MANY or not self.table.has(STARTS_ON, ENDS_ON):
            raise InvalidTarget(f"active_on() veut les colonnes {STARTS_ON} et {ENDS_ON} ; « {self.table.name} » ne les a pas.")
        _check_day(self.on, f"{self.table.name}.active_on(…)")


@dataclass(frozen=True)
class And(Criterion):
    """All of these."""

    parts: tuple[Criterion, ...]

    def __post_init__(self) -> None:
        _check_parts(self.parts, "et")


@dataclass(frozen=True)
class Or(Criterion):
    """At least one of these."""

    parts: tuple[Criterion, ...]

    def __post_init__(self) -> None:
        _check_parts(self.parts, "ou")


@dataclass(frozen=True)
class Not(Criterion):
    """The contrary; unknown stays unknown."""

    part: Criterion


def name(value: Value) -> str:
    """How error messages call a value: as an analyst types it."""
    match value:
        case Column(table, fact):
            return f"{table.name}.{fact.name}"
        case Elapsed(since, unit, on):
            return f"{name(since)} ({UNIT_FR.get(unit, unit)} au {on})"
        case Count(events):
            return f"{events.table.name}.count()"
        case Extreme(which, events, fact):
            return f"{events.table.name}.{which}({fact.name})"
    raise TypeError(value)


def _typed(value: Value) -> str:
    return f"{name(value)} est de type {KIND_FR[value.kind]}"


def check_scalar(seen: Any, value: Value) -> None:
    """Refuse a constant that the value can never equal: wrong type, out of range, not among the declared choices."""
    expected = {TEXT: str, INTEGER: int, DATE: date, BOOLEAN: bool}[value.kind]
    if type(seen) is not expected:
        hint = " Pour une valeur inconnue, utilisez ~….is_known()." if seen is None else ""
        raise InvalidTarget(
            f"{name(value)} attend : {KIND_FR[value.kind]} ; vu : {seen!r} ({type(seen).__name__}). "
            f"Écrivez par exemple {EXAMPLE[value.kind]}.{hint}"
        )
    if isinstance(seen, str) and "\0" in seen:
        raise InvalidTarget(f"{name(value)} : un texte ne contient pas de caractère nul.")
    if type(seen) is int and not -_BIGINT <= seen < _BIGINT:
        raise InvalidTarget(f"{name(value)} : {seen} dépasse les nombres entiers possibles.")
    if isinstance(value, Elapsed) and type(seen) is int and not 0 <= seen <= LONGEST[value.unit]:
        raise InvalidTarget(f"{name(value)} : attendu de 0 à {LONGEST[value.unit]} ; vu : {seen}.")
    labels = value.fact.labels if value.fact and not value.fact.others else None
    if labels is not None and seen not in labels:
        raise InvalidTarget(f"{name(value)} : valeur « {seen} » inconnue. {nearest(str(seen), labels)}")


def _check_day(on: Any, what: str) -> None:
    if type(on) is not date:
        raise InvalidTarget(f"{what} attend une date ; vu : {on!r}. Écrivez par exemple date(2021, 3, 31).")
    if not 1900 <= on.year <= 2199:
        raise InvalidTarget(f"{what} : attendu une date de 1900 à 2199 ; vu : {on.isoformat()}.")


def _check_parts(parts: tuple[Criterion, ...], word: str) -> None:
    if not parts or not all(isinstance(part, Criterion) for part in parts):
        raise InvalidTarget(f"Un groupe « {word} » contient au moins un critère, et rien d'autre.")


def _needs_many(events: Events, what: str) -> None:
    if events.table.rows != MANY:
        raise InvalidTarget(f"« {events.table.name} » a au plus une ligne par personne : au lieu de {what}, utilisez exists().")

"""Targets in Python, as an analyst or a programme writes them.

    t = tables()
    definition = define(
        (t.person.age_on(date(2021, 3, 31)) >= 75)
        & ~t.dose.exists()
        & t.person.has_landline
        & t.person.departement.is_in(["01", "38"])
    )

Expressions wrap nodes of the model; combining them builds, and so checks, the model.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any, NoReturn

from allant.facts import BIRTH_DATE, BOOLEAN, MANY, FactTable, Registry
from allant.facts import registry as installed

from .calendar import Unit
from .definition import Definition
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
    Operator,
    Or,
    Value,
    name,
)


def define(condition: "Condition | Series") -> Definition:
    """The checked definition of the people for whom this condition is true."""
    return Definition(_criterion(condition))


class Condition:
    """Something true, false or unknown; combined with `&`, `|` and `~`."""

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, node: Criterion) -> None:
        self.node = node

    def __and__(self, other: "Condition | Series") -> "Condition":
        return Condition(And((self.node, _criterion(other))))

    def __or__(self, other: "Condition | Series") -> "Condition":
        return Condition(Or((self.node, _criterion(other))))

    def __invert__(self) -> "Condition":
        return Condition(Not(self.node))

    def __rand__(self, other: object) -> NoReturn:
        _criterion(other)
        raise AssertionError

    __ror__ = __rand__

    def __bool__(self) -> NoReturn:
        _no_truth()

    def __eq__(self, other: object) -> NoReturn:
        raise InvalidTarget(
            "Un critère ne se compare pas. Écrivez « critère » ou « ~critère », et chaque comparaison entre parenthèses."
        )

    __ne__ = __eq__


class Series:
    """One value for each person (or each row of an event table)."""

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, node: Value) -> None:
        self.node = node

    def __eq__(self, other: object) -> Condition:  # type: ignore[override]
        return self._compare("==", other)

    def __ne__(self, other: object) -> Condition:  # type: ignore[override]
        return self._compare("!=", other)

    def __lt__(self, other: object) -> Condition:
        return self._compare("<", other)

    def __le__(self, other: object) -> Condition:
        return self._compare("<=", other)

    def __gt__(self, other: object) -> Condition:
        return self._compare(">", other)

    def __ge__(self, other: object) -> Condition:
        return self._compare(">=", other)

    def _compare(self, op: Operator, other: Any) -> Condition:
        return Condition(Compare(op, self.node, other.node if isinstance(other, Series) else other))

    def between(self, lowest: Any, highest: Any) -> Condition:
        """From `lowest` to `highest`, both included."""
        return self._compare(">=", lowest) & self._compare("<=", highest)

    def is_in(self, values: Iterable[Any]) -> Condition:
        """Equal to one of these constants."""
        if isinstance(values, str):
            raise InvalidTarget(f"{name(self.node)} : is_in attend une liste ; vu : {values!r}. Écrivez is_in([{values!r}]).")
        return Condition(OneOf(self.node, tuple(values)))

    def is_known(self) -> Condition:
        """The value is recorded."""
        return Condition(Known(self.node))

    def age_on(self, on: date) -> "Series":
        """Whole years since this date, on a day."""
        return self._elapsed("years", on)

    def months_on(self, on: date) -> "Series":
        """Whole months since this date, on a day; an end of month counts as reached on a shorter one."""
        return self._elapsed("months", on)

    def days_on(self, on: date) -> "Series":
        """Days since this date, on a day."""
        return self._elapsed("days", on)

    def _elapsed(self, unit: Unit, on: date) -> "Series":
        if not isinstance(self.node, Column):
            raise InvalidTarget(f"{name(self.node)} : une durée se compte depuis une colonne.")
        return Series(Elapsed(self.node, unit, on))

    def __and__(self, other: "Condition | Series") -> Condition:
        return Condition(_criterion(self)) & other

    def __or__(self, other: "Condition | Series") -> Condition:
        return Condition(_criterion(self)) | other

    def __invert__(self) -> Condition:
        return ~Condition(_criterion(self))

    def __rand__(self, other: object) -> NoReturn:
        # `a >= 75 & b` reads as `a >= (75 & b)`: Python binds & tighter than comparisons.
        raise InvalidTarget(f"vu : {other!r} & {name(self.node)}. Mettez chaque comparaison entre parenthèses : (… >= 75) & (…).")

    __ror__ = __rand__

    def __bool__(self) -> NoReturn:
        _no_truth()


class Rows:
    """The rows of an event table about each person, all or some of them."""

    def __init__(self, table: FactTable, where: Criterion | None = None) -> None:
        self._events = Events(table, where)

    def where(self, condition: "Condition | Series | None" = None, /, **equal: Any) -> "Rows":
        """Only the rows of which the condition is true, and whose columns equal these values."""
        table, added = self._events.table, [] if condition is None else [_criterion(condition)]
        added += [Compare("==", Column(table, table.fact(column)), seen) for column, seen in equal.items()]
        if not added:
            raise InvalidTarget(f"{table.name}.where() : donnez une condition, par exemple where(colonne=valeur).")
        parts = (*([self._events.where] if self._events.where else []), *added)
        return Rows(table, parts[0] if len(parts) == 1 else And(parts))

    def active_on(self, on: date) -> "Rows":
        """Only the rows whose period [starts_on, ends_on) holds that day; an unknown end is no limit."""
        return self.where(Condition(ActiveOn(self._events.table, on)))

    def exists(self) -> Condition:
        """At least one such row."""
        return Condition(Exists(self._events))

    def count(self) -> Series:
        """How many such rows; 0 when there is none."""
        return Series(Count(self._events))

    def first(self, column: str | Series) -> Series:
        """The smallest known value (the earliest date) of a column over these rows."""
        return Series(Extreme("first", self._events, self._fact(column)))

    def last(self, column: str | Series) -> Series:
        """The greatest known value (the latest date) of a column over these rows."""
        return Series(Extreme("last", self._events, self._fact(column)))

    def _fact(self, column: str | Series) -> Any:
        if isinstance(column, str):
            return self._events.table.fact(column)
        if isinstance(column.node, Column) and column.node.table == self._events.table:
            return column.node.column
        raise InvalidTarget(f"{name(column.node)} n'est pas une colonne de « {self._events.table.name} ».")

    def __getattr__(self, column: str) -> Series:
        if column.startswith("_"):
            raise AttributeError(column)
        return Series(Column(self._events.table, self._events.table.fact(column)))


class Record:
    """A table with at most one row a person: its columns are values about the person."""

    def __init__(self, table: FactTable) -> None:
        self._table = table

    def __getattr__(self, column: str) -> Series:
        if column.startswith("_"):
            raise AttributeError(column)
        return Series(Column(self._table, self._table.fact(column)))

    def exists(self) -> Condition:
        """The person has a row in this table."""
        return Condition(Exists(Events(self._table)))

    def age_on(self, on: date) -> Series:
        """The person's age in whole years on a day."""
        return Series(Column(self._table, self._table.fact(BIRTH_DATE))).age_on(on)


class Tables:
    """The fact tables, as attributes."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def __getattr__(self, table: str) -> Any:
        if table.startswith("_"):
            raise AttributeError(table)
        known = self._registry.table(table)
        return Rows(known) if known.rows == MANY else Record(known)

    def __dir__(self) -> list[str]:
        return [table.name for table in self._registry]


def tables(registry: Registry = installed) -> Tables:
    """The tables of facts to write targets with: `t.person.sex == "F"`."""
    return Tables(registry)


def _criterion(seen: object) -> Criterion:
    if isinstance(seen, Condition):
        return seen.node
    if isinstance(seen, Series):
        if seen.node.kind == BOOLEAN:
            return Compare("==", seen.node, True)
        raise InvalidTarget(f"{name(seen.node)} n'est pas un critère : comparez-le, par exemple avec == ou >=, ou .is_known().")
    raise InvalidTarget(f"Attendu un critère ; vu : {seen!r}. Mettez chaque comparaison entre parenthèses : (… >= 75) & (…).")


def _no_truth() -> NoReturn:
    raise InvalidTarget(
        "« and », « or », « not » et « a < b < c » ne s'appliquent pas : utilisez &, |, ~, between(a, b) et des parenthèses."
    )

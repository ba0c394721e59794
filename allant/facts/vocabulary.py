"""What can be known about a person: tables of typed facts with their French wording, and the registry that holds them."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from functools import cached_property
from typing import Final, Literal, get_args

Kind = Literal["text", "integer", "date", "boolean"]
Rows = Literal["one", "many"]
Value = str | int | bool | date

TEXT: Final[Kind] = "text"
INTEGER: Final[Kind] = "integer"
DATE: Final[Kind] = "date"
BOOLEAN: Final[Kind] = "boolean"
ONE: Final[Rows] = "one"
MANY: Final[Rows] = "many"

PERSON: Final = "person"
"""The table that says who exists; every target is a part of it."""
PERSON_ID: Final = "person_id"
BIRTH_DATE: Final = "birth_date"
"""The date from which `person.age_on` counts."""
STARTS_ON: Final = "starts_on"
ENDS_ON: Final = "ends_on"
"""A table with both columns holds half-open periods; null means without limit on that side."""

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_PYTHON: Final[dict[str, type]] = {TEXT: str, INTEGER: int, DATE: date, BOOLEAN: bool}


class FactError(ValueError):
    """A fact or a table that was declared wrongly."""


class UnknownName(LookupError, AttributeError):
    """A table or column that nobody registered; the message proposes the nearest name."""


def nearest(seen: str, expected: Iterable[str]) -> str:
    """The French end of an error message: the nearest expected name, or else the list of them (at most twelve)."""
    names = sorted(expected)
    if close := get_close_matches(seen, names, n=1, cutoff=0.5):
        return f"Vouliez-vous dire « {close[0]} » ?"
    shown = ", ".join(names[:12]) + ("…" if len(names) > 12 else "")
    return f"Noms connus : {shown}." if names else "Aucun nom n'est déclaré."


@dataclass(frozen=True)
class Fact:
    """One typed column.

    `label_fr` names it ("sexe"), `unknown_fr` says what null means ("sexe inconnu", "pas de rappel").
    `choices` gives the French label of each allowed value, or a function that does (called once, when first needed);
    a criterion on another value is refused, unless `others`: a code that has gone since still means whom it meant.
    Optional wordings make sentences read well: `known_fr` ("rappel reçu"), `true_fr` / `false_fr` for a boolean, `value_fr`
    with `{}` for a text ("dans le département {}").
    `null_is` is the value that null, or no row at all, stands for (0 for a number of doses).
    """

    name: str
    kind: Kind
    label_fr: str = field(repr=False)
    unknown_fr: str = field(repr=False)
    choices: Mapping[str, str] | Callable[[], Mapping[str, str]] | None = field(default=None, compare=False, repr=False)
    known_fr: str | None = field(default=None, compare=False, repr=False)
    true_fr: str | None = field(default=None, compare=False, repr=False)
    false_fr: str | None = field(default=None, compare=False, repr=False)
    value_fr: str | None = field(default=None, compare=False, repr=False)
    null_is: Value | None = None
    others: bool = field(default=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        _check_name(self.name, "colonne")
        if self.kind not in get_args(Kind):
            raise FactError(f"Colonne « {self.name} » : type « {self.kind} » inconnu ; attendu : {', '.join(get_args(Kind))}.")
        if not self.label_fr or not self.unknown_fr:
            raise FactError(f"Colonne « {self.name} » : label_fr et unknown_fr doivent être remplis.")
        if self.choices is not None and self.kind != TEXT:
            raise FactError(f"Colonne « {self.name} » : seules les colonnes de type texte ont des choix.")
        if self.null_is is not None and type(self.null_is) is not _PYTHON[self.kind]:
            raise FactError(f"Colonne « {self.name} » : null_is doit être de type {self.kind}.")

    @cached_property
    def labels(self) -> Mapping[str, str] | None:
        """French label by value, or None when values have none."""
        return self.choices() if callable(self.choices) else self.choices


@dataclass(frozen=True)
class FactTable:
    """A table of facts keyed by person: at most one row a person (ONE) or any number (MANY).

    `postgres_query` selects exactly the key and the columns. `feminine`, `plural_fr`, `present_fr` and `absent_fr`
    serve French sentences ("au moins une dose", "sans aucune dose"); all have defaults.
    """

    name: str
    label_fr: str = field(repr=False)
    rows: Rows = field(repr=False)
    columns: Sequence[Fact] = field(repr=False)
    postgres_query: str = field(default="", compare=False, repr=False)
    key: str = field(default=PERSON_ID, repr=False)
    feminine: bool = field(default=True, compare=False, repr=False)
    plural_fr: str = field(default="", compare=False, repr=False)
    present_fr: str = field(default="", compare=False, repr=False)
    absent_fr: str = field(default="", compare=False, repr=False)

    def __post_init__(self) -> None:
        _check_name(self.name, "table")
        object.__setattr__(self, "columns", tuple(self.columns))
        if self.rows not in get_args(Rows):
            raise FactError(f"Table « {self.name} » : rows vaut « {self.rows} » ; attendu : ONE ou MANY.")
        names = [self.key, *(fact.name for fact in self.columns)]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise FactError(f"Table « {self.name} » : colonne déclarée deux fois : {', '.join(twice)}.")
        if self.name == PERSON and self.rows != ONE:
            raise FactError("La table « person » a une ligne par personne : rows=ONE.")

    @cached_property
    def _by_name(self) -> dict[str, Fact]:
        return {fact.name: fact for fact in self.columns}

    def fact(self, name: str) -> Fact:
        """The column of that name; raises UnknownName with the nearest one."""
        try:
            return self._by_name[name]
        except KeyError:
            raise UnknownName(f"La table « {self.name} » n'a pas de colonne « {name} ». {nearest(name, self._by_name)}") from None

    def has(self, *names: str) -> bool:
        """Whether all these columns are declared."""
        return all(name in self._by_name for name in names)


class Registry:
    """The fact tables of one installation, in order of registration."""

    def __init__(self, tables: Iterable[FactTable] = ()) -> None:
        self._tables: dict[str, FactTable] = {}
        for table in tables:
            self.register(table)

    def register(self, table: FactTable) -> None:
        """Add a table; the same one twice is harmless, another of the same name is refused."""
        if self._tables.setdefault(table.name, table) != table:
            raise FactError(f"La table de faits « {table.name} » est déjà déclarée, autrement.")

    def table(self, name: str) -> FactTable:
        """The table of that name; raises UnknownName with the nearest one."""
        try:
            return self._tables[name]
        except KeyError:
            raise UnknownName(f"Aucune table de faits « {name} ». {nearest(name, self._tables)}") from None

    def __iter__(self) -> Iterator[FactTable]:
        return iter(self._tables.values())

    def __contains__(self, name: str) -> bool:
        return name in self._tables


registry = Registry()
"""The registry that the rooms fill at start-up."""


def register(table: FactTable) -> None:
    """Add a table to the registry of this installation."""
    registry.register(table)


def column(table: str, name: str) -> Fact:
    """A column of the registry of this installation; raises UnknownName with the nearest one."""
    return registry.table(table).fact(name)


def _check_name(name: str, what: str) -> None:
    if not _NAME.fullmatch(name):
        raise FactError(f"Nom de {what} « {name} » : attendu minuscules, chiffres et _, une lettre d'abord.")

"""Definitions in French: what a campaign manager reads, and the labels of "pourquoi ?".

The words come from the facts themselves; this module only joins them.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any, Final

from allant.facts import BIRTH_DATE, Fact

from .calendar import Unit
from .definition import Definition
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
from .normal import normal

MONTHS: Final = (
    "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip
UNITS: Final[dict[Unit, tuple[str, str]]] = {"years": ("an", "ans"), "months": ("mois", "mois"), "days": ("jour", "jours")}
AGE: Final = {">=": "{} ou plus", ">": "plus de {}", "<": "moins de {}", "<=": "{} ou moins", "==": "{}", "!=": "pas {}"}
DATES: Final = {
    ">=": "à partir du {}", ">": "après le {}", "<": "avant le {}", "<=": "jusqu'au {}",
    "==": "le {}", "!=": "un autre jour que le {}",
}  # fmt: skip
NUMBERS: Final = {
    ">=": "au moins {}", ">": "plus de {}", "<": "moins de {}", "<=": "au plus {}",
    "==": "exactement {}", "!=": "pas exactement {}",
}  # fmt: skip
VALUES: Final = {
    ">=": "au moins égale à", ">": "supérieure à", "<": "inférieure à", "<=": "au plus égale à",
    "==": "égale à", "!=": "différente de",
}  # fmt: skip


def sentence(definition: Definition) -> str:
    """The definition as one French sentence without its full stop."""
    return words(normal(definition.criteria))


def words(criterion: Criterion) -> str:
    """A criterion in French."""
    match normal(criterion):
        case And(parts):
            return ", et ".join(_all(parts))
        case Or(parts):
            return " ou ".join(_inside(part) for part in parts)
        case Not(part):
            return _without(part)
        case Compare(op, left, right):
            return _compare(op, left, right)
        case OneOf(inside, choices):
            return _one_of(inside, choices)
        case Known(inside):
            return (inside.fact and inside.fact.known_fr) or f"{title(inside)} : valeur connue"
        case Exists(events):
            return _present(events)
        case ActiveOn(_, on):
            return f"en cours le {day(on)}"
    raise TypeError(criterion)


def title(value: Value) -> str:
    """What a value is called."""
    match value:
        case Column(_, fact):
            return fact.label_fr
        case Elapsed(since, _, on):
            what = "âge" if is_age(value) else f"temps écoulé depuis : {title(since)}"
            return f"{what} au {day(on)}"
        case Count(events):
            return f"nombre de {_rows(events)}"
        case Extreme(which, events, fact):
            return f"{'première' if which == 'first' else 'dernière'} valeur de « {fact.label_fr} » parmi les {_rows(events)}"
    raise TypeError(value)


def shown(found: Any, fact: Fact | None) -> str:
    """A value found or asked for, as French people write it; the fact, when there is one, gives the labels of its codes."""
    if isinstance(found, bool):
        return "oui" if found else "non"
    if isinstance(found, date):
        return day(found)
    labels = fact.labels if fact else None
    if labels and found in labels and labels[found] != found:
        # A code that people know (01, 2A) stays before its name.
        return f"{found} ({labels[found]})" if found[:1].isdigit() else labels[found]
    return str(found)


def day(on: date) -> str:
    """31 mars 2021, 1er avril 2021."""
    return f"{'1er' if on.day == 1 else on.day} {MONTHS[on.month - 1]} {on.year}"


def length(number: int, unit: Unit) -> str:
    """75 ans, 1 an, 6 mois."""
    one, several = UNITS[unit]
    return f"{number} {several if abs(number) > 1 else one}"


def is_age(value: Value) -> bool:
    """Whether years since this date are an age."""
    return isinstance(value, Elapsed) and value.unit == "years" and value.since.column.name == BIRTH_DATE


def _all(parts: tuple[Criterion, ...]) -> Iterator[str]:
    """Each part; a lower and an upper age on one day, side by side, read as one range."""
    said = list(parts)
    while said:
        part, after = said.pop(0), said[0] if said else None
        match part, after:
            case Compare(">=", Elapsed() as age, int(lowest)), Compare("<=", same, int(highest)) if age == same and is_age(age):
                said.pop(0)
                yield f"de {lowest} à {length(highest, age.unit)} au {day(age.on)}"
            case _:
                yield _inside(part)


def _inside(part: Criterion) -> str:
    return f"({words(part)})" if isinstance(part, And | Or) else words(part)


def _without(leaf: Criterion) -> str:
    match leaf:
        case Known(inside):
            if isinstance(inside, Column):
                return inside.column.unknown_fr
            return f"{title(inside)} : aucune"
        case Exists(events):
            return _absent(events)
        case OneOf(inside, choices):
            return f"{title(inside)} : ni {' ni '.join(shown(choice, inside.fact) for choice in choices)}"
        case ActiveOn(_, on):
            return f"pas en cours le {day(on)}"
    return f"sauf si ({words(leaf)})"


def _compare(op: str, left: Value, right: Any) -> str:
    if isinstance(right, Value):
        return f"{title(left)} : valeur {VALUES[op]} celle-ci : {title(right)}"
    if isinstance(left, Elapsed):
        reached = AGE[op].format(length(right, left.unit))
        return f"{reached} au {day(left.on)}" if is_age(left) else f"{title(left.since)} : il y a {reached}, au {day(left.on)}"
    if isinstance(left, Count):
        return f"{NUMBERS[op].format(right)} {_rows(left.events, plural=right > 1)}"
    if isinstance(right, bool):
        return _flag(left, right is (op == "=="))
    if isinstance(right, date):
        return f"{title(left)} : {DATES[op].format(day(right))}"
    if isinstance(right, str):
        return _text(left, right, op == "==")
    return f"{title(left)} : {right if op == '==' else NUMBERS[op].format(right)}"


def _flag(value: Value, wanted: bool) -> str:
    fact = value.fact
    assert fact is not None
    return (fact.true_fr if wanted else fact.false_fr) or f"{fact.label_fr} : {'oui' if wanted else 'non'}"


def _text(value: Value, wanted: str, equal: bool) -> str:
    fact = value.fact
    if fact and fact.value_fr and equal:
        return fact.value_fr.format(shown(wanted, fact))
    return f"{title(value)} : {'' if equal else 'autre que '}{shown(wanted, fact)}"


def _one_of(value: Value, choices: tuple[Any, ...]) -> str:
    *some, last = [shown(choice, value.fact) for choice in choices]
    listed = f"{', '.join(some)} ou {last}" if some else last
    fact = value.fact
    return fact.value_fr.format(listed) if fact and fact.value_fr else f"{title(value)} : {listed}"


def _rows(events: Events, plural: bool = True) -> str:
    table = events.table
    called = (table.plural_fr or f"{table.label_fr}s") if plural else table.label_fr
    return called if events.where is None else f"{called} ({words(events.where)})"


def _present(events: Events) -> str:
    table = events.table
    if table.present_fr and events.where is None:
        return table.present_fr
    return f"avec au moins un{'e' if table.feminine else ''} {_rows(events, plural=False)}"


def _absent(events: Events) -> str:
    table = events.table
    if table.absent_fr and events.where is None:
        return table.absent_fr
    return f"sans aucun{'e' if table.feminine else ''} {_rows(events, plural=False)}"

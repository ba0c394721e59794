"""The doctrine on doses, laid out as small SQL relations that the checks join: the same text for PostgreSQL and DuckDB.

Keys read: `covid.vaccines`, `covid.infection`, `covid.immunodepressed.third_dose`, `covid.booster.delay`,
`covid.booster.delay_after`, `covid.booster.opening`, `covid.second_booster.opening`, `covid.months.counting`; of products, see
`product_rules`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from allant.doctrine import Delay, NotYetInForce, Period, RuleBook
from allant.immunizations.product_rules import aged_at_least, booster_foreseen, during, names, second_foreseen

_TYPES = {"vaccine": "varchar", "starts_on": "date", "ends_on": "date", "infection_counts_immunodepressed": "boolean"}

VACCINE_COLUMNS = ("vaccine", "starts_on", "ends_on", "minimum_age", "minimum_interval", "doses")
SERIES_COLUMNS = (
    "starts_on",
    "ends_on",
    "infection_counts",
    "infection_months",
    "infection_days",
    "infection_counts_immunodepressed",
    "immunodepressed_doses",
)
BOOSTER_COLUMNS = (
    "starts_on",
    "ends_on",
    "months",
    "days",
    "immunodepressed_months",
    "immunodepressed_days",
)
BOOSTER_AFTER_COLUMNS = ("vaccine", "starts_on", "ends_on", "months", "days")


# The third booster has no opening of its own: the doctrine foresees none, on the page as here (VC-41).
OPENINGS = {"booster": "covid.booster.opening", "second_booster": "covid.second_booster.opening"}
LAST_EVENT = "greatest(act.previous_on, act.last_infected_on)"  # what a booster waits from (RP-01)


@dataclass(frozen=True)
class DoctrineRelations:
    """What the checks join.

    `vaccines`: codes known. `ctes`: `vaccine_rule`, `series_rule`, `booster_rule` and `booster_after` (delays of their own
    after some vaccines) as `name (columns) AS (VALUES …)`; in each, the periods `[starts_on, ends_on)` of one vaccine, or of
    the rule, do not overlap. `booster_open`: SQL over `act`, true when a group to which the person belongs, or may belong,
    has the booster of this series open; `booster_due`: after the first booster, whose delay is the same for every group, when
    the delay of one of these is over besides. `second_foreseen`, `booster_foreseen`: SQL of `product_rules`. `known_on`: the
    day whose knowledge was used.
    """

    vaccines: tuple[str, ...]
    ctes: str
    booster_open: str
    booster_due: str
    second_foreseen: str
    booster_foreseen: str
    known_on: date


def doctrine_relations(book: RuleBook) -> DoctrineRelations:
    """The relations of a book. Cheap (a few dozen rows): built once a batch."""
    rules = list(_vaccine_rows(book))
    ctes = ",\n".join(
        (
            _relation("vaccine_rule", VACCINE_COLUMNS, rules),
            _relation("series_rule", SERIES_COLUMNS, _series_rows(book)),
            _relation("booster_rule", BOOSTER_COLUMNS, _booster_rows(book)),
            _relation("booster_after", BOOSTER_AFTER_COLUMNS, _booster_after_rows(book)),
        )
    )
    vaccines = tuple(dict.fromkeys(row[0] for row in rules))
    own_delays = {series: key for series, key in OPENINGS.items() if series != "booster"}
    opened, due = _some_group(book, OPENINGS, _open), _some_group(book, own_delays, _due)
    foreseen = second_foreseen(book, vaccines), booster_foreseen(book)
    return DoctrineRelations(vaccines, ctes, opened, due, *foreseen, book.known_on)


def _vaccine_rows(book: RuleBook) -> Iterable[tuple[Any, ...]]:
    for period in book.periods("covid.vaccines"):
        for vaccine in period.value:
            yield (
                vaccine["code"],
                period.starts_on,
                period.ends_on,
                vaccine["min_age"],
                vaccine.get("min_interval"),
                vaccine["doses"],
            )


def _series_rows(book: RuleBook) -> Iterable[tuple[Any, ...]]:
    keys = ("covid.infection", "covid.immunodepressed.third_dose")
    for starts_on, ends_on in _common_periods(book, keys):
        infection, third = (_value(book, key, starts_on) for key in keys)
        delay = infection["min_delay"] if infection else Delay()
        yield (
            starts_on,
            ends_on,
            infection["counted_doses"] if infection else 0,
            delay.months,
            delay.days,
            bool(infection and infection["immunodepressed_too"]),
            third["doses"] if third else None,
        )


def _booster_rows(book: RuleBook) -> Iterable[tuple[Any, ...]]:
    keys = ("covid.booster.delay", "covid.immunodepressed.third_dose", "covid.months.counting")
    for starts_on, ends_on in _common_periods(book, keys):
        delay, third, counting = (_value(book, key, starts_on) for key in keys)
        delays = (delay, third["min_delay"] if third else None)
        yield (starts_on, ends_on, *(part for one in delays for part in _months_and_days(one, counting == "thirty_and_half")))


def _booster_after_rows(book: RuleBook) -> Iterable[tuple[Any, ...]]:
    keys = ("covid.booster.delay_after", "covid.months.counting")
    for starts_on, ends_on in _common_periods(book, keys):
        own, counting = (_value(book, key, starts_on) for key in keys)
        for row in own or ():
            yield (row["code"], starts_on, ends_on, *_months_and_days(row["delay"], counting == "thirty_and_half"))


def _months_and_days(delay: Delay | None, in_days: bool) -> tuple[int | None, int | None]:
    if delay is None:
        return None, None
    return (0, delay.in_days()) if in_days else (delay.months, delay.days)


def _some_group(
    book: RuleBook, openings: Mapping[str, str], holds: Callable[[RuleBook, Period, Mapping[str, Any]], str]
) -> str:
    """SQL: `holds` of some group of the booster's series. A series that the doctrine does not open has none.

    A situation nobody knows about (`act.situations` null) may be the person's: it does not refuse.
    """
    groups = []
    for series, key in openings.items():
        for period in book.periods(key):
            for group in period.value:
                groups.append(f"(act.series = '{series}' AND {holds(book, period, group)})")
    return " OR ".join(groups) or "FALSE"


def _open(book: RuleBook, period: Period, group: Mapping[str, Any]) -> str:
    return f"{during(period.starts_on, period.ends_on)} AND {_belongs(group['criteria'])}"


def _due(book: RuleBook, period: Period, group: Mapping[str, Any]) -> str:
    """Open, and the delay of the group over, as months count that day."""
    waited = []
    for counting in book.periods("covid.months.counting"):
        months, days = _months_and_days(group["delay"], counting.value == "thirty_and_half")
        until = f"{LAST_EVENT} + INTERVAL '1 month' * {months} + INTERVAL '1 day' * {days}"
        waited.append(f"({during(counting.starts_on, counting.ends_on)} AND act.occurred_on >= {until})")
    return f"{_open(book, period, group)} AND ({' OR '.join(waited) or 'FALSE'})"


def _belongs(criteria: Mapping[str, Any]) -> str:
    tests = []
    if (youngest := criteria.get("min_age")) is not None:
        tests.append(f"(act.birth_date IS NULL OR {aged_at_least(youngest)})")
    if (oldest := criteria.get("max_age")) is not None:
        tests.append(f"(act.birth_date IS NULL OR NOT {aged_at_least(oldest + 1)})")
    if situations := criteria.get("situations"):
        named = " OR ".join(f"position(',{name},' IN act.situations) > 0" for name in situations)
        tests.append(f"(act.situations IS NULL OR {named})")
    if vaccines := criteria.get("vaccines"):
        tests.append(f"act.previous_vaccine IN ({names(vaccines)})")
    return " AND ".join(tests) or "TRUE"


def _value(book: RuleBook, key: str, on: date) -> Any:
    try:
        return book.value(key, on=on)
    except NotYetInForce:
        return None


def _common_periods(book: RuleBook, keys: Sequence[str]) -> Iterable[tuple[date, date | None]]:
    """The periods over which none of these rules changes."""
    starts = sorted({period.starts_on for key in keys for period in book.periods(key)})
    return pairwise([*starts, None])  # type: ignore[arg-type]


def _relation(name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    values = [tuple(map(_literal, columns, row)) for row in rows]
    # No row known yet: a relation of the same shape that matches nothing.
    body = (
        "VALUES " + ", ".join(f"({', '.join(row)})" for row in values)
        if values
        else (f"SELECT {', '.join(_literal(column, None) for column in columns)} WHERE FALSE")
    )
    return f"{name} ({', '.join(columns)}) AS ({body})"


def _literal(column: str, value: Any) -> str:
    kind = _TYPES.get(column, "integer")
    if value is None:
        return f"CAST(NULL AS {kind})"
    return f"CAST('{value}' AS {kind})"

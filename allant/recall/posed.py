"""What a rule book says of boosters and of the pass, laid out once for a day; the two forms of the rule read it (RP-01).

`known_on`, the day of the book, chooses the rules; `on`, the day asked about, gives ages (RP-02). A rule announced counts as soon
as it is known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from allant.doctrine import Age, Counting, Delay, NotYetInForce, RuleBook, Version, add_delay
from allant.doctrine.age import born_by
from allant.immunizations.booster_delays import month_counting

DELAY, DELAY_AFTER, THIRD_DOSE = "covid.booster.delay", "covid.booster.delay_after", "covid.immunodepressed.third_dose"
COUNTING, OPENING, REPLACES = "covid.months.counting", "covid.booster.opening", "covid.booster.infection_replaces"
MINIMUM_AGE, SENIOR_AGE = "covid.pass.minimum_age", "covid.pass.senior_age"
ENDS = {"senior": "covid.pass.end_65", "adult": "covid.pass.end_18", "janssen": "covid.pass.end_janssen"}
IMMUNODEPRESSED = "immunodepressed"
KEYS = (DELAY, DELAY_AFTER, THIRD_DOSE, COUNTING, OPENING, REPLACES, MINIMUM_AGE, SENIOR_AGE, *ENDS.values())
"""Every rule that the answer depends on."""


@dataclass(frozen=True)
class Opening:
    """A group whose boosters open on a day. `born_after`, `born_by`: its ages on the day asked about, as birth dates."""

    code: str
    label: str
    opens_on: date
    born_after: date | None
    born_by: date | None
    situations: tuple[str, ...]
    vaccines: tuple[str, ...]
    rule: Version


@dataclass(frozen=True)
class Wait:
    """How long a booster waits while it falls in `[starts_on, ends_on)`; the wait of today has no start."""

    starts_on: date | None
    ends_on: date | None
    usual: Delay | None
    after: Mapping[str, Delay]
    third: Delay | None
    counting: Counting
    rules: Mapping[str, Version]


@dataclass(frozen=True)
class PassEnd:
    """The pass ends at the later of `starts_on` and the last event + `delay`; `rules` made the delay."""

    starts_on: date
    delay: Delay
    counting: Counting
    rules: tuple[Version, ...]


@dataclass(frozen=True)
class Posed:
    """Everything that one day's question needs. `ends` by group: `senior`, `adult`, and vaccines with an end of their own."""

    on: date
    known_on: date
    openings: tuple[Opening, ...]
    waits: tuple[Wait, ...]
    replaced_after: Delay | None
    counting: Counting
    adults_born_by: date | None
    seniors_born_by: date | None
    ends: Mapping[str, tuple[PassEnd, ...]]
    rules: Mapping[str, Version] = field(default_factory=dict)


def posed(book: RuleBook, on: date) -> Posed:
    """Lay a book out for the day asked about. Cheap: some thirty look-ups, done once a question or a batch."""
    at = max(on, book.known_on)
    minimum, senior, replaces = (_announced(book, key, at) for key in (MINIMUM_AGE, SENIOR_AGE, REPLACES))
    waits = tuple(_waits(book, at))
    named = {MINIMUM_AGE: minimum, SENIOR_AGE: senior, REPLACES: replaces, COUNTING: book.version(COUNTING, at)}
    return Posed(
        on=on,
        known_on=book.known_on,
        openings=tuple(_openings(book, on)),
        waits=waits,
        replaced_after=replaces.value if replaces else None,
        counting=month_counting(book, at),
        adults_born_by=latest_birth(minimum.value, on) if minimum else None,
        seniors_born_by=born_by(senior.value, on) if senior else None,
        ends={name: tuple(_ends(book, key, at, waits)) for name, key in ENDS.items()},
        rules={key: version for key, version in named.items() if version},
    )


def latest_birth(age: Age, on: date) -> date:
    """The latest birth date of someone who has reached an age in years and months by a day."""
    delay = Delay(12 * age.years + age.months)
    years, months = divmod(delay.months, 12)
    month = on.year * 12 + on.month - 1 - 12 * years - months
    first = date(month // 12, month % 12 + 1, 1)
    reached = (first + timedelta(days=days) for days in range(31) if add_delay(first + timedelta(days=days), delay) <= on)
    return max(reached, default=first - timedelta(days=1))


def _announced(book: RuleBook, key: str, at: date) -> Version | None:
    """The version of a day, or the first announced one; None when the book knows none."""
    periods = book.periods(key)
    current = [period.version for period in periods if period.starts_on <= at]
    return current[-1] if current else periods[0].version if periods else None


def _openings(book: RuleBook, on: date) -> Iterator[Opening]:
    """Each group once, the first day its boosters open, announced ones included."""
    for period in book.periods(OPENING):
        for row, version in zip(period.value, period.version.members, strict=True):
            if row["opens_on"] != period.starts_on:
                continue
            criteria: Mapping[str, Any] = row["criteria"]
            youngest, oldest = criteria.get("min_age"), criteria.get("max_age")
            yield Opening(
                code=row["code"],
                label=row["label"],
                opens_on=row["opens_on"],
                born_after=None if oldest is None else born_by(oldest + 1, on),
                born_by=None if youngest is None else born_by(youngest, on),
                situations=tuple(criteria.get("situations") or ()),
                vaccines=tuple(criteria.get("vaccines") or ()),
                rule=version,
            )


def _waits(book: RuleBook, at: date) -> Iterator[Wait]:
    """The wait of the day, then each one announced, over the days it applies to."""
    keys = (DELAY, DELAY_AFTER, THIRD_DOSE, COUNTING)
    days = sorted({at, *(version.in_force for key in keys for version in book.announced(key, at))})
    for day, following in pairwise([*days, None]):
        assert day is not None
        usual, own, third = (_version(book, key, day) for key in (DELAY, DELAY_AFTER, THIRD_DOSE))
        rows = own.value if own else ()
        yield Wait(
            starts_on=None if day == at else day,
            ends_on=following,
            usual=usual.value if usual else None,
            after={row["code"]: row["delay"] for row in rows},
            third=third.value["min_delay"] if third else None,
            counting=month_counting(book, day),
            rules={
                **({"": usual} if usual else {}),
                **({IMMUNODEPRESSED: third} if third else {}),
                **{row["code"]: member for row, member in zip(rows, own.members if own else (), strict=True)},
            },
        )


def _ends(book: RuleBook, key: str, at: date, waits: tuple[Wait, ...]) -> Iterator[PassEnd]:
    for period in book.periods(key):
        delay: Delay = period.value["delay"]
        rules: tuple[Version, ...] = (period.version,)
        if period.value["from"] == "booster_delay":
            if not waits or waits[0].usual is None:
                continue
            delay, rules = waits[0].usual + delay, (*rules, waits[0].rules[""])
        yield PassEnd(period.starts_on, delay, month_counting(book, at), rules)


def _version(book: RuleBook, key: str, on: date) -> Version | None:
    try:
        return book.version(key, on)
    except NotYetInForce:
        return None

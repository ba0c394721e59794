"""The same rule over many people in one statement: the text is the same for DuckDB and PostgreSQL (RP-03, RP-04)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from allant.doctrine import Counting, Delay
from allant.recall.posed import ENDS, IMMUNODEPRESSED, Opening, PassEnd, Posed, Wait

COLUMNS = ("person_id", "birth_date", "vaccine", "last_on", "infected_on", "situations")
"""Of the relation asked about: one row a person complete and without booster. `situations`: `,ald,ald:e11,` or null for none."""


@dataclass(frozen=True)
class Dates:
    """The two dates as SQL over `person`, a row with `COLUMNS` and `last_event`; null where `rule.answer` has no date."""

    booster_from: str
    pass_until: str


def dates_of(rules: Posed) -> Dates:
    """The rule of one day as expressions."""
    replaced = _replaced(rules)
    return Dates(*(f"CASE WHEN {replaced} THEN NULL ELSE {day} END" for day in (_booster(rules), _pass(rules))))


def with_last_event(people: str) -> str:
    """`people`, a relation with `COLUMNS`, as the expressions of `Dates` read it."""
    return f"(SELECT given.*, greatest(last_on, infected_on) AS last_event FROM {people} AS given) AS person"


def dates_sql(people: str, rules: Posed) -> str:
    """SELECT person_id, booster_from, pass_until of each row of `people`."""
    dates = dates_of(rules)
    return (
        f"SELECT person_id, {dates.booster_from} AS booster_from, {dates.pass_until} AS pass_until\n"
        f"FROM {with_last_event(people)}"
    )


def _replaced(rules: Posed) -> str:
    if rules.replaced_after is None:
        return "FALSE"
    return f"coalesce(infected_on >= {_later('last_on', rules.replaced_after, rules.counting)}, FALSE)"


def _booster(rules: Posed) -> str:
    """The later of opening and last event + delay, by the first wait within whose days it falls; no opening, no date."""
    opened = _opened(rules.openings)
    cases = [_within(wait, f"greatest({opened}, {_due(wait)})") for wait in rules.waits]
    if not cases or opened == "NULL":
        return "CAST(NULL AS date)"
    return f"CASE WHEN {opened} IS NOT NULL THEN coalesce({', '.join(cases)}) END"


def _opened(openings: Iterable[Opening]) -> str:
    """The first opening among the person's groups."""
    cases = [f"CASE WHEN {_concerns(each)} THEN {_day(each.opens_on)} END" for each in openings]
    return f"least({', '.join(cases)})" if len(cases) > 1 else cases[0] if cases else "NULL"


def _concerns(opening: Opening) -> str:
    tests = []
    if opening.born_by:
        tests.append(f"birth_date <= {_day(opening.born_by)}")
    if opening.born_after:
        tests.append(f"birth_date > {_day(opening.born_after)}")
    if opening.vaccines:
        tests.append(f"vaccine IN ({', '.join(map(_text, opening.vaccines))})")
    if opening.situations:
        tests.append(f"({' OR '.join(map(_in_situation, opening.situations))})")
    return " AND ".join(tests) or "TRUE"


def _due(wait: Wait) -> str:
    cases = []
    if wait.third is not None:
        cases.append(f"WHEN {_in_situation(IMMUNODEPRESSED)} THEN {_later('last_event', wait.third, wait.counting)}")
    for vaccine, delay in wait.after.items():
        cases.append(f"WHEN vaccine = {_text(vaccine)} THEN {_later('last_event', delay, wait.counting)}")
    usual = _later("last_event", wait.usual, wait.counting) if wait.usual is not None else "NULL"
    return f"CASE {' '.join(cases)} ELSE {usual} END" if cases else usual


def _within(wait: Wait, found: str) -> str:
    """`found`, no earlier than the wait applies, null when it falls after it or when the wait has no delay for the person."""
    due = _due(wait)
    day = f"greatest({found}, {_day(wait.starts_on)})" if wait.starts_on else found
    fits = f" AND {day} < {_day(wait.ends_on)}" if wait.ends_on else ""
    return f"CASE WHEN {due} IS NOT NULL{fits} THEN {day} END"


def _pass(rules: Posed) -> str:
    if rules.adults_born_by is None:
        return "CAST(NULL AS date)"
    groups = [
        *((f"vaccine = {_text(name)}", rules.ends[name]) for name in ENDS if name not in ("senior", "adult")),
        *([(f"birth_date <= {_day(rules.seniors_born_by)}", rules.ends["senior"])] if rules.seniors_born_by else []),
        ("TRUE", rules.ends["adult"]),
    ]
    cases = " ".join(f"WHEN {test} THEN {_earliest(ends)}" for test, ends in groups)
    return f"CASE WHEN birth_date <= {_day(rules.adults_born_by)} THEN CASE {cases} END END"


def _earliest(ends: Iterable[PassEnd]) -> str:
    dates = [f"greatest({_day(end.starts_on)}, {_later('last_event', end.delay, end.counting)})" for end in ends]
    return f"least({', '.join(dates)})" if len(dates) > 1 else dates[0] if dates else "CAST(NULL AS date)"


def _later(day: str, delay: Delay, counting: Counting) -> str:
    """As `add_delay`: 30.5 days a month, or by the calendar, where a month too short gives its last day."""
    if counting == "thirty_and_half":
        return f"({day} + {delay.in_days()})"
    months = f"CAST({day} + INTERVAL '{delay.months} month' AS date)" if delay.months else day
    return f"({months} + {delay.days})" if delay.days else months


def _in_situation(name: str) -> str:
    return f"coalesce(position(',{name},' IN situations) > 0, FALSE)"


def _day(day: object) -> str:
    return f"DATE '{day}'"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"

"""What the doctrine says of a process on a day: its delays, what pauses and restarts the clock, what becomes of open cases.

The doctrine key of a process is a record. Its fields: one `delay` (or `delay?`) for each deadline, and

    non_working_day: text   # `next`: a deadline on a day nobody works is put off to the next working day; `same`: it stays
    paused_in: texts        # states in which the clock stands still
    restarted_by: texts     # transitions after which the clock starts again from nothing
    open_cases: text        # cases opened under an earlier version: `keep` theirs, or `change` to this one

The day a case is opened selects its version; `open_cases` of a later version says whether it changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING

from allant.doctrine import Delay, RuleBook, Version

if TYPE_CHECKING:
    from allant.casework.process import Process

SAME, NEXT = "same", "next"
KEEP, CHANGE = "keep", "change"


class BadTerms(ValueError):
    """Terms of the doctrine that do not fit the process; says which and why."""


@dataclass(frozen=True)
class Terms:
    """One version of the terms of a process."""

    rule_id: str
    in_force: date
    delays: Mapping[str, Delay | None]
    "Deadline → its delay; None: it does not run under this version."
    non_working_day: str
    paused_in: frozenset[str]
    restarted_by: frozenset[str]
    open_cases: str


def terms_on(process: Process, day: date, book: RuleBook) -> Terms:
    """The terms that a case opened on a day follows. Raises as `RuleBook.value`, and BadTerms."""
    return _terms(process, book.version(process.rule, day))


def terms_of(process: Process, rule_id: str, book: RuleBook) -> Terms:
    """The terms that a case stored. Raises BadTerms when the book does not know them."""
    for version in book.history(process.rule):
        if version.rule_id == rule_id:
            return _terms(process, version)
    raise BadTerms(f"Règle « {rule_id} » inconnue du livre connu le {book.known_on:%d/%m/%Y}.")


def all_terms(process: Process, book: RuleBook) -> list[Terms]:
    """Every version known, in the order they became known."""
    return [_terms(process, version) for version in book.history(process.rule)]


@dataclass(frozen=True)
class RuleChange:
    """A version that open cases of earlier ones change to, on the day it comes in force."""

    terms: Terms
    former: frozenset[str]


def changes(process: Process, on: date, book: RuleBook) -> list[RuleChange]:
    """The versions in force by a day that open cases change to, the first first."""
    found = []
    for version in (period.version for period in book.periods(process.rule) if period.starts_on <= on):
        former = frozenset(
            each.rule_id
            for each in book.history(process.rule)
            if each.rule_id != version.rule_id and (each.in_force, each.known_from) < (version.in_force, version.known_from)
        )
        terms = _terms(process, version)
        if terms.open_cases == CHANGE and former:
            found.append(RuleChange(terms, former))
    return found


def _terms(process: Process, version: Version) -> Terms:
    value = version.value
    try:
        terms = Terms(
            version.rule_id,
            version.in_force,
            MappingProxyType({deadline.name: value[deadline.term] for deadline in process.deadlines}),
            value["non_working_day"],
            frozenset(value["paused_in"]),
            frozenset(value["restarted_by"]),
            value["open_cases"],
        )
    except KeyError as missing:
        raise BadTerms(f"{version.key} : le champ {missing} manque pour le processus « {process.slug} ».") from None
    for fault in _faults(process, terms):
        raise BadTerms(f"{version.rule_id} : {fault}")
    return terms


def _faults(process: Process, terms: Terms) -> list[str]:
    faults = [f"état inconnu « {name} » dans paused_in" for name in terms.paused_in - process.state_names.keys()]
    transitions = {each.name for each in process.transitions}
    faults += [f"transition inconnue « {name} » dans restarted_by" for name in terms.restarted_by - transitions]
    if terms.non_working_day not in (SAME, NEXT):
        faults.append(f"non_working_day « {terms.non_working_day} » : {NEXT} ou {SAME} attendu")
    if terms.open_cases not in (KEEP, CHANGE):
        faults.append(f"open_cases « {terms.open_cases} » : {KEEP} ou {CHANGE} attendu")
    for deadline in process.deadlines:
        delay = terms.delays[deadline.name]
        if deadline.counts_from == "entered" and delay is not None and not (delay.months or delay.days):
            faults.append(f"délai nul pour « {deadline.name} », qui compte depuis l'entrée dans l'état")
    return faults

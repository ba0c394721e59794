"""Which vaccines may be given, at which age, after which first dose (VC-33, VC-38). Pure functions of the book and a date."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from allant.doctrine import NotYetInForce, RuleBook, UnknownRule
from allant.immunizations.models import Vaccine
from allant.vaccination.schedule import series_doses

UNKNOWN = str(Vaccine.UNKNOWN)


def authorised(on: date, book: RuleBook) -> tuple[Mapping[str, Any], ...]:
    """The vaccines in force on a day, by authorisation, with the doctrine's fields, `code` and `label`."""
    try:
        return tuple(book.value("covid.vaccines", on))
    except NotYetInForce:
        return ()


def given_in(kind: str, on: date, book: RuleBook) -> tuple[Mapping[str, Any], ...]:
    """The vaccines in force on a day that a kind of place gives (AP-01); all of them where the doctrine names none for it."""
    try:
        by_kind = {row["kind"]: row["vaccines"] for row in book.value("appointments.vaccines_by_place", on)}
    except NotYetInForce:
        by_kind = {}
    return tuple(row for row in authorised(on, book) if row["code"] in by_kind.get(kind, (row["code"],)))


def allowed_at(age: int, on: date, book: RuleBook) -> tuple[str, ...]:
    """The vaccines that the doctrine of a day gives and recommends at an age."""
    return tuple(row["code"] for row in authorised(on, book) if age >= row["min_age"] and age >= row["recommended_from"])


def allowed_between(age: int, first: date, until: date, book: RuleBook) -> tuple[tuple[str, date, date], ...]:
    """The vaccines given and recommended at an age, each over the days `[first, until)` on which it is, as the rules change."""
    runs: dict[str, list[list[date]]] = {}
    for number in range((until - first).days):
        day = first + timedelta(days=number)
        for code in allowed_at(age, day, book):
            known = runs.setdefault(code, [])
            if known and known[-1][1] == day:
                known[-1][1] = day + timedelta(days=1)
            else:
                known.append([day, day + timedelta(days=1)])
    return tuple((code, begins, ends) for code, found in runs.items() for begins, ends in found)


def vaccine_label(code: str, on: date, book: RuleBook) -> str:
    """The vaccine's name in the doctrine; the register's own where the doctrine does not name it yet."""
    known = str(Vaccine(code).label) if code in Vaccine.values else code
    return next((str(row["label"]) for row in authorised(on, book) if row["code"] == code), known)


def foreseen_after(first: str, on: date, age: int | None, book: RuleBook) -> tuple[str, ...]:
    """The second vaccines that the doctrine of a day foresees after a first one, at an age.

    Another product than the first is foreseen under `mixed_below_age` only; nobody knows it of an unknown age.
    """
    rule = next((row for row in authorised(on, book) if row["code"] == first), None)
    if rule is None:
        return (first,)
    limit = rule["mixed_below_age"]
    mixed = limit is None or (age is not None and age < limit)
    return tuple(code for code in rule["second_vaccines"] if code == first or mixed)


def foreseen_for_booster(on: date, book: RuleBook) -> tuple[str, ...]:
    """The vaccines of the boosters on a day; none before the doctrine names them."""
    try:
        return tuple(book.value("covid.booster.vaccines", on))
    except NotYetInForce:
        return ()


def doses_needed(vaccine: str, on: date, infected_on: date | None, immunodepressed: bool, book: RuleBook) -> int:
    """Doses of a primary series begun on a day. Of a dose before the vaccine's rules (VC-42), those of its first rule;
    of an unknown product, those of the longest schedule.
    """
    try:
        return series_doses(book, on, vaccine, infected_on, immunodepressed)
    except NotYetInForce:
        periods = book.periods(f"covid.vaccines.{vaccine}")
    except UnknownRule:
        periods = []
    if periods:
        return int(periods[0].value["doses"])
    return max((int(row["doses"]) for period in book.periods("covid.vaccines") for row in period.value), default=1)


def age_warning(rule: Mapping[str, Any], age: int | None) -> str:
    """What the doctrine advises about the age, in French; empty when there is nothing to say."""
    if age is None:
        return "Âge inconnu : vérifiez l'âge minimal de ce vaccin."
    if rule["min_age"] <= age < rule["recommended_from"]:
        return f"Recommandé à partir de {rule['recommended_from']} ans ; ce patient a {age} ans."
    return ""


def under_age(rule: Mapping[str, Any], age: int | None) -> str:
    """Why the age forbids the vaccine without a written reason; empty when it does not."""
    youngest = rule["min_age"]
    return "" if age is None or age >= youngest else f"Autorisé à partir de {youngest} ans ; ce patient a {age} ans."


def named(codes: Sequence[str], on: date, book: RuleBook) -> str:
    """The vaccines in one French phrase."""
    return " ou ".join(vaccine_label(code, on, book) for code in codes)

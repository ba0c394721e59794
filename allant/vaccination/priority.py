"""The priority category of a patient in the doctrine in force, and why (VC-23): the campaigns' criteria over their facts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from allant.campaigns.populations import population
from allant.doctrine import NotYetInForce, RuleBook
from allant.people.models import SituationKind
from allant.targeting import Definition, Verdict, define, why
from allant.vaccination.known import Known
from allant.vaccination.known import told as as_told

_INSTITUTIONS = {"ehpad": "EHPAD", "usld": "unité de soins de longue durée", "mas_fam": "MAS ou FAM"}


@dataclass(frozen=True, slots=True)
class Category:
    """One phase that the person is in: `rule_id` names the version of the doctrine, `reasons` say why in French."""

    code: str
    label: str
    rule_id: str
    opens_on: date
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Priority:
    """`category`: the phase of the person that opened first, None when none is in force for them; `others` opened later.

    `warning` is then in French, with the opening already announced that will concern them. It blocks nothing, unless the
    doctrine of the day does not let the doctor decide (`refused`).
    """

    on: date
    category: Category | None
    others: tuple[Category, ...] = ()
    announced: Category | None = None
    warning: str = ""
    refused: bool = False


def priority_of(known: Known, on: date, book: RuleBook, *, declared: Iterable[str] = (), activity: str = "") -> Priority:
    """The categories of a person on a day, from the register and from what the declarant says.

    `declared`: codes of `teleservice.declared_situations`; `activity`: that of a patient who is a health professional.
    """
    told = (*declared, *(("profession",) if activity else ()))
    met = [category for rule in _in_force(on, book) if (category := _category(rule, known, told, on))]
    if met:
        return Priority(on, met[0], tuple(met[1:]))
    announced = _announced(known, told, on, book)
    refused = outside_is_refused(on, book)
    return Priority(on, None, announced=announced, warning=_warning(known, on, announced, refused), refused=refused)


def meets(criteria: Mapping[str, Any], known: Known, told: Iterable[str], on: date) -> Verdict:
    """Whether a person is in a group of the doctrine on a day, each criterion with the value found (as "pourquoi ?" shows it)."""
    person = {"birth_date": known.person.birth_date}
    facts: dict[str, list[Mapping[str, Any]]] = {"person": [person], "situation": [*known.situations, *map(as_told, told)]}
    return why(_definition(_frozen(criteria), on), facts)


def situation_label(name: str) -> str:
    """A situation of the doctrine (`kind` or `kind:code`) in French."""
    kind, _, code = name.partition(":")
    label = str(SituationKind(kind).label) if kind in SituationKind.values else kind
    return f"{label} ({_INSTITUTIONS.get(code, code)})" if code else label


def _category(rule: Mapping[str, Any], known: Known, told: tuple[str, ...], on: date) -> Category | None:
    if not meets(rule["criteria"], known, told, on).holds:
        return None
    reasons = tuple(_reasons(rule["criteria"], known, told, on))
    return Category(rule["code"], rule["label"], rule["rule_id"], rule["opens_on"], reasons)


def _reasons(criteria: Mapping[str, Any], known: Known, told: tuple[str, ...], on: date) -> Iterable[str]:
    youngest, oldest = criteria.get("min_age"), criteria.get("max_age")
    if youngest or oldest:
        bounds = f"de {youngest or 0} à {oldest} ans" if oldest else f"à partir de {youngest} ans"
        yield f"{known.age_on(on)} ans le {on:%d/%m/%Y} (catégorie {bounds})."
    for name in criteria.get("situations") or ():
        if known.in_situation(name, on):
            yield f"{situation_label(name)} : situation connue de l'Assurance Maladie."
        elif name in told:
            yield f"{situation_label(name)} : situation déclarée par le professionnel de santé."


def _in_force(on: date, book: RuleBook) -> tuple[Mapping[str, Any], ...]:
    try:
        return tuple(book.value("covid.priority", on))
    except NotYetInForce:
        return ()


def _announced(known: Known, told: tuple[str, ...], on: date, book: RuleBook) -> Category | None:
    """The first opening already known that will concern the person, at the age they will then have."""
    for version in book.announced("covid.priority", on):
        for rule in version.value:
            if category := _category(rule, known, told, version.in_force):
                return category
    return None


def outside_is_refused(on: date, book: RuleBook) -> bool:
    """Whether the doctrine of a day refuses a patient who is in no category, instead of letting the doctor decide."""
    try:
        return bool(book.value("teleservice.outside_priority", on) == "refused")
    except NotYetInForce:
        return False


def _warning(known: Known, on: date, announced: Category | None, refused: bool) -> str:
    unknown = "Date de naissance inconnue : l'âge ne peut être vérifié. " if known.person.birth_date is None else ""
    none = f"{unknown}Aucune catégorie de priorité en vigueur le {on:%d/%m/%Y} ne concerne ce patient."
    later = f" « {announced.label} » ouvrira le {announced.opens_on:%d/%m/%Y}." if announced else ""
    if refused:
        return f"{none}{later} La doctrine de ce jour ne permet pas de le déclarer éligible."
    return f"{none}{later} Vous pouvez poursuivre si votre appréciation médicale le justifie."


_Frozen = tuple[tuple[str, Any], ...]


def _frozen(criteria: Mapping[str, Any]) -> _Frozen:
    return tuple((name, criteria[name]) for name in ("min_age", "max_age", "situations", "professions") if criteria.get(name))


@lru_cache(maxsize=512)
def _definition(criteria: _Frozen, on: date) -> Definition:
    return define(population(dict(criteria), on))

"""Where a person stands in the vaccination: the tabs of the téléservice, and what comes next (VC-19, VC-32, VC-33, VC-41)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from allant.doctrine import RuleBook
from allant.immunizations.models import COVID19, Dose, Series
from allant.people.models import Person
from allant.vaccination.advice import warnings_of
from allant.vaccination.boosters import next_booster, opening_of
from allant.vaccination.eligibility import declarations_of
from allant.vaccination.known import Known, known_of, with_told
from allant.vaccination.models import EligibilityDeclaration
from allant.vaccination.proposals import Proposal, place_of, proposal_of

ELIGIBILITY_TITLE = "Éligibilité Vaccination"
_BOOSTER_TITLES = {
    Series.BOOSTER: "Dose de rappel",
    Series.SECOND_BOOSTER: "Deuxième dose de rappel",
    Series.THIRD_BOOSTER: "Troisième dose de rappel",
}


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab: eligibility is number 0, a dose has its rank. `reason` says in French why a closed one is closed."""

    kind: Literal["eligibility", "dose"]
    number: int
    title: str
    state: Literal["done", "open", "closed"]
    reason: str = ""


@dataclass(frozen=True)
class Journey:
    """A person's vaccination on a day.

    `doses`: current ones, oldest first; `versions`: every row ever recorded, ended ones included, by rank and version;
    `declarations`: every version, the current one is `declaration`. `next` is None when nothing is foreseen. Situations that the
    current declaration tells count like those of the register; `known` holds the register's alone.
    """

    person: Person
    age: int | None
    declaration: EligibilityDeclaration | None
    declarations: tuple[EligibilityDeclaration, ...]
    doses: tuple[Dose, ...]
    versions: tuple[Dose, ...]
    tabs: tuple[Tab, ...]
    next: Proposal | None
    days_since_last: int | None
    warnings: tuple[str, ...]
    infections: tuple[date, ...]
    known: Known


def journey_of(person: Person, on: date, book: RuleBook) -> Journey:
    """Read and place a person, in seven queries at most. `on`: today, or the day of the act being entered."""
    known = known_of(person)
    declarations = tuple(declarations_of(known))
    versions = tuple(doses_of(known))
    return placed(known, declarations, versions, on, book)


def doses_of(known: Known) -> Sequence[Dose]:
    """Every row ever recorded for a person, with who and where, by rank and version."""
    found = Dose.objects.filter(person__in=known.records, disease=COVID19)
    return list(found.select_related("practitioner", "organisation", "location").order_by("dose_number", "version", "pk"))


def placed(
    known: Known, declarations: Sequence[EligibilityDeclaration], versions: Sequence[Dose], on: date, book: RuleBook
) -> Journey:
    """The journey of what was read. Pure."""
    doses = tuple(sorted((dose for dose in versions if dose.ended_at is None), key=lambda dose: dose.occurred_on))
    declaration = next((each for each in reversed(declarations) if each.ended_at is None), None)
    rules_know = with_told(known, declaration.declared_situations) if declaration else known
    following = proposal_of(rules_know, doses, on, book)
    return Journey(
        person=known.person,
        age=known.age_on(on),
        declaration=declaration,
        declarations=tuple(declarations),
        doses=doses,
        versions=tuple(versions),
        tabs=tuple(_tabs(rules_know, declaration, doses, following, on, book)),
        next=following,
        days_since_last=(on - doses[-1].occurred_on).days if doses else None,
        warnings=tuple(warnings_of(rules_know, doses, following, on, book)),
        infections=known.infections,
        known=known,
    )


def dose_title(series: str, number: int) -> str:
    """The title of a dose's tab, paper and summary: « 1re vaccination », « Dose de rappel »."""
    if series != Series.PRIMARY:
        return _BOOSTER_TITLES[Series(series)]
    return f"{number}{'re' if number == 1 else 'e'} vaccination"


def _tabs(
    known: Known,
    declaration: EligibilityDeclaration | None,
    doses: Sequence[Dose],
    following: Proposal | None,
    on: date,
    book: RuleBook,
) -> Iterator[Tab]:
    dead = f"Décès enregistré le {known.person.died_on:%d/%m/%Y}." if known.person.died_on else ""
    yield _eligibility(declaration, doses, dead)
    for dose in sorted(doses, key=lambda dose: dose.dose_number):
        yield Tab("dose", dose.dose_number, dose_title(dose.series, dose.dose_number), "done")
    if following is None:
        yield from _announced_booster(known, doses, on, book)
        return
    number, title = following.dose_number, dose_title(following.series, following.dose_number)
    closed = dead or ("" if doses or declaration else "Validez d'abord l'éligibilité.")
    yield Tab("dose", number, title, "closed" if closed else "open", closed)
    if not following.is_booster:
        yield from _later(following, dead)


def _eligibility(declaration: EligibilityDeclaration | None, doses: Sequence[Dose], dead: str) -> Tab:
    if declaration is not None:
        return Tab("eligibility", 0, ELIGIBILITY_TITLE, "done")
    recorded = "Aucune déclaration : la première dose a été enregistrée hors du téléservice." if doses else ""
    closed = dead or recorded
    return Tab("eligibility", 0, ELIGIBILITY_TITLE, "closed" if closed else "open", closed)


def _later(following: Proposal, dead: str) -> Iterator[Tab]:
    """The doses still to come of the primary series, closed until the one before is recorded."""
    for number in range(following.dose_number + 1, following.series_doses + 1):
        title = dose_title(Series.PRIMARY, number)
        before = dose_title(Series.PRIMARY, number - 1)
        yield Tab("dose", number, title, "closed", dead or f"Enregistrez d'abord la {before}.")


def _announced_booster(known: Known, doses: Sequence[Dose], on: date, book: RuleBook) -> Iterator[Tab]:
    """A booster announced for this person and not open yet: a closed tab that says the day."""
    series = next_booster(sum(dose.series != Series.PRIMARY for dose in doses))
    opens_on = opening_of(series, known, doses[-1].vaccine, on, book)
    if opens_on is not None:
        number = place_of(known, doses, vaccine=doses[-1].vaccine, on=on, book=book).dose_number
        yield Tab("dose", number, dose_title(series, number), "closed", f"Ouverture à ce patient le {opens_on:%d/%m/%Y}.")


__all__ = [
    "ELIGIBILITY_TITLE", "Journey", "Tab", "dose_title", "doses_of", "journey_of", "placed",
]  # fmt: skip

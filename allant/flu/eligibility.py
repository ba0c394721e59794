"""To whom the vaccination is recommended, how each learns of it, what each needs, and what is paid (RP-20 to RP-26).

Pure: what is known of a person, the rule book and a date.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from allant.doctrine import NotYetInForce, RuleBook
from allant.flu.seasons import Season, no_season, season_on

LETTER, INFORMATION, PROFESSIONAL, PRESCRIPTION, NOBODY = "voucher", "information", "professional", "prescription", "none"
CONTACTS = {
    LETTER: "Bon envoyé par courrier",
    INFORMATION: "Information seule, bon remis par un professionnel",
    PROFESSIONAL: "Bon remis par un professionnel",
    PRESCRIPTION: "Ordonnance d'un médecin (aide médicale de l'État)",
    NOBODY: "Non recommandée",
}
"""What a season does about a person, kept apart (RP-21); a group's own `contact` is one of the first three."""
_BEST_FIRST = (LETTER, INFORMATION, PROFESSIONAL)


@dataclass(frozen=True, slots=True)
class Group:
    """A group of `flu.recommended` on a day; `criteria` is empty when the register cannot tell it."""

    code: str
    named: str
    contact: str
    at_risk: bool
    criteria: Any
    rule_id: str

    @property
    def told_by_register(self) -> bool:
        """Whether the register can show that somebody belongs to it."""
        return any(value is not None for value in self.criteria.values())

    def fits_age(self, age: int | None) -> bool:
        """Whether a known age allows it; an unknown one refuses nothing."""
        low, high = self.criteria["min_age"], self.criteria["max_age"]
        return age is None or ((low is None or age >= low) and (high is None or age <= high))

    @property
    def by_age_alone(self) -> bool:
        """Nothing but an age is asked: a known birth date settles it."""
        return self.told_by_register and not self.criteria["situations"] and not self.criteria["professions"]

    def may_be_declared(self, age: int | None) -> bool:
        """Whether a professional may vouch for it though the register does not show it (RP-23)."""
        return self.fits_age(age) and not (self.by_age_alone and age is not None)


@dataclass(frozen=True, slots=True)
class Case:
    """What is known of a person on a day: `groups` are codes of `flu.recommended`; `age` in whole years, None when unknown."""

    age: int | None
    groups: frozenset[str] = frozenset()
    ame: bool = False


@dataclass(frozen=True, slots=True)
class Cover:
    """Percentages paid by the compulsory insurance, of the vaccine and of the act; `complementary`: of the act, by the other."""

    vaccine: int
    act: int
    complementary: int
    rule_id: str


@dataclass(frozen=True, slots=True)
class Way:
    """What a person's case leads to. `contact`: a key of `CONTACTS`; `refusal`: why no vaccine may be delivered, in French.

    `prescribers`: professions one of which must have prescribed; empty when no prescription is needed.
    """

    contact: str
    recommended: bool
    refusal: str
    prescribers: tuple[str, ...]
    cover: Cover | None
    season: Season | None


def groups_on(book: RuleBook, on: date) -> tuple[Group, ...]:
    """The groups of the season in force on a day, in the order of the doctrine."""
    try:
        rows = book.value("flu.recommended", on)
    except NotYetInForce:
        return ()
    return tuple(
        Group(row["code"], row["named"], row["contact"], row["at_risk"], row["criteria"], row["rule_id"]) for row in rows
    )


def way_of(case: Case, on: date, book: RuleBook) -> Way:
    """The way of a person on a day; outside a season, only why."""
    season = season_on(book, on)
    if season is None:
        return Way(NOBODY, False, no_season(book, on), (), None, None)
    contacts = {group.contact for group in groups_on(book, on) if group.code in case.groups}
    recommended = bool(contacts)
    refusal = ""
    if not recommended and season.keeps_priority(on):
        refusal = (
            f"Jusqu'au {season.everybody_from:%d/%m/%Y} exclu, le vaccin est réservé aux personnes à qui il est recommandé, "
            "ce que rien ne montre pour cette personne."
        )
    prescribers = _prescribers(case, recommended, on, book)
    return Way(_contact(case, contacts), recommended, refusal, prescribers, cover_of(recommended, on, book), season)


def cover_of(recommended: bool, on: date, book: RuleBook) -> Cover:
    """What is paid on a day (RP-25)."""
    version = book.version("flu.cover", on)
    paid = version.value
    if not recommended:
        return Cover(int(paid["outside"]), int(paid["outside"]), int(paid["outside"]), version.rule_id)
    return Cover(int(paid["vaccine"]), int(paid["act"]), int(paid["complementary"]), version.rule_id)


def prescription_age(on: date, book: RuleBook) -> int:
    """Under this age a prescription is needed (RP-24)."""
    return int(book.value("flu.prescription", on))


def _contact(case: Case, contacts: set[str]) -> str:
    if not contacts:
        return NOBODY
    return PRESCRIPTION if case.ame else next(each for each in _BEST_FIRST if each in contacts)


def _prescribers(case: Case, recommended: bool, on: date, book: RuleBook) -> tuple[str, ...]:
    """An unknown age asks for nothing: the pharmacist looks at the person."""
    prescribers = book.value("flu.prescribers", on)
    if case.ame and recommended:
        return tuple(prescribers["ame"])
    minor = case.age is not None and case.age < prescription_age(on, book)
    return tuple(prescribers["minor"]) if minor else ()

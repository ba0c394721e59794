"""Which number identifies a person, and why (ID-02). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from allant.doctrine import RuleBook

KEY = "identification.matricule_choice"


class UnknownCircumstance(LookupError):
    """A situation that the doctrine does not know on this day; says which it knows, in French."""


@dataclass(frozen=True)
class Choice:
    """The number that a situation calls for on a day, and the reason as the page says it."""

    code: str
    label: str
    matricule: str
    flow: str
    given_by: str
    follow_up: bool
    exceptional: bool
    eligible: bool
    explanation: str
    rule_id: str
    ground: str


def choices(book: RuleBook, on: date) -> dict[str, Choice]:
    """Situation → choice, as the doctrine has them for a request of a day."""
    version = book.version(KEY, on)
    return {row["code"]: Choice(**row, rule_id=version.rule_id, ground=version.ground) for row in version.value}


def choice(code: str, book: RuleBook, on: date) -> Choice:
    """The choice of one situation. Raises UnknownCircumstance."""
    known = choices(book, on)
    if code not in known:
        raise UnknownCircumstance(
            f"Situation « {code} » inconnue au {on:%d/%m/%Y}. Connues : {', '.join(each.label for each in known.values())}."
        )
    return known[code]


@dataclass(frozen=True)
class Processes:
    """Where a person stands in the three processes (ID-01): sentences in French, None while not done."""

    identified: str | None
    certified: str | None
    affiliated: str | None


def three_processes(kind: str | None, fund: str | None, rights_open: bool) -> Processes:
    """Identification (one identity, one person), certification (the identity verified against the number), affiliation."""
    identified = f"Un {kind} identifie cette personne et elle seule." if kind else None
    certified = "Nom, prénoms, sexe, naissance et filiation vérifiés : le NIR est certifié." if kind == "NIR" else None
    affiliated = f"Droits ouverts à la caisse {fund}." if fund and rights_open else None
    return Processes(identified, certified, affiliated)

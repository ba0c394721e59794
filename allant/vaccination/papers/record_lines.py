"""The lines of a vaccination record, as a person reads their own on a page, in a file and on paper."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from allant.immunizations.models import Dose, EndKind, Vaccine
from allant.vaccination.papers.attestation import place_of, rank_of
from allant.vaccination.papers.standing import day_of

ENDS = {
    EndKind.CORRECTED: "rectifiée",
    EndKind.CANCELLED: "annulée par le professionnel",
    EndKind.ADMINISTRATIVE: "annulée par l'administration",
}


@dataclass(frozen=True)
class Line:
    """One version of a dose. `ended` says what became of a version that no longer counts; `note` what is particular to it."""

    rank: str
    on: date
    vaccine: str
    lot: str
    place: str
    version: int
    ended: str
    ended_on: date | None
    note: str


def record_lines(versions: Iterable[Dose], today: date) -> list[Line]:
    """One line a version, in the order received."""
    return [
        Line(
            rank=rank_of(dose),
            on=dose.occurred_on,
            vaccine=str(Vaccine(dose.vaccine).label),
            lot=dose.lot,
            place=place_of(dose, today),
            version=dose.version,
            ended=_ended(dose),
            ended_on=day_of(dose.ended_at) if dose.ended_at else None,
            note=f"Saisie sur justificatif : {dose.proof}" if dose.proof else "",
        )
        for dose in versions
    ]


def _ended(dose: Dose) -> str:
    if dose.ended_at is None:
        return ""
    return ENDS[EndKind(dose.end_kind)] if dose.end_kind else "annulée"

"""The whole vaccination record of a person as a paper: what counts, and what was corrected or cancelled (VC-62)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time

from django.utils import timezone

from allant.doctrine import rules
from allant.people.models import Person
from allant.targeting.wording import day
from allant.vaccination.journey import Journey, journey_of
from allant.vaccination.papers.attestation import NothingToAttest, identity_table
from allant.vaccination.papers.marks import Mark, PaperKind, digest
from allant.vaccination.papers.record_lines import Line, record_lines
from allant.vaccination.papers.sheet import EMPTY, Notice, Sheet, Table, compose
from allant.vaccination.papers.standing import listed_ids

TITLE = "Dossier de vaccination contre la Covid-19"
EMPTY_RECORD = "Aucune vaccination n'a jamais été enregistrée dans ce dossier : il n'y a rien à en imprimer."
WHO_CORRECTS = (
    "Une erreur ? Seul le professionnel qui a enregistré une injection peut la rectifier, tant que la suivante ne l'est pas. "
    "Adressez-vous à lui, puis à votre caisse."
)


def record_of(person: Person, on: date) -> bytes:
    """The PDF of the record as it stands on a day, former versions included. Raises NothingToAttest and PaperFailed.

    The same record on the same day is the same bytes.
    """
    survivor = person.merged_into or person
    journey = journey_of(survivor, on, rules.as_known_on(on))
    lines = record_lines(journey.versions, on)
    if not lines:
        raise NothingToAttest(EMPTY_RECORD)
    return compose(
        Sheet(
            title=TITLE,
            subject=str(survivor),
            version=f"Établi le {day(on)} d'après les actes enregistrés par les professionnels de santé.",
            tables=[identity_table(survivor), *_tables(journey, lines)],
            notices=[Notice(WHO_CORRECTS)],
            mark=Mark(PaperKind.RECORD, survivor.pk, digest(listed_ids(survivor))),
            stamp=datetime.combine(on, time(), timezone.get_default_timezone()),
        )
    )


def _tables(journey: Journey, lines: Sequence[Line]) -> list[Table]:
    current = [(line.rank, *_product(line), _place(line)) for line in lines if not line.ended]
    ended = [(f"{line.rank}, version {line.version}", *_product(line), _end(line)) for line in lines if line.ended]
    known = [("Infection", day(on)) for on in journey.infections]
    tables = [Table("Injections en vigueur", ("Dose", "Date", "Vaccin", "Lot", "Lieu"), current, (10, 7, 14, 7, 12))]
    if known:
        tables.append(Table("Infections connues", ("Information", "Donnée"), known, (2, 3)))
    if ended:
        header = ("Dose", "Date", "Vaccin", "Lot", "Ce qu'elle est devenue")
        tables.append(Table("Versions rectifiées ou annulées, qui ne comptent plus", header, ended, (10, 7, 14, 7, 12)))
    return [table for table in tables if table.rows]


def _product(line: Line) -> tuple[str, str, str]:
    return f"{line.on:%d/%m/%Y}", line.vaccine, line.lot or EMPTY


def _place(line: Line) -> str:
    return ". ".join(part for part in (line.place, line.note) if part)


def _end(line: Line) -> str:
    return f"{line.ended.capitalize()} le {line.ended_on:%d/%m/%Y}" if line.ended_on else line.ended.capitalize()

"""The few people and files of the tests of imports."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa

from allant.directory.models import Organisation, Practitioner
from allant.doctrine import rules
from allant.immunizations.actions import load_lots
from allant.immunizations.models import Dose
from allant.people.models import Matricule, Person
from allant.vaccination.imports.importing import Sender, import_file
from allant.vaccination.models import ImportedFile

TODAY = date(2022, 1, 10)
NOW = datetime(2022, 1, 10, 9, 0, tzinfo=UTC)
BOOK = rules.as_known_on(TODAY)
RPPS = "99000000011"
LONG = "x" * 201


def person(pk: int, family_name: str, given_names: str, born: str, nir: str = "", **values: Any) -> Person:
    """A person, with a number when one is given."""
    bearer = Person.objects.create(
        pk=pk, family_name=family_name, given_names=given_names, birth_date=date.fromisoformat(born), **values
    )
    if nir:
        Matricule.objects.create(person=bearer, value=nir, kind="NIR", starts_on=date(2000, 1, 1))
    return bearer


def settle() -> Sender:
    """Jeanne; Henri who died; Paul and his twins; Anne who has a dose; three lots; a doctor, who sends."""
    person(1, "Martin", "Jeanne", "1940-05-17", "2400535120001")
    person(2, "Leroy", "Henri", "1948-06-01", "1480675056002", died_on=date(2021, 4, 10))
    paul = person(3, "Petit", "Paul", "1985-03-05", "1850313055003")
    person(4, "Petit", "Zoé", "2012-07-14", policyholder=paul)
    person(5, "Petit", "Léa", "2012-07-14", policyholder=paul)
    anne = person(7, "Durand-Moreau", "Anne Marie", "1920-05-20", "2200535238004")
    _dose(anne, "2021-02-01", "csv:CABINET:KNOWN")
    load_lots(
        pa.table({
            "vaccine": ["comirnaty"] * 3,
            "number": ["AB1234", "OLD-1", "BAD-1"],
            "expires_on": [date(2022, 6, 1), date(2021, 1, 1), date(2022, 6, 1)],
            "recalled_on": pa.array([None, None, date(2021, 2, 1)], pa.date32()),
        }),
        by="test",
    )  # fmt: skip
    doctor = Practitioner.objects.create(rpps=RPPS, family_name="Blanc", given_names="Alix", profession="10")
    Practitioner.objects.create(rpps="99000000037", family_name="Noir", given_names="Lou", profession="dieteticien")
    practice = Organisation.objects.create(code="CABINET", name="Cabinet des Lilas", kind="practice")
    return Sender("psc:test", "CABINET", "Cabinet des Lilas", practice, doctor)


def _dose(bearer: Person, on: str, key: str) -> None:
    Dose.objects.create(
        person=bearer, occurred_on=date.fromisoformat(on), vaccine="comirnaty", dose_number=1, series="primary", series_doses=2,
        recorded_at=NOW, recorded_by="test", source="csv", source_key=key,
    )  # fmt: skip


def text(lines: list[dict[str, str]], separator: str = ";") -> str:
    """A file with these lines, the columns of the first one."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(lines[0]), delimiter=separator, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(lines)
    return out.getvalue()


def send(content: str | bytes, sender: Sender, name: str = "doses.csv") -> ImportedFile:
    """Import a file on the day of the tests."""
    raw = content.encode() if isinstance(content, str) else content
    return import_file(raw, name=name, sender=sender, now=NOW, today=TODAY, book=BOOK)[0]


def faults(file: ImportedFile) -> dict[int, list[tuple[str, str]]]:
    """Line → (code, column) of its faults."""
    lines = file.refused_lines.all()
    return {line.line: [(fault["code"], fault["column"]) for fault in line.reasons] for line in lines}

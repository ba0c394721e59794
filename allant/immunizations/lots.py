"""Vaccine lots: kept by hand or by file, recalled, followed up (VC-30). A recall supersedes, it never erases."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, field
from datetime import date
from importlib.resources import files

import pghistory
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
from django.db import transaction

from allant.directory.loading import LoadReport, LoadTarget, load
from allant.immunizations.models import Dose, Lot, Vaccine
from allant.immunizations.querysets import DoseQuerySet, lot_number

LOTS = LoadTarget(
    table="immunizations_lot",
    columns={"vaccine": pa.string(), "number": pa.string(), "expires_on": pa.date32(), "recalled_on": pa.date32()},
    required=("vaccine", "number"),
    natural_key=("vaccine", "number"),
)
FILE_COLUMNS = ("vaccin", "lot", "peremption", "rappel")
_VACCINES = {label.casefold(): code for code, label in Vaccine.choices} | {code: code for code in Vaccine.values}
_VACCINES |= {label.split(" (")[0].casefold(): code for code, label in Vaccine.choices}
MAXIMUM_BYTES = 5_000_000  # some hundred thousand lots: more is another file


class LotRefused(ValueError):
    """A lot that cannot be kept so; says what to do, in French."""


@dataclass(frozen=True, slots=True)
class LineError:
    """A line of a file that was not taken: its number in the file (the header is line 1), and what to correct, in French."""

    line: int
    message: str


@dataclass(frozen=True)
class LotsReport:
    """What became of a file of lots: lines read = added + changed + unchanged + errors."""

    read: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    errors: list[LineError] = field(default_factory=list)


def load_lots(table: pa.Table, *, by: str) -> LoadReport:
    """Load vaccine lots, columns as `LOTS.columns`; a known lot is left as it is. Raises LoadRefused."""
    if "number" in table.column_names:
        number = pc.utf8_upper(pc.replace_substring(table["number"].cast(pa.string()), " ", ""))
        table = table.set_column(table.column_names.index("number"), "number", number)
    return load(LOTS, table, by=by)


def load_shipped_lots(*, by: str) -> LoadReport:
    """Load the lots of the file shipped with the project; doing it again adds nothing."""
    content = files("allant.immunizations").joinpath("data/lots.csv").read_bytes()
    table = pyarrow.csv.read_csv(
        pa.BufferReader(content),
        read_options=pyarrow.csv.ReadOptions(skip_rows=1),  # the comment that says where the lots come from
        convert_options=pyarrow.csv.ConvertOptions(column_types=dict(LOTS.columns)),
    )
    return load_lots(table, by=by)


@transaction.atomic
def save_lot(*, vaccine: str, number: str, expires_on: date | None, recalled_on: date | None, by: str) -> Lot:
    """Add a lot, or bring a known one up to date (its former state stays in the history). Raises LotRefused.

    A recall is not taken back: a lot once recalled keeps a day of recall.
    """
    number = _refuse_unreadable(vaccine, number)
    with pghistory.context(by=by):
        lot, is_new = Lot.objects.select_for_update().get_or_create(
            vaccine=vaccine, number=number, defaults={"expires_on": expires_on, "recalled_on": recalled_on}
        )
        if is_new or (lot.expires_on, lot.recalled_on) == (expires_on, recalled_on):
            return lot
        if lot.recalled_on and not recalled_on:
            raise LotRefused(f"Lot {number} : il est rappelé, un rappel ne s'efface pas. Indiquez la date du rappel.")
        lot.expires_on, lot.recalled_on = expires_on, recalled_on
        lot.save(update_fields=["expires_on", "recalled_on"])
    return lot


def _refuse_unreadable(vaccine: str, number: str) -> str:
    """The number as it is kept. Raises LotRefused."""
    number = lot_number(number)
    if vaccine not in Vaccine.values or vaccine == Vaccine.UNKNOWN:
        raise LotRefused("Vaccin inconnu : choisissez un vaccin de la liste.")
    if not number or len(number) > 40 or not number.replace("-", "").replace("/", "").replace(".", "").isalnum():
        raise LotRefused("Numéro de lot illisible : des lettres, des chiffres, un tiret ou un point, 40 caractères au plus.")
    return number


def recall_lot(*, lot: Lot, on: date, by: str) -> Lot:
    """Recall a lot from a day on; what was given of it is `doses_of_lot`. Doing it again changes nothing."""
    return save_lot(vaccine=lot.vaccine, number=lot.number, expires_on=lot.expires_on, recalled_on=on, by=by)


def doses_of_lot(lot: Lot) -> DoseQuerySet:
    """Current doses given of a lot, to tell their patients of a recall; those given after it too."""
    return Dose.objects.of_lot(lot.vaccine, lot.number)


@transaction.atomic
def load_lots_file(content: bytes, *, by: str) -> LotsReport:
    """Add and update lots from a CSV with the columns `FILE_COLUMNS`: the good lines enter together, the others are listed.

    UTF-8 or Windows-1252, semicolons or commas; dates as 2021-06-30 or 30/06/2021; an empty `rappel` leaves a known recall.
    Sent again, it changes nothing. Raises LotRefused when the file as a whole cannot be read.
    """
    rows = _rows(content)
    counts = {"added": 0, "changed": 0, "unchanged": 0}
    errors = []
    for line, row in rows:
        try:
            counts[_save_line(row, by)] += 1
        except LotRefused as refusal:
            errors.append(LineError(line, str(refusal)))
    return LotsReport(read=len(rows), errors=errors, **counts)


def _rows(content: bytes) -> list[tuple[int, dict[str, str]]]:
    if len(content) > MAXIMUM_BYTES:
        raise LotRefused("Fichier trop gros : 5 Mo au plus. Découpez-le.")
    text = _decoded(content)
    header = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";" if ";" in header else ",")
    try:
        names = [name.strip().casefold().replace("é", "e") for name in next(reader, [])]
        if missing := [name for name in FILE_COLUMNS[:2] if name not in names]:
            raise LotRefused(f"Colonnes manquantes : {', '.join(missing)}. Attendues : {' ; '.join(FILE_COLUMNS)}.")
        return [(reader.line_num, dict(zip(names, cells, strict=False))) for cells in reader if any(map(str.strip, cells))]
    except csv.Error:
        raise LotRefused("Fichier illisible : un guillemet ouvert n'est pas fermé, ou une ligne est trop longue.") from None


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _save_line(row: dict[str, str], by: str) -> str:
    vaccine = _VACCINES.get(row.get("vaccin", "").strip().casefold(), "")
    number = _refuse_unreadable(vaccine, row.get("lot", ""))  # before the database sees it
    known = Lot.objects.filter(vaccine=vaccine, number=number).first()
    expires_on, recalled_on = _day(row, "peremption"), _day(row, "rappel")
    if known:
        expires_on, recalled_on = expires_on or known.expires_on, recalled_on or known.recalled_on
    saved = save_lot(vaccine=vaccine, number=number, expires_on=expires_on, recalled_on=recalled_on, by=by)
    if known is None:
        return "added"
    return "unchanged" if (known.expires_on, known.recalled_on) == (saved.expires_on, saved.recalled_on) else "changed"


def _day(row: dict[str, str], name: str) -> date | None:
    text = row.get(name, "").strip()
    if not text:
        return None
    year_first = "-".join(reversed(text.split("/"))) if "/" in text else text
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", year_first):
            return date.fromisoformat(year_first)
    except ValueError:
        pass
    raise LotRefused(f"Colonne « {name} » illisible : écrivez la date 2021-06-30 ou 30/06/2021.")

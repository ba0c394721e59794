"""The file of capacities: `departement;semaine;doses;creneaux`, one line a cell. Read whole or not at all."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from difflib import get_close_matches
from itertools import islice

from allant.campaigns.planner.bounds import monday
from allant.campaigns.planner.capacities import LARGEST, RESERVE, Capacity
from allant.geography import departements

COLUMNS = ("departement", "semaine", "doses", "creneaux")
RESERVE_WORD = "reserve"
MAX_BYTES = 2_000_000
MAX_LINES = 20_000
TOLD = 20
"""Faults told at most: the others are counted."""
_DATES = ("%d/%m/%Y", "%Y-%m-%d")
_PLAIN = str.maketrans("éèê", "eee")


class FileRefused(ValueError):
    """Nothing was kept of the file; `faults` says why, in French, line by line."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__(" ".join(faults))
        self.faults = list(faults)


def read_capacities(content: bytes) -> list[Capacity]:
    """The capacities of a file in UTF-8 or Windows-1252, fields separated by `;`, `,` or tabulation. Raises FileRefused."""
    lines = _records(_text(content))
    places = _header(lines)
    found: dict[tuple[str, date], tuple[int, Capacity]] = {}
    faults: list[str] = []
    for number, fields in lines:
        try:
            each = _capacity(fields, places)
        except ValueError as error:
            faults.append(f"Ligne {number} : {error}")
            continue
        former, _ = found.setdefault((each.departement, each.week), (number, each))
        if former != number:
            faults.append(f"Ligne {number} : même département et même semaine que la ligne {former}. Gardez une seule des deux.")
    if len(faults) > TOLD:
        faults = [*faults[:TOLD], f"… et {len(faults) - TOLD} autres lignes en erreur."]
    if faults or not found:
        raise FileRefused(faults or ["Le fichier n'a que son en-tête : ajoutez une ligne par département et par semaine."])
    return [each for _, each in found.values()]


def written(capacities: Sequence[Capacity]) -> Iterator[tuple[str, date, int, int]]:
    """The lines of a file that `read_capacities` reads back."""
    for each in capacities:
        yield each.departement or RESERVE_WORD, each.week, each.doses, each.slots


def _text(content: bytes) -> str:
    if len(content) > MAX_BYTES:
        raise FileRefused([f"Fichier de plus de {MAX_BYTES // 1_000_000} Mo : une ligne par département et semaine suffit."])
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise FileRefused(["C'est un classeur : enregistrez-le au format CSV, puis déposez le CSV."])
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _records(text: str) -> Iterator[tuple[int, list[str]]]:
    """Lines that hold something, with their number."""
    if "\0" in text:
        raise FileRefused(["Ce n'est pas un fichier de texte : enregistrez-le au format CSV."])
    first = text.lstrip().split("\n", 1)[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(";,\t", key=first.count))
    try:
        for fields in islice(reader, MAX_LINES + 1):
            if any(field.strip() for field in fields):
                yield reader.line_num, [field.strip() for field in fields]
    except csv.Error:
        raise FileRefused([f"Ligne {reader.line_num} : illisible. Vérifiez les guillemets."]) from None
    if next(reader, None) is not None:
        raise FileRefused([f"Plus de {MAX_LINES} lignes : coupez le fichier en deux."])


def _header(lines: Iterator[tuple[int, list[str]]]) -> Mapping[str, int]:
    _, names = next(lines, (0, []))
    plain = [name.lower().translate(_PLAIN) for name in names]
    missing = [name for name in COLUMNS if plain.count(name) != 1]
    if missing:
        seen = ", ".join(names) or "rien"
        raise FileRefused([f"En-tête lu : {seen}. Attendu, une fois chacune : {', '.join(COLUMNS)}."])
    return {name: plain.index(name) for name in COLUMNS}


def _capacity(fields: Sequence[str], places: Mapping[str, int]) -> Capacity:
    if len(fields) <= max(places.values()):
        raise ValueError(f"{len(fields)} valeurs lues, {max(places.values()) + 1} attendues.")
    value = {name: fields[at] for name, at in places.items()}
    return Capacity(
        read_departement(value["departement"]), read_week(value["semaine"]), read_count(value["doses"], "doses"),
        read_count(value["creneaux"], "creneaux"),
    )  # fmt: skip


def read_departement(text: str) -> str:
    """A code as written by a spreadsheet (`1` for `01`), or `reserve` for the national reserve. Raises ValueError, in French."""
    code = text.upper().zfill(2)
    if text.lower().translate(_PLAIN) == RESERVE_WORD:
        return RESERVE
    if text and code in departements():
        return code
    names = {place.name.lower(): place.code for place in departements().values()}
    near = get_close_matches(text.lower(), names, n=1)
    hint = f"Vouliez-vous dire {names[near[0]]} ?" if near else f"Attendu : un code (01, 2A, 971) ou {RESERVE_WORD}."
    raise ValueError(f"département « {text[:40]} » inconnu. {hint}")


def read_week(text: str) -> date:
    """The Monday written JJ/MM/AAAA or AAAA-MM-JJ. Raises ValueError, in French."""
    for form in _DATES:
        try:
            day = datetime.strptime(text, form).replace(tzinfo=UTC).date()
        except ValueError:
            continue
        if day.weekday():
            raise ValueError(f"le {day:%d/%m/%Y} n'est pas un lundi ; indiquez le lundi {monday(day):%d/%m/%Y}.")
        return day
    raise ValueError(f"semaine « {text[:20]} » illisible. Attendu : la date de son lundi, par exemple 01/03/2021.")


def read_count(text: str, name: str) -> int:
    """A whole number, spaces between thousands allowed. Raises ValueError, in French."""
    compact = "".join(text.split())
    if not compact.isascii() or not compact.isdigit():
        raise ValueError(f"{name} « {text[:20]} » : un nombre entier, positif ou nul, est attendu.")
    if len(compact) > 10 or int(compact) > LARGEST:
        raise ValueError(f"{name} « {text[:20]} » : au plus {LARGEST}.")
    return int(compact)

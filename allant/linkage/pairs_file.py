"""Any pairs of records as a CSV file, scored by the model: a file in, a file out (ID-09).

Columns `left_…` and `right_…` named as `COLUMNS` (but `id`), in any order, `;` or `,` between cells, UTF-8; all may be missing
but the names of both. `pair` names the line in the answer; its line number does otherwise.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from allant.linkage.blocking import PAIRS
from allant.linkage.model import Model
from allant.linkage.records import COLUMNS, prepare
from allant.linkage.scoring import FOUND, score_blocked
from allant.sheets import harmless

FIELDS = [name for name in COLUMNS if name != "id"]
SIDES = ("left", "right")
EXPECTED = ["pair", *(f"{side}_{name}" for side in SIDES for name in FIELDS)]
MOST_SAID = 20


class PairsRefused(ValueError):
    """A file of pairs that cannot be read; `reasons` in French, with line numbers and without anything of the records."""

    def __init__(self, reasons: list[str]) -> None:
        more = [f"… et {len(reasons) - MOST_SAID} autres lignes à corriger."] if len(reasons) > MOST_SAID else []
        super().__init__("\n".join([*reasons[:MOST_SAID], *more]))
        self.reasons = reasons


@dataclass(frozen=True)
class PairsFile:
    """A file of pairs as read: names of the pairs, records left and right in their order."""

    names: list[str]
    records: list[dict[str, Any]]
    delimiter: str


def read_pairs(content: bytes) -> PairsFile:
    """Read and check a file. Raises PairsRefused."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise PairsRefused(["Fichier illisible : enregistrez-le en UTF-8."]) from None
    delimiter = ";" if ";" in text.partition("\n")[0] else ","
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter)
    header = [cell.strip() for cell in next(reader, [])]
    if reasons := list(_header_reasons(header)):
        raise PairsRefused(reasons)
    names: list[str] = []
    records: list[dict[str, Any]] = []
    for cells in reader:
        if not cells:
            continue
        line = reader.line_num
        reasons += _line_reasons(line, header, cells)
        told = {name: cell.strip() or None for name, cell in zip(header, cells, strict=False)}
        names.append(told.get("pair") or str(line))
        records += [{name: told.get(f"{side}_{name}") for name in FIELDS} for side in SIDES]
    if not names and not reasons:
        reasons = ["Fichier sans aucune paire : écrivez au moins une ligne sous les noms de colonnes."]
    if reasons:
        raise PairsRefused(reasons)
    return PairsFile(names, records, delimiter)


def _header_reasons(header: list[str]) -> Iterator[str]:
    if not any(header):
        yield "Fichier vide : la première ligne porte les noms des colonnes, par exemple left_family_name et right_family_name."
        return
    for name in dict.fromkeys(header):
        if name not in EXPECTED:
            yield f"Ligne 1 : colonne « {harmless(name)[:40]} » inconnue. Colonnes admises : {', '.join(EXPECTED)}."
            return
        if header.count(name) > 1:
            yield f"Ligne 1 : la colonne {name} figure {header.count(name)} fois, une seule est attendue."
    for name in ("left_family_name", "right_family_name"):
        if name not in header:
            yield f"Ligne 1 : la colonne {name} manque."


def _line_reasons(line: int, header: list[str], cells: list[str]) -> list[str]:
    if len(cells) != len(header):
        return [f"Ligne {line} : {len(cells)} valeurs lues, {len(header)} attendues."]
    reasons = []
    for name, cell in zip(header, cells, strict=True):
        side, _, field = name.partition("_")
        if cell.strip() and side in SIDES and (reason := _wrong(field, cell.strip())):
            reasons.append(f"Ligne {line}, {name} : {reason}")
    return reasons


def _wrong(field: str, cell: str) -> str:
    match field:
        case "birth_date" if not _is_date(cell):
            return "date illisible, AAAA-MM-JJ attendu, ou l'année seule (AAAA)."
        case "sex" if cell not in ("M", "F"):
            return "sexe M ou F attendu, ou rien."
        case "birth_place" if not re.fullmatch(r"[0-9][0-9AB][0-9]{3}", cell):
            return "code INSEE de 5 caractères attendu (99 et le code du pays pour l'étranger)."
        case "birth_rank" if not re.fullmatch(r"[1-9]", cell):
            return "rang de naissance de 1 à 9 attendu."
        case "number" if not re.fullmatch(r"[125678][0-9]{5}[0-9AB][0-9]{6}", cell):
            return "matricule de 13 caractères attendu, sans clé ni espace."
        case "number_kind" if cell not in ("NIR", "NIA", "NNP", "MIG"):
            return "nature NIR, NIA, NNP ou MIG attendue."
    return ""


def _is_date(cell: str) -> bool:
    if re.fullmatch(r"[0-9]{4}", cell):
        return True
    try:
        return bool(re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", cell)) and bool(date.fromisoformat(cell))
    except ValueError:
        return False


def score_records(records: list[dict[str, Any]], model: Model) -> list[dict[str, Any]]:
    """What each pair weighs; records 0 and 1 are the first pair, 2 and 3 the second; one row a pair, columns as `FOUND`."""
    schema = pa.schema([("id", pa.int64()), *((name, pa.string()) for name in FIELDS)])
    table = pa.Table.from_pylist([each | {"id": rank} for rank, each in enumerate(records)], schema=schema)
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.register("told", table)
        prepare(connection, "told")
        connection.execute(f"""
            CREATE TABLE {PAIRS} AS SELECT 2 * n AS join_key_l, 2 * n + 1 AS join_key_r, 0::UTINYINT AS match_key
            FROM range({len(records) // 2}) AS r(n)""")
        score_blocked(connection, model)
        rows: list[dict[str, Any]] = (
            connection.execute(f"SELECT * FROM {FOUND} ORDER BY least(id_l, id_r)").to_arrow_table().to_pylist()
        )
        return rows


def score_pairs_file(source: Path, target: Path, model: Model) -> int:
    """Score the pairs of a file into another; gives their number. Raises PairsRefused: nothing is written then."""
    told = read_pairs(source.read_bytes())
    header = ["pair", "match_weight", "match_probability", "never_proposed"]
    for each in model.comparisons:
        header += [f"{each.code}_level", f"{each.code}_weight"]
    part = target.with_name(f"{target.name}.part")
    with part.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, delimiter=told.delimiter)
        writer.writerow(header)
        for name, row in zip(told.names, score_records(told.records, model), strict=True):
            writer.writerow(
                [harmless(name), f"{row['weight']:.3f}", f"{row['probability']:.6f}", row["veto"], *_levels(row, model)]
            )
    part.replace(target)
    return len(told.names)


def _levels(row: dict[str, Any], model: Model) -> Iterator[str]:
    for each in model.comparisons:
        level = each.level(row[f"gamma_{each.code}"])
        yield level.code if level else "unknown"
        yield f"{level.weight:.3f}" if level else "0"

"""Part files and the manifest: written whole or not at all, and recognised on a second start."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from allant.country.population.chunk import TABLES

if TYPE_CHECKING:
    import pyarrow.dataset

FORMAT = 1
MANIFEST, UNFINISHED = "manifest.json", "manifest.unfinished.json"
ROW_GROUP = 125_000
STAMP = b"allant.country"


class BadCountry(ValueError):
    """A directory that holds no finished country, or another one; the message is in French."""


@dataclass(frozen=True)
class Manifest:
    """What a country directory holds. `parameters` is the digest of the parameter files, populations included."""

    people: int
    unknown_birth_date: int
    seed: int
    parameters: str
    classes: Mapping[str, int]
    parts: int
    version: int = FORMAT

    @property
    def total(self) -> int:
        """All persons, those of unknown birth date included."""
        return self.people + self.unknown_birth_date

    def text(self) -> str:
        """The manifest as it is written."""
        return json.dumps(asdict(self), indent=2, sort_keys=True) + "\n"


@dataclass(frozen=True)
class Country:
    """A finished country: its manifest and one dataset a table."""

    directory: Path
    manifest: Manifest

    def dataset(self, table: str) -> pyarrow.dataset.Dataset:
        """A table, sorted by person_id across its files; `person`, `identity`, `situation` or `infection`."""
        import pyarrow.dataset as ds  # it loads pandas, half a second that the command line need not pay

        return ds.dataset([str(part_path(self.directory, table, part)) for part in range(self.manifest.parts)], format="parquet")

    def glob(self, table: str) -> str:
        """The files of a table, as DuckDB's `read_parquet` takes them."""
        return str(self.directory / table / "*.parquet")


def read(directory: Path | str) -> Country:
    """The finished country of a directory. Raises `BadCountry`."""
    directory = Path(directory)
    if not (directory / MANIFEST).is_file():
        what = "un pays inachevé" if (directory / UNFINISHED).is_file() else "aucun pays"
        raise BadCountry(f"{directory} contient {what}. Lancez : allant country make --dir {directory}")
    return Country(directory, _load(directory / MANIFEST))


def _load(path: Path) -> Manifest:
    try:
        return Manifest(**json.loads(path.read_text("utf-8")))
    except (ValueError, TypeError) as error:
        raise BadCountry(f"{path} est illisible ({error}). Supprimez ce pays, puis recréez-le.") from error


def begin(directory: Path, manifest: Manifest) -> bool:
    """Take the directory for this country; True when it is there already, finished. Raises `BadCountry` when it holds another."""
    for name in (MANIFEST, UNFINISHED):
        path = directory / name
        if path.is_file() and (found := _load(path)) != manifest:
            raise BadCountry(
                f"{directory} contient un autre pays : {found.people} personnes, graine {found.seed}, paramètres "
                f"{found.parameters[:8]} ; demandé : {manifest.people} personnes, graine {manifest.seed}, paramètres "
                f"{manifest.parameters[:8]}. Choisissez un autre dossier (--dir) ou supprimez celui-ci."
            )
    if (directory / MANIFEST).is_file():
        return True
    for table in TABLES:
        (directory / table).mkdir(parents=True, exist_ok=True)
        for leftover in (directory / table).glob(".*.tmp"):
            leftover.unlink(missing_ok=True)
    _replace(directory / UNFINISHED, manifest.text().encode())
    return False


def finish(directory: Path, manifest: Manifest) -> None:
    """Say that every part is there."""
    _replace(directory / MANIFEST, manifest.text().encode())
    (directory / UNFINISHED).unlink(missing_ok=True)


def part_path(directory: Path, table: str, part: int) -> Path:
    """Where a part lies."""
    return directory / table / f"part-{part:05d}.parquet"


def is_whole(directory: Path, part: int, manifest: Manifest) -> bool:
    """True when every table of the part is readable and of this very country."""
    return all(_stamp_of(part_path(directory, table, part)) == _stamp(manifest) for table in TABLES)


def write_part(directory: Path, part: int, tables: Mapping[str, pa.Table], manifest: Manifest) -> None:
    """Write the tables of a part, each file appearing whole."""
    for name, table in tables.items():
        path = part_path(directory, name, part)
        temporary = _temporary(path)
        coded = [field.name for field in table.schema if pa.types.is_dictionary(field.type)]
        _write(table, temporary, coded, manifest)
        os.replace(temporary, path)


def _write(table: pa.Table, path: Path, coded: list[str], manifest: Manifest) -> None:
    # store_schema=False: readers see plain text columns, whatever our in-memory dictionaries
    options = {"compression": "zstd", "compression_level": 1, "use_dictionary": coded, "store_schema": False}
    with pq.ParquetWriter(path, table.schema, **options) as writer:
        writer.write_table(table, row_group_size=ROW_GROUP)
        writer.add_key_value_metadata({STAMP: _stamp(manifest)})


def _stamp(manifest: Manifest) -> bytes:
    return f"{manifest.version}:{manifest.people}:{manifest.seed}:{manifest.parameters}".encode()


def _stamp_of(path: Path) -> bytes | None:
    try:
        return (pq.read_metadata(path).metadata or {}).get(STAMP)
    except (OSError, pa.ArrowInvalid):
        return None


def _temporary(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}.tmp")


def _replace(path: Path, content: bytes) -> None:
    temporary = _temporary(path)
    temporary.write_bytes(content)
    os.replace(temporary, path)

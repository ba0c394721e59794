"""Compare published `vacsi` files with the official ones, cell by cell."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

SHOWN = 10
KEYS = {"vacsi-fra.csv": ("jour",), "vacsi-a-fra.csv": ("clage_vacsi", "jour"), "vacsi-v-fra.csv": ("vaccin", "jour")}
PREFIXES = ("n_", "couv_")


class NothingToCompare(ValueError):
    """A file or a column is missing, or no day is common; the message is in French."""


@dataclass(frozen=True)
class Difference:
    """One cell that differs; None stands for a missing row or an empty cell."""

    row: str
    column: str
    published: str | None
    official: str | None


@dataclass(frozen=True)
class FileComparison:
    """Cells compared and differing in one file, with the first differences by row."""

    file: str
    compared: int
    differing: int
    differences: tuple[Difference, ...]


def compare_directories(published: Path, official: Path, until: date) -> list[FileComparison]:
    """Compare the three files of two directories for all days up to `until` included.

    Columns: every count, cumulated count and coverage. Numbers are compared as numbers, so that 0 equals 0.0.
    Raises `NothingToCompare`.
    """
    return [compare_files(published / name, official / name, keys, until) for name, keys in KEYS.items()]


def compare_files(published: Path, official: Path, keys: tuple[str, ...], until: date) -> FileComparison:
    """Compare one file; rows are matched by `keys`, and a row on one side only differs in every cell."""
    with duckdb.connect() as database:
        for name, path in (("published", published), ("official", official)):
            if not path.is_file():
                raise NothingToCompare(f"Fichier absent : {path}. Donnez les dossiers qui contiennent {', '.join(KEYS)}.")
            relation = database.read_csv(str(path), sep=";", header=True, all_varchar=True)
            relation.filter(f"jour <= '{until.isoformat()}'").create(name)
        columns = _columns(database, keys)
        database.execute(_cells_sql(columns, keys))
        counted = database.execute("SELECT count(*), count(*) FILTER (WHERE differs) FROM cells").fetchone()
        rows = database.execute(
            "SELECT row, name, ours, theirs FROM cells WHERE differs ORDER BY row, name LIMIT ?", [SHOWN]
        ).fetchall()
    compared, differing = counted or (0, 0)
    if not compared:
        raise NothingToCompare(f"{official.name} : aucun jour jusqu'au {until:%d/%m/%Y}.")
    return FileComparison(official.name, compared, differing, tuple(Difference(*row) for row in rows))


def _columns(database: duckdb.DuckDBPyConnection, keys: tuple[str, ...]) -> list[str]:
    """Number columns of the official file; the published file must have them all."""
    names = {name: database.table(name).columns for name in ("published", "official")}
    wanted = [column for column in names["official"] if column.startswith(PREFIXES)]
    if missing := [column for column in (*keys, *wanted) if column not in names["published"]]:
        raise NothingToCompare(f"Colonnes absentes du fichier publié : {', '.join(missing)}.")
    return wanted


def _cells_sql(columns: list[str], keys: tuple[str, ...]) -> str:
    matched = " AND ".join(f"p.{key} = o.{key}" for key in keys)
    row = " || ' ' || ".join(f"coalesce(p.{key}, o.{key})" for key in reversed(keys))
    cells = " UNION ALL ".join(
        f"SELECT {row} AS row, '{column}' AS name, p.{column} AS ours, o.{column} AS theirs "
        f"FROM published AS p FULL JOIN official AS o ON {matched}"
        for column in columns
    )
    differs = "TRY_CAST(ours AS DOUBLE) IS DISTINCT FROM TRY_CAST(theirs AS DOUBLE) OR (ours IS NULL) <> (theirs IS NULL)"
    return f"CREATE TABLE cells AS SELECT *, {differs} AS differs FROM ({cells})"

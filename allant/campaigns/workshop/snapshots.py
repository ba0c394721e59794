"""The snapshot that the workshop counts on when one is configured (`ALLANT_SNAPSHOT`): the nation answers in seconds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from allant.facts import Manifest, SnapshotError

if TYPE_CHECKING:
    from allant.targeting.engine_duckdb import Engine


@dataclass(frozen=True)
class Snapshot:
    """A folder of fact tables as Parquet, and the day it stands for."""

    folder: Path
    as_of: date

    def engine(self) -> Engine:
        """DuckDB on it: one a process, shared by its threads."""
        return _engine(self.folder)


def configured() -> Snapshot | None:
    """The snapshot of this installation, or None to count on the register. Raises SnapshotError when it is none."""
    folder = settings.ALLANT_SNAPSHOT
    return snapshot_at(Path(folder)) if folder else None


def snapshot_at(folder: Path) -> Snapshot:
    """What `allant target snapshot` wrote, or a country with its replayed doses. Raises SnapshotError."""
    try:
        return Snapshot(folder, Manifest.read(folder).as_of)
    except SnapshotError:
        if not (last := max((file.stem for file in (folder / "dose").glob("????-??-??.parquet")), default="")):
            raise
        return Snapshot(folder, date.fromisoformat(last))


@lru_cache(maxsize=2)
def _engine(folder: Path) -> Engine:
    from allant.targeting.engine_duckdb import Engine  # 60 MB that an installation without snapshot need not load

    return Engine(folder)

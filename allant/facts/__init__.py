"""Typed facts about a person, registered by each room.

The one way the register meets targeting, "pourquoi ?", the snapshot and the docs. A room describes its tables once,
in its `AppConfig.ready`:

    facts.register(FactTable("infection", "infection", rows=MANY, columns=[
        Fact("occurred_on", DATE, "date de l'infection", "date inconnue"),
    ], postgres_query="SELECT person_id, occurred_on FROM immunizations_infection"))
"""

from .parquet import Manifest, SnapshotError, TableManifest, snapshot
from .person import of_person
from .vocabulary import (
    BIRTH_DATE,
    BOOLEAN,
    DATE,
    ENDS_ON,
    INTEGER,
    MANY,
    ONE,
    PERSON,
    PERSON_ID,
    STARTS_ON,
    TEXT,
    Fact,
    FactError,
    FactTable,
    Kind,
    Registry,
    Rows,
    UnknownName,
    column,
    nearest,
    register,
    registry,
)

__all__ = [
    "BIRTH_DATE",
    "BOOLEAN",
    "DATE",
    "ENDS_ON",
    "INTEGER",
    "MANY",
    "ONE",
    "PERSON",
    "PERSON_ID",
    "STARTS_ON",
    "TEXT",
    "Fact",
    "FactError",
    "FactTable",
    "Kind",
    "Manifest",
    "Registry",
    "Rows",
    "SnapshotError",
    "TableManifest",
    "UnknownName",
    "column",
    "nearest",
    "of_person",
    "register",
    "registry",
    "snapshot",
]

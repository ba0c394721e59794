"""What this room lets others do: record doses, one or many, correct them, cancel them; load infections and lots."""

from __future__ import annotations

from importlib.resources import files

import pyarrow as pa
import pyarrow.csv

from allant.directory.loading import LoadRefused, LoadReport, LoadTarget, load
from allant.immunizations.bulk import BatchRefused, BulkReport, record_doses_in_bulk
from allant.immunizations.recording import Act, CorrectionRefused, DoseRefused, cancel_dose, correct_dose, record_dose

__all__ = [
    "Act",
    "BatchRefused",
    "BulkReport",
    "CorrectionRefused",
    "DoseRefused",
    "LoadRefused",
    "cancel_dose",
    "correct_dose",
    "load_infections",
    "load_lots",
    "load_shipped_lots",
    "record_dose",
    "record_doses_in_bulk",
]

INFECTIONS = LoadTarget(
    table="immunizations_infection",
    columns={"person_id": pa.int64(), "disease": pa.string(), "occurred_on": pa.date32()},
    required=("person_id", "occurred_on"),
    natural_key=("person_id", "disease", "occurred_on"),
)
LOTS = LoadTarget(
    table="immunizations_lot",
    columns={"vaccine": pa.string(), "number": pa.string(), "expires_on": pa.date32(), "recalled_on": pa.date32()},
    required=("vaccine", "number"),
    natural_key=("vaccine", "number"),
)


def load_infections(table: pa.Table, *, by: str) -> LoadReport:
    """Load past infections, columns as `INFECTIONS.columns`; the disease is Covid-19 unless given. Raises LoadRefused."""
    return load(INFECTIONS, table, by=by)


def load_lots(table: pa.Table, *, by: str) -> LoadReport:
    """Load vaccine lots, columns as `LOTS.columns`; a known lot is left as it is. Raises LoadRefused."""
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

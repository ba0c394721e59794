"""A small country and its doses, the same in PostgreSQL and in Parquet."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest

from allant.doctrine import rules
from allant.figures.parameters import Parameters
from allant.figures.sources import ParquetSource, PostgresSource, Source
from allant.immunizations.models import Dose
from allant.people.models import Person

PERSON = pa.schema([("person_id", pa.int64()), ("birth_date", pa.date32()), ("departement", pa.string())])
DOSE = pa.schema(
    [
        ("person_id", pa.int64()), ("occurred_on", pa.date32()), ("vaccine", pa.string()), ("dose_number", pa.int16()),
        ("series", pa.string()), ("series_doses", pa.int16()),
    ]
)  # fmt: skip


@dataclass(frozen=True)
class Scene:
    """People and doses in plain rows, in the order of the schemas."""

    people: tuple[tuple[int, date | None, str | None], ...]
    doses: tuple[tuple[int, date, str, int, str, int], ...]

    def in_parquet(self, folder: Path) -> ParquetSource:
        """Written as a country directory: one file of doses a day."""
        (folder / "person").mkdir(parents=True)
        (folder / "dose").mkdir()
        pa.parquet.write_table(_table(self.people, PERSON), folder / "person" / "part-0.parquet")
        for day in {row[1] for row in self.doses}:
            rows = tuple(row for row in self.doses if row[1] == day)
            pa.parquet.write_table(_table(rows, DOSE), folder / "dose" / f"{day}.parquet")
        return ParquetSource(folder, memory_limit="500MB", threads=1)

    def in_postgres(self) -> PostgresSource:
        """Recorded in the register."""
        Person.objects.bulk_create(
            Person(
                id=number, family_name="Essai", given_names="Personne", birth_date=born, departement_code=place,
                birth_precision="day" if born else "none",
            )
            for number, born, place in self.people
        )  # fmt: skip
        Dose.objects.bulk_create(
            Dose(
                person_id=person, occurred_on=day, vaccine=vaccine, dose_number=number, series=series, series_doses=needed,
                source="official_series", source_key=f"essai-{row}", recorded_by="essai", recorded_at="2021-12-31T00:00:00Z",
            )
            for row, (person, day, vaccine, number, series, needed) in enumerate(self.doses)
        )  # fmt: skip
        return PostgresSource()


def _table(rows: tuple[tuple[object, ...], ...], schema: pa.Schema) -> pa.Table:
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    return pa.table([pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)], schema=schema)


SCENE = Scene(
    people=(
        (1, date(1935, 5, 1), "13"), (2, date(1951, 12, 31), "13"), (3, date(1952, 1, 1), "2A"), (4, date(2009, 12, 31), "971"),
        (5, date(2010, 1, 1), "75"), (6, None, "75"), (7, date(1990, 2, 28), None),
    ),
    doses=(
        (1, date(2021, 1, 4), "comirnaty", 1, "primary", 2), (1, date(2021, 2, 1), "comirnaty", 2, "primary", 2),
        (1, date(2021, 9, 10), "spikevax", 3, "booster", 2), (2, date(2021, 5, 3), "janssen", 1, "primary", 1),
        (3, date(2021, 5, 3), "comirnaty", 1, "primary", 1), (3, date(2021, 6, 3), "comirnaty", 2, "primary", 1),
        (4, date(2021, 7, 1), "comirnaty", 1, "primary", 2), (5, date(2021, 7, 1), "comirnaty", 1, "primary", 2),
        (6, date(2021, 7, 2), "unknown", 1, "primary", 2), (7, date(2021, 7, 2), "vaxzevria", 1, "primary", 2),
        (7, date(2021, 9, 10), "comirnaty", 2, "primary", 3), (7, date(2021, 9, 20), "comirnaty", 3, "primary", 3),
    ),
)  # fmt: skip


@pytest.fixture
def parameters() -> Parameters:
    """The doctrine of the figures as known at the end of 2021."""
    return Parameters(rules.as_known_on(date(2021, 12, 31)))


@pytest.fixture(params=["postgres", "parquet"])
def make_source(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Scene], Source]:
    """Puts a scene in each engine in turn."""
    if request.param == "postgres":
        request.getfixturevalue("db")
        return Scene.in_postgres
    return lambda scene: scene.in_parquet(tmp_path / "country")


@pytest.fixture
def source(make_source: Callable[[Scene], Source]) -> Source:
    """The scene of this file."""
    return make_source(SCENE)

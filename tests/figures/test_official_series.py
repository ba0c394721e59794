"""The official series is for the column marked official, and for nothing else."""

import re
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from django.db import transaction
from psycopg.errors import UniqueViolation

import allant
from allant.figures.official import SCHEMA, official_day, official_on, replace_official
from allant.figures.parameters import Parameters
from allant.figures.publish import is_current, publish
from allant.immunizations.models import Dose
from allant.people.models import Person
from tests.figures.conftest import SCENE

ROWS = pa.table(
    [[date(2021, 11, 14), date(2021, 11, 21)], ["0", "0"], ["complet", "complet"], [50_600_000, 50_819_018]], schema=SCHEMA
)
USERS = {"country", "pages"}  # the replay that fills it, the pages that show it


@pytest.mark.django_db
def test_the_official_value_of_a_day_is_the_last_one_up_to_it() -> None:
    assert replace_official(ROWS) == 2
    assert replace_official(ROWS) == 2
    assert official_on(date(2021, 11, 20)) == {("0", "complet"): 50_600_000}
    assert official_day(date(2021, 11, 20)) == date(2021, 11, 14)
    assert official_on(date(2020, 12, 26)) == {}


@pytest.mark.django_db
def test_a_day_twice_is_refused() -> None:
    with pytest.raises(UniqueViolation):
        replace_official(pa.concat_tables([ROWS, ROWS]))


@pytest.mark.django_db
def test_fg_04_figures_never_read_the_official_series(parameters: Parameters, tmp_path: Path) -> None:
    source = SCENE.in_postgres()
    publish(source, parameters, date(2021, 11, 21), tmp_path / "before", produced_on=date(2021, 11, 21))
    replace_official(ROWS)
    publish(source, parameters, date(2021, 11, 21), tmp_path / "after", produced_on=date(2021, 11, 21))
    for path in (tmp_path / "before").iterdir():
        assert path.read_bytes() == (tmp_path / "after" / path.name).read_bytes()


def test_fg_04_only_the_column_marked_official_names_the_table() -> None:
    """No module but the model and its reader names the table; who displays it goes through `figures.official`."""
    package = Path(allant.__file__).parent
    named = re.compile(r"figures_official|models import .*\bOfficial\b|models\.Official\b")
    found = {
        path.relative_to(package.parent).as_posix()
        for path in package.rglob("*.py")
        if "migrations" not in path.parts and named.search(path.read_text("utf-8"))
    }
    assert found - {"allant/figures/models.py"} == {"allant/figures/official.py"}
    users = {
        path.relative_to(package).parts[0]
        for path in package.rglob("*.py")
        if re.search(r"figures\.official|figures import .*\bofficial\b", path.read_text("utf-8"))
    }
    assert users <= USERS


@pytest.mark.django_db
def test_fg_02_a_production_is_current_until_a_dose_or_a_person_moves(parameters: Parameters, tmp_path: Path) -> None:
    """Issue 2: a second start writes the files again only when they would differ."""
    source, day = SCENE.in_postgres(), date(2021, 11, 21)
    assert not is_current(source, parameters, day, tmp_path / "out")
    publish(source, parameters, day, tmp_path / "out", produced_on=day)
    assert is_current(source, parameters, day, tmp_path / "out")
    assert not is_current(source, parameters, date(2021, 11, 20), tmp_path / "out")
    with transaction.atomic():
        Person.objects.filter(pk=Person.objects.first().pk).update(given_names="Autre")
        assert not is_current(source, parameters, day, tmp_path / "out")
        transaction.set_rollback(True)
    dose = Dose.objects.current().first()
    dose.ended_at, dose.ended_by, dose.end_reason = datetime(2021, 11, 21, tzinfo=UTC), "essai", "essai"
    dose.save(update_fields=["ended_at", "ended_by", "end_reason"])
    assert not is_current(source, parameters, day, tmp_path / "out")

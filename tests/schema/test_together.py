"""Operations run together end in the state, and in the tables, that they end in one after the other."""

from collections.abc import Iterator

import pytest
from django.db import connection, migrations, models
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from allant.schema import Together

KEY = ("id", models.BigAutoField(primary_key=True))


def creations() -> list[Operation]:
    return [
        migrations.CreateModel("Ship", [KEY, ("name", models.CharField(max_length=9))]),
        migrations.CreateModel("Trip", [KEY, ("ship", models.ForeignKey("harbour.Ship", models.CASCADE))]),
    ]


def end(operations: list[Operation]) -> ProjectState:
    state = ProjectState()
    assert state.apps  # rendered, as in a run of migrations
    for operation in operations:
        operation.state_forwards("harbour", state)
    return state


def test_the_state_is_that_of_the_operations_alone() -> None:
    together, alone = end([Together(creations())]), end(creations())
    assert together.models.keys() == alone.models.keys()
    assert [field.name for field in together.apps.get_model("harbour", "Trip")._meta.fields] == ["id", "ship"]


def tables() -> Iterator[str]:
    return (name for name in connection.introspection.table_names() if name.startswith("harbour_"))


@pytest.mark.django_db
def test_the_tables_come_and_go() -> None:
    operation, before = Together(creations()), ProjectState()
    after = end([operation])
    with connection.schema_editor() as editor:
        operation.database_forwards("harbour", editor, before, after)
    assert sorted(tables()) == ["harbour_ship", "harbour_trip"]
    with connection.schema_editor() as editor:
        operation.database_backwards("harbour", editor, after, before)
    assert list(tables()) == []


def test_it_is_reversible_when_all_are() -> None:
    assert Together(creations()).reversible
    assert not Together([migrations.RunSQL("SELECT 1")]).reversible

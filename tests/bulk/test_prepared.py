"""Statements kept on a connection: a rollback takes neither theirs nor those that others prepared by name."""

import pytest
from django.db import connection, transaction

from allant.bulk import prepared


def names() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_prepared_statements")
        return {name for (name,) in cursor.fetchall()}


@pytest.mark.django_db
def test_a_rollback_leaves_what_others_prepared() -> None:
    with connection.cursor() as cursor:
        cursor.execute("PREPARE another_s AS SELECT 7")
    assert prepared.rows("SELECT %(value)s::bigint + 1", {"value": 1}) == [(2,)]
    assert len(names()) >= 2
    with transaction.atomic():
        try:
            with transaction.atomic():
                raise KeyError
        except KeyError:
            pass
    assert prepared.rows("SELECT %(value)s::bigint + 1", {"value": 2}) == [(3,)]
    with connection.cursor() as cursor:
        cursor.execute("EXECUTE another_s")
        assert cursor.fetchone() == (7,)
        cursor.execute("DEALLOCATE another_s")

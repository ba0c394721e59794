"""Small registers for tests."""

from datetime import date
from typing import Any

import pyarrow as pa

from allant.people.actions import load_persons
from allant.people.models import Person


def person(**values: Any) -> Person:
    """A person born on 1 May 1950, unless told otherwise."""
    return Person.objects.create(**{"family_name": "Martin", "given_names": "Camille", "birth_date": date(1950, 5, 1), **values})


def persons_table(count: int, first_id: int = 1, born: date = date(1950, 5, 1)) -> pa.Table:
    """`count` persons with consecutive ids."""
    ids = range(first_id, first_id + count)
    return pa.table(
        {
            "person_id": pa.array(ids, pa.int64()),
            "family_name": [f"Nom{number}" for number in ids],
            "given_names": ["Camille"] * count,
            "birth_date": pa.array([born] * count, pa.date32()),
        }
    )


def load(count: int, first_id: int = 1, born: date = date(1950, 5, 1)) -> None:
    """Load `count` persons."""
    load_persons(persons_table(count, first_id, born), by="test")

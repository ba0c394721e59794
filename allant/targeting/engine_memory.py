"""The reference engine: plain Python over plain rows. For tests, examples and small extracts."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from allant.facts import PERSON, PERSON_ID

from .definition import Definition
from .truth import Row, truth


def people(definition: Definition, rows: Mapping[str, Sequence[Row]]) -> list[int]:
    """The persons for whom the definition is true, in ascending order. `rows` holds all rows of each table."""
    about: dict[int, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for table, all_rows in rows.items():
        for row in all_rows:
            about[row[PERSON_ID]][table].append(row)
    everyone = (row[PERSON_ID] for row in rows.get(PERSON, ()))
    return sorted(person for person in everyone if truth(definition.criteria, about[person]) is True)


def count(definition: Definition, rows: Mapping[str, Sequence[Row]]) -> int:
    """How many persons."""
    return len(people(definition, rows))


def facts_of(person_id: int, rows: Mapping[str, Sequence[Row]]) -> dict[str, list[Mapping[str, Any]]]:
    """The rows about one person, as `why` takes them."""
    return {table: [row for row in all_rows if row[PERSON_ID] == person_id] for table, all_rows in rows.items()}

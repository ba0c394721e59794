"""Everything that stands under a record, of every programme, counted without naming one: a new model is counted at once."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from django.apps import apps
from django.db import connection
from django.db.models import Field, Model

from allant.people.models import Person


@dataclass(frozen=True)
class Borne:
    """How many rows of one kind stand under each record asked about, in that order."""

    label: str
    counts: tuple[int, ...]


def fields_to_person() -> Iterator[tuple[type[Model], Field]]:
    """Every column of the product that names a person: of models that are tables, without the history tables of pghistory."""
    for model in apps.get_models():
        ours = model.__module__.startswith("allant.") and model._meta.managed and not hasattr(model, "pgh_tracked_model")
        if ours:
            for field in model._meta.concrete_fields:
                if field.is_relation and field.related_model is Person:
                    yield model, field


def borne_by(records: Collection[int], *, aside: Collection[str] = ()) -> list[Borne]:
    """What stands under each of these records, kinds with nothing left out, by name; `aside`: labels of models not wanted.

    One query, whatever the number of models.
    """
    asked, counted = list(records), {}
    wanted = [(model, field) for model, field in fields_to_person() if model._meta.label not in aside]
    parts = [
        f"SELECT {rank}, {field.column}, count(*) FROM {model._meta.db_table} WHERE {field.column} = ANY(%(asked)s) GROUP BY 2"
        for rank, (model, field) in enumerate(wanted)
    ]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), {"asked": asked})
        for rank, person, count in cursor.fetchall():
            model, field = wanted[rank]
            label = str(model._meta.verbose_name_plural)
            if field.name != "person":
                label = f"{label} ({field.verbose_name})"
            counted.setdefault(label, dict.fromkeys(asked, 0))[person] += count
    return [
        Borne(label[:1].upper() + label[1:], tuple(counts[person] for person in asked))
        for label, counts in sorted(counted.items())
    ]

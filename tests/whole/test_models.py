"""Every model says how its rows may change, and the database holds it to that.

- `append-only`: a row is never edited nor deleted, at most ended; a trigger refuses anything else;
- `mutable`: rows change; those of the register are tracked by django-pghistory, the others say so themselves;
- `computed`: a view over other rows.

A model is known by its triggers, or says `allant_kind = "…"` itself.
"""

import pgtrigger
import pytest
from django.apps import apps
from django.db import connection
from django.db.models import Model

KINDS = {"append-only", "mutable", "computed"}


def ours() -> list[type[Model]]:
    """The models of the product, without the history tables that django-pghistory makes."""
    own = [model for model in apps.get_models() if model.__module__.startswith("allant.")]
    return [model for model in own if not hasattr(model, "pgh_tracked_model")]


def guarded(model: type[Model]) -> set[str]:
    """The operations that the model's triggers refuse, at least for most columns: a subset of UPDATE and DELETE."""
    refused: set[str] = set()
    for trigger in getattr(model._meta, "triggers", ()):
        unconditional = isinstance(trigger, pgtrigger.Protect) and trigger.condition is None
        if unconditional or isinstance(trigger, pgtrigger.ReadOnly):
            refused |= {word for word in ("UPDATE", "DELETE") if word in str(trigger.operation)}
    return refused


def tracked(model: type[Model]) -> bool:
    """Whether django-pghistory keeps what rows were before an update and a delete."""
    names = {str(trigger.name) for trigger in getattr(model._meta, "triggers", ())}
    return {"update_update", "delete_delete"} <= names


def kind(model: type[Model]) -> str | None:
    """How rows of a model may change, or None when nobody said."""
    if declared := getattr(model, "allant_kind", None):
        return str(declared)
    if not model._meta.managed:
        return "computed"
    if guarded(model) == {"UPDATE", "DELETE"}:
        return "append-only"
    return "mutable" if tracked(model) else None


def test_every_model_says_how_its_rows_change() -> None:
    assert {model._meta.label: kind(model) for model in ours() if kind(model) not in KINDS} == {}


def test_append_only_rows_are_guarded_by_triggers() -> None:
    promised = [model for model in ours() if kind(model) == "append-only"]
    assert promised
    assert [model._meta.label for model in promised if guarded(model) != {"UPDATE", "DELETE"}] == []


@pytest.mark.django_db
def test_the_database_holds_every_trigger_that_the_models_name() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgname, tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal")
        installed = set(cursor.fetchall())
    named = {
        (trigger.get_pgid(model), model._meta.db_table) for model in ours() for trigger in getattr(model._meta, "triggers", ())
    }
    assert named and named - installed == set()

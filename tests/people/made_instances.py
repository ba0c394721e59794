"""One row of any model, made of what its fields ask for: for sweeping tests that must not forget a model."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, time
from decimal import Decimal
from itertools import count
from typing import Any

from django.db import models

from allant.people.models import Person

DAY, AT = date(2021, 6, 1), datetime(2021, 6, 1, 12, tzinfo=UTC)
_numbers = count(1)

Values = dict[str, Any]


def made(model: type[models.Model], overrides: dict[str, Values], **values: Any) -> Any:
    """A row of `model`: given values, then those of `overrides` for that model, then whatever each required field takes."""
    told = overrides.get(model._meta.label, {}) | values
    for field in model._meta.concrete_fields:
        if field.name in told or isinstance(field, models.GeneratedField) or _left_alone(field):
            continue
        told[field.name] = _value(field, overrides)
    told = {name: value() if callable(value) else value for name, value in told.items()}
    return model._default_manager.create(**told)


def _left_alone(field: models.Field) -> bool:
    auto = field.primary_key and not field.is_relation and not isinstance(field, models.UUIDField)
    return auto or field.null or field.has_default() or field.has_db_default() or (field.blank and not field.is_relation)


def _value(field: models.Field, overrides: dict[str, Values]) -> Any:
    number = next(_numbers)
    if field.is_relation:
        return made(field.related_model, overrides)
    if field.choices:
        return field.choices[0][0]
    match field:
        case models.UUIDField():
            return uuid.uuid4()
        case models.DateTimeField():
            return AT
        case models.DateField():
            return DAY
        case models.TimeField():
            return time(9)
        case models.JSONField():
            return {}
        case models.BooleanField():
            return False
        case models.DecimalField():
            return Decimal(1)
        case models.BinaryField():
            return b"x"
        case models.CharField() | models.TextField():
            return f"x{number}"[: field.max_length or 50]
        case _:
            return number


def somebody(**values: Any) -> Person:
    """A person."""
    return Person.objects.create(**{"family_name": "Martin", "given_names": "Camille", "birth_date": date(1950, 5, 1), **values})

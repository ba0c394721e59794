"""The column marked official: what Santé publique France published, for display beside our own figure."""

from collections.abc import Mapping
from datetime import date

import pyarrow as pa
from django.db import connection, transaction

from allant import bulk
from allant.figures.models import Official

MEASURES = ("dose1", "complet", "rappel")
SOURCE = "Santé publique France, data.gouv.fr, Licence Ouverte 2.0, état du 3 mai 2023"
SCHEMA = pa.schema([("day", pa.date32()), ("age_class", pa.string()), ("measure", pa.string()), ("cumulated", pa.int64())])


@transaction.atomic
def replace_official(rows: pa.Table) -> int:
    """Replace the whole series by these rows (`SCHEMA`); returns how many. Raises psycopg's UniqueViolation for a cell twice."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE figures_official")
    return bulk.copy_in(Official._meta.db_table, rows.select(SCHEMA.names).cast(SCHEMA))


def official_on(day: date) -> Mapping[tuple[str, str], int]:
    """Official cumulated persons by (class code, measure) on the last official day up to `day`; empty when there is none."""
    last = Official.objects.filter(day__lte=day).order_by("-day").values_list("day", flat=True).first()
    rows = Official.objects.filter(day=last).values_list("age_class", "measure", "cumulated") if last else []
    return {(age_class, measure): cumulated for age_class, measure, cumulated in rows}


def official_day(day: date) -> date | None:
    """The day whose official values stand beside ours on `day`."""
    return Official.objects.filter(day__lte=day).order_by("-day").values_list("day", flat=True).first()

"""Past infections (VC-40): each counts in the schedule as the doctrine of the day says."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
from django.db import transaction
from django.db.models import Q

from allant import clock
from allant.directory.loading import LoadReport, LoadTarget, load
from allant.immunizations.models import COVID19, Infection
from allant.people.models import Person

INFECTIONS = LoadTarget(
    table="immunizations_infection",
    columns={"person_id": pa.int64(), "disease": pa.string(), "occurred_on": pa.date32()},
    required=("person_id", "occurred_on"),
    natural_key=("person_id", "disease", "occurred_on"),
)


class InfectionRefused(ValueError):
    """An infection that cannot be; says why in French."""


def load_infections(table: pa.Table, *, by: str) -> LoadReport:
    """Load past infections, columns as `INFECTIONS.columns`; the disease is Covid-19 unless given. Raises LoadRefused."""
    return load(INFECTIONS, table, by=by)


@transaction.atomic
def declare_infection(*, person: Person, occurred_on: date, by: str, today: date | None = None) -> Infection:
    """Keep the day of a past infection; the one already there when it was told before. Raises InfectionRefused.

    It is looked for under every record of the person.
    """
    if occurred_on > (today or clock.today()):
        raise InfectionRefused("Date d'infection dans le futur : vérifiez la date.")
    if person.birth_date and occurred_on < person.birth_date:
        raise InfectionRefused("Date d'infection antérieure à la naissance : vérifiez la date et la personne.")
    if person.died_on and occurred_on > person.died_on:
        raise InfectionRefused("Date d'infection postérieure au décès : vérifiez la date et la personne.")
    survivor = person.merged_into or person
    under_any_record = Q(person=survivor) | Q(person__merged_into=survivor)
    known = Infection.objects.filter(under_any_record, disease=COVID19, occurred_on=occurred_on).first()
    return known or Infection.objects.get_or_create(person=survivor, disease=COVID19, occurred_on=occurred_on)[0]

"""Vaccination centres of the largest towns, with slots from today on, so that the pages of appointments show something."""

from __future__ import annotations

from datetime import date, time

from django.db import transaction

from allant.appointments.models import Place, Service
from allant.appointments.places import Opening, PlaceEntry, add_opening, add_place, make_ahead
from allant.directory.models import Organisation, OrganisationKind
from allant.doctrine import RuleBook
from allant.geography import communes

TOWNS, WEEKDAYS = 12, range(1, 6)
SEATS, KEPT = 4, {"assurance_maladie": 2}
"""Of the seats of each quarter of an hour, those kept for calls until the day before."""


@transaction.atomic
def write_places(today: date, book: RuleBook, *, by: str) -> int:
    """Enter them, unless some places are entered already; how many slots."""
    if Place.objects.exists():
        return 0
    places = [_centre(row, today, by) for row in _towns()]
    return make_ahead(today, book, places)


def _towns() -> list[dict[str, str]]:
    rows = communes().sort_by([("population", "descending")]).slice(0, TOWNS)
    return list(rows.select(["code", "name", "postcode", "departement"]).to_pylist())


def _centre(town: dict[str, str], today: date, by: str) -> Place:
    organisation, _ = Organisation.objects.get_or_create(
        code=f"CENTRE-{town['code']}",
        defaults={
            "name": f"Centre de vaccination de {town['name']}", "kind": OrganisationKind.CENTRE,
            "departement_code": town["departement"],
        },
    )  # fmt: skip
    entry = PlaceEntry(
        kind="centre", name=f"Centre de vaccination de {town['name']}", postcode=town["postcode"], commune_code=town["code"],
        accessible=True, opening="du lundi au vendredi, de 9 h à 12 h",
    )  # fmt: skip
    place = add_place(entry, organisation=organisation, by=by)
    for weekday in WEEKDAYS:
        hours = Opening(
            service=str(Service.VACCINATION), vaccine="comirnaty", weekday=weekday, opens_at=time(9), closes_at=time(12),
            minutes=15, capacity=SEATS, quotas=KEPT, release_days=1, starts_on=today,
        )  # fmt: skip
        add_opening(place, hours, by=by)
    return place

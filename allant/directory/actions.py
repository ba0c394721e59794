"""What the directory lets others do."""

from __future__ import annotations

import re
from collections.abc import Collection

import pghistory
import pyarrow as pa
from django.db import transaction

from allant.directory.loading import LoadReport, LoadTarget, load
from allant.directory.models import Location, Organisation
from allant.directory.rows import Rows
from allant.geography import fold

_TEXT = pa.string()

ORGANISATIONS = LoadTarget(
    table="directory_organisation",
    columns=dict.fromkeys(("code", "name", "kind", "departement_code", "email"), _TEXT),
    required=("code", "name", "kind"),
    natural_key=("code",),
)
PRACTITIONERS = LoadTarget(
    table="directory_practitioner",
    columns=dict.fromkeys(("rpps", "family_name", "given_names", "profession", "departement_code", "email"), _TEXT),
    required=("rpps", "family_name", "given_names", "profession"),
    natural_key=("rpps",),
)


def load_organisations(table: pa.Table, *, by: str) -> LoadReport:
    """Load organisations, columns as `ORGANISATIONS.columns`; one known by its code is left as it is. Raises LoadRefused."""
    return load(ORGANISATIONS, table, by=by)


def load_practitioners(table: pa.Table, *, by: str) -> LoadReport:
    """Load professionals, columns as `PRACTITIONERS.columns`; one known by the RPPS is left as it is. Raises LoadRefused."""
    return load(PRACTITIONERS, table, by=by)


class LocationRefused(ValueError):
    """A place that cannot be kept so; says what to do, in French."""


def location_for(
    *, kind: str, name: str, postcode: str, commune_code: str, organisation: Organisation | None = None, by: str
) -> Location:
    """The place of this kind, name, postcode and commune: the known one, or a new one. Raises LocationRefused.

    `kind`: a code of `teleservice.places`; `organisation`: whose place it is, kept where none was known (in the history, under
    `by`). Spaces around and inside the name do not make another place; two sendings at once make one.
    """
    name = " ".join(name.split())
    if not name or not kind:
        raise LocationRefused("Lieu incomplet : choisissez sa nature et indiquez son nom.")
    if not re.fullmatch(r"[0-9]{5}", postcode) or not re.fullmatch(r"[0-9][0-9AB][0-9]{3}", commune_code):
        raise LocationRefused("Code postal ou commune illisible : choisissez la commune dans la liste.")
    known = _KNOWN.first(kind, name, postcode, commune_code)
    if known is not None and (organisation is None or known.organisation_id is not None):
        return known
    return _kept(kind, name, postcode, commune_code, organisation, by)


_KNOWN = Rows(Location, "row.kind = %s AND row.name = %s AND row.postcode = %s AND row.commune_code = %s")


@transaction.atomic
def _kept(kind: str, name: str, postcode: str, commune_code: str, organisation: Organisation | None, by: str) -> Location:
    location, is_new = Location.objects.get_or_create(
        kind=kind, name=name, postcode=postcode, commune_code=commune_code, defaults={"organisation": organisation}
    )
    if organisation and not is_new and location.organisation_id is None:
        location.organisation = organisation
        with pghistory.context(by=by):
            location.save(update_fields=["organisation"])
    return location


PlaceKey = tuple[str, str, str, str]
"""Kind, name, postcode, commune code: what tells a place from another."""


def locations_for(places: Collection[PlaceKey], *, organisation: Organisation | None = None) -> dict[PlaceKey, int]:
    """The ids of many places at once, those of `location_for`, in a fixed number of statements. The parts are already judged."""
    missing = set(places) - set(_known_places(places))
    Location.objects.bulk_create(
        (
            Location(
                kind=kind, name=name, postcode=postcode, commune_code=commune, organisation=organisation, search_name=fold(name)
            )
            for kind, name, postcode, commune in sorted(missing)
        ),
        ignore_conflicts=True,  # somebody may add the same one meanwhile
    )
    return _known_places(places)


def _known_places(places: Collection[PlaceKey]) -> dict[PlaceKey, int]:
    rows = Location.objects.filter(postcode__in={place[2] for place in places}, name__in={place[1] for place in places})
    found = {(row.kind, row.name, row.postcode, row.commune_code): row.pk for row in rows}
    return {place: found[place] for place in places if place in found}

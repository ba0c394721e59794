"""What the last entry of this professional at this place lets the form propose; proposals are marked until checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from allant.directory.models import OrganisationKind
from allant.immunizations.models import COVID19, Dose, Lot, Source
from allant.pages.professional.acting import Acting

LOOKED_BACK = 50
"""Entries read to find the last lot of each vaccine: more than a session's worth of changes of vial."""

PLACE_OF = {OrganisationKind.PRACTICE: "cabinet", OrganisationKind.CENTRE: "centre"}
CABINET = "cabinet"


@dataclass(frozen=True)
class LastUsed:
    """What was used last here. `values`: form field → value; `lots`: vaccine → its last usable lot; `at`: when, None if never."""

    values: Mapping[str, str] = field(default_factory=dict)
    lots: Mapping[str, str] = field(default_factory=dict)
    at: datetime | None = None


def last_used(acting: Acting, on: date) -> LastUsed:
    """The last entries of this professional from this structure. A lot expired or recalled on `on` is not proposed."""
    recorded = Dose.objects.current().filter(recorded_by=acting.by, batch__isnull=True, proof="")  # as the index has them
    here = recorded.against(COVID19).filter(organisation=acting.organisation, source=Source.TELESERVICE)
    doses = list(here.select_related("location").order_by("-recorded_at")[:LOOKED_BACK])
    if not doses:
        return LastUsed(_place_of_structure(acting))
    last = doses[0]
    values = {"vaccine": last.vaccine, "site": last.site, "place_kind": last.place_kind}
    if last.location:
        location = last.location
        values |= {"place_name": location.name, "postcode": location.postcode, "commune_code": location.commune_code}
    if last.place_kind == CABINET:
        values["am_number"] = last.am_number or acting.am_number
    return LastUsed(values, _usable_lots(doses, on), last.recorded_at)


def _usable_lots(doses: list[Dose], on: date) -> dict[str, str]:
    """Vaccine → the lot of its latest dose, unless it may no longer be used; a lot of no list is still proposed."""
    latest: dict[str, str] = {}
    for dose in doses:
        if dose.lot:
            latest.setdefault(dose.vaccine, dose.lot)
    listed = Lot.objects.filter(number__in=latest.values())
    unusable = set(listed.exclude(pk__in=Lot.objects.usable_on(on)).values_list("vaccine", "number"))
    return {vaccine: lot for vaccine, lot in latest.items() if (vaccine, lot) not in unusable}


def _place_of_structure(acting: Acting) -> dict[str, str]:
    """Nothing recorded here yet: the place is that of the structure chosen at sign-in, where its kind says which."""
    kind = PLACE_OF.get(OrganisationKind(acting.organisation.kind)) if acting.organisation else None
    if kind is None:
        return {}
    values = {"place_kind": kind, "place_name": acting.structure_name, "postcode": acting.membership.postcode}
    if kind == CABINET:
        values["am_number"] = acting.am_number
    return {name: value for name, value in values.items() if value}

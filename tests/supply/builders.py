"""Doctors, pharmacies and allotments for tests."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from allant.directory.actions import location_for
from allant.directory.models import Location, Practitioner
from allant.doctrine import rules
from allant.supply.actions import order_vials, set_allotment
from allant.supply.models import Allotment, DoseOrder

WEEK = date(2021, 3, 8)
AT = datetime(2021, 3, 1, 10, tzinfo=UTC)
BOOK = rules.as_known_on(AT.date())


def doctor(rpps: str = "10000000011", departement: str = "35") -> Practitioner:
    """A town doctor of Ille-et-Vilaine."""
    return Practitioner.objects.create(
        rpps=rpps, family_name="Le Goff", given_names="Anne", profession="medecin", departement_code=departement
    )


def pharmacy(name: str = "Pharmacie du Marché") -> Location:
    """A pharmacy of Rennes."""
    return location_for(kind="officine", name=name, postcode="35000", commune_code="35238", by="test")


def allotment(vials: int = 3, **values: Any) -> Allotment:
    """So many vials of Vaxzevria for each doctor, the week of 8 March 2021."""
    return set_allotment(**{"vaccine": "vaxzevria", "week": WEEK, "vials_per_doctor": vials, "by": "test", "at": AT, **values})


def order(who: Practitioner, of: Allotment, vials: int = 1, key: str = "k1", **values: Any) -> DoseOrder:
    """An order delivered to the pharmacy."""
    return order_vials(
        **{"doctor": who, "allotment": of, "vials": vials, "pharmacy": values.pop("to", None) or pharmacy(),
           "source_key": key, "by": "ps:1", "at": AT, "book": BOOK, **values}
    )  # fmt: skip

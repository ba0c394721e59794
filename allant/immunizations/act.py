"""An act as it is told to this room, and the refusals of the actions on doses."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from allant.directory.models import Location, Organisation, Practitioner
from allant.immunizations import checks
from allant.immunizations.models import Dose


class DoseRefused(ValueError):
    """A dose that cannot be recorded so. `codes`: of `checks.REASONS`; `forceable`: a reason would let it in; text in French."""

    def __init__(self, codes: list[str], *, forceable: bool = False) -> None:
        self.codes = codes
        self.forceable = forceable
        super().__init__(" ".join(checks.explain(codes)))


class CorrectionRefused(ValueError):
    """A version that cannot be corrected or cancelled; says why in French."""


@dataclass(frozen=True, kw_only=True)
class Act:
    """What was done (FHIR Immunization): the part of a dose that a correction may change.

    `place_kind`: a code of `teleservice.places`; `location`: the place itself, when known; `am_number`: N°AM of the practice
    where it was done; `proof`: what an act given abroad or before the service rests on (VC-42).
    """

    occurred_on: date
    vaccine: str
    dose_number: int
    series: str
    series_doses: int
    lot: str = ""
    site: str = ""
    place_kind: str = ""
    proof: str = ""
    location: Location | None = None
    am_number: str = ""
    organisation: Organisation | None = None
    practitioner: Practitioner | None = None

    @classmethod
    def of(cls, dose: Dose) -> Act:
        """The act that a row records."""
        return cls(**{item.name: getattr(dose, item.name) for item in fields(cls)})

    def as_columns(self) -> dict[str, Any]:
        """Field name → value, for a row."""
        return {item.name: getattr(self, item.name) for item in fields(self)}

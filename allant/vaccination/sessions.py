"""A sitting in a care home or a centre (VC-60): one vaccine, lot, place and day, many patients, one row each."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from allant.directory.models import Organisation, Practitioner
from allant.immunizations.actions import DoseRefused
from allant.immunizations.models import COVID19, Dose, Lot
from allant.people.models import Person
from allant.vaccination.declaration_checks import Declaration
from allant.vaccination.models import VaccinationSession
from allant.vaccination.recording import Entry, record_vaccination, record_with_eligibility

UNLISTED, EXPIRED, RECALLED = "unlisted", "expired", "recalled"


class SessionClosed(ValueError):
    """A row sent to a session that is closed; in French."""


@dataclass(frozen=True, kw_only=True)
class Shared:
    """What the declarant declares for each patient of the session who has no declaration yet (VC-19, VC-20, VC-22)."""

    declarant_prescribes: bool
    prescribed_on: str
    prescriber_family_name: str = ""
    prescriber_given_names: str = ""
    prescriber_rpps: str = ""
    prescriber_profession: str = ""
    patient_accepts: bool = False
    patient_informed: bool = False

    def declaration(self) -> Declaration:
        """The same as the téléservice's form takes it."""
        return Declaration(**{**asdict(self), "prescribed_on": date.fromisoformat(self.prescribed_on)})


@dataclass(frozen=True)
class RowResult:
    """What became of a row: this row's dose, or the same dose that another sending had recorded."""

    outcome: Literal["recorded", "already"]
    dose: Dose


def open_session(
    *,
    entry: Entry,
    shared: Shared | None,
    by: str,
    practitioner: Practitioner | None,
    organisation: Organisation | None,
    structure_name: str,
    now: datetime,
) -> VaccinationSession:
    """Open a session with what `entry` says of every dose; its rank, reason and proof are each row's own."""
    return VaccinationSession.objects.create(
        opened_at=now,
        opened_by=by,
        practitioner=practitioner,
        organisation=organisation,
        structure_name=structure_name,
        eligibility=asdict(shared) if shared else None,
        **{name: getattr(entry, name) for name in _COMMON},
    )


_COMMON = ("occurred_on", "vaccine", "lot", "site", "place_kind", "location", "am_number")


def row_key(session: VaccinationSession, row: UUID) -> str:
    """The source key of a row: made in the browser, so that the same row sent again is the same dose (VC-39)."""
    return f"{_prefix(session)}{row}"


@transaction.atomic
def record_row(*, session: VaccinationSession, person: Person, row: UUID, reason: str, today: date) -> RowResult:
    """Record the session's dose for a person, with the eligibility when the session declares it: both or neither (VC-19).

    Sent again, it is the same dose. Raises SessionClosed, DoseRefused, DeclarationRefused.
    """
    if session.closed_at is not None:
        raise SessionClosed("Cette séance est fermée : ouvrez-en une nouvelle, avec le même lot et le même lieu.")
    key = row_key(session, row)
    entry = replace(_entry(session), reason=reason)
    whole: dict[str, Any] = {
        "person": person, "entry": entry, "source_key": key, "by": session.opened_by, "organisation": session.organisation,
        "recorder": session.practitioner, "today": today,
    }  # fmt: skip
    if session.eligibility and session.practitioner:
        shared = Shared(**session.eligibility)
        _, dose = record_with_eligibility(**whole, declaration=shared.declaration(), structure_name=session.structure_name)
    else:
        dose = record_vaccination(**whole)
    if dose.ended_at is not None:
        raise DoseRefused(["key_reused"])
    return RowResult("recorded" if dose.source_key == key else "already", dose)


def _entry(session: VaccinationSession) -> Entry:
    return Entry(**{name: getattr(session, name) for name in _COMMON if name in {item.name for item in fields(Entry)}})


def close_session(*, session: VaccinationSession, now: datetime) -> VaccinationSession:
    """Close it: no row enters any more. Again, nothing changes."""
    if session.closed_at is None:
        session.closed_at = now
        session.save(update_fields=["closed_at"])
    return session


def doses_of(session: VaccinationSession) -> QuerySet[Dose]:
    """The standing doses recorded in the session, the last first, corrected versions included."""
    mine = Dose.objects.filter(recorded_by=session.opened_by, recorded_at__gte=session.opened_at, batch__isnull=True)  # indexed
    rows = mine.against(COVID19).filter(source_key__startswith=_prefix(session), ended_at__isnull=True)
    return rows.select_related("person", "person__merged_into").order_by("-recorded_at", "-pk")


def _prefix(session: VaccinationSession) -> str:
    return f"seance:{session.pk}:"


def lot_state(vaccine: str, number: str, on: date) -> str:
    """What is wrong with a lot on a day: `unlisted`, `expired`, `recalled`, or nothing."""
    lot = Lot.objects.filter(vaccine=vaccine, number=number).first()
    if lot is None:
        return UNLISTED
    if lot.recalled_on is not None and lot.recalled_on <= on:
        return RECALLED
    return EXPIRED if lot.expires_on is not None and lot.expires_on < on else ""

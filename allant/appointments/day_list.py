"""Who comes to a place on a day, and what became of each (AP-10): for the screen, the printer and a spreadsheet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from allant.appointments.calendar import zone_at
from allant.appointments.models import Appointment, End, Place
from allant.typesetting import typeset

TEMPLATE = Path(__file__).with_name("day_list.typ")
HEADER = ("Heure", "Nom", "Prénoms", "Naissance", "Pour", "Injection", "Téléphone", "Pointage")
WIDTHS = (2, 5, 5, 4, 4, 2, 4, 4)


@dataclass(frozen=True)
class Row:
    """One appointment of the day, as the list shows it. `phone`: only what was given for this appointment."""

    appointment: Appointment
    starts: datetime
    family_name: str
    given_names: str
    birth_date: date | None
    service: str
    phone: str
    state: str

    @property
    def known(self) -> bool:
        """Whether the person is in the register, so that a file can be opened."""
        return self.appointment.person_id is not None

    @property
    def cells(self) -> tuple[Any, ...]:
        """What a file holds, in the order of `HEADER`."""
        rank = self.appointment.rank if self.appointment.slot.vaccine else ""
        return (
            f"{self.starts:%H:%M}", self.family_name, self.given_names, self.birth_date, self.service, rank, self.phone,
            self.state,
        )  # fmt: skip


def rows_of(place: Place, day: date, at: datetime, vaccines: dict[str, str]) -> list[Row]:
    """The appointments of a day of the place's own clock, in their order; a hold that lapsed is not one.

    `vaccines`: code → label.
    """
    zone = zone_at(place)
    begins = datetime.combine(day, time(), zone)
    found = Appointment.objects.on_day(place, begins, datetime.combine(day + timedelta(days=1), time(), zone))
    return [_row(each, zone, vaccines) for each in found if not _lapsed(each, at)]


def _lapsed(appointment: Appointment, at: datetime) -> bool:
    held = appointment.held_until
    return appointment.confirmed_at is None and appointment.ended_at is None and held is not None and held <= at


def _row(appointment: Appointment, zone: Any, vaccines: dict[str, str]) -> Row:
    guest = getattr(appointment, "guest", None)
    who = appointment.person or guest
    vaccine = appointment.slot.vaccine
    return Row(
        appointment=appointment,
        starts=appointment.slot.starts_at.astimezone(zone),
        family_name=who.family_name if who else "",
        given_names=who.given_names if who else "",
        birth_date=who.birth_date if who else None,
        service=vaccines.get(vaccine, vaccine) if vaccine else appointment.get_service_display(),
        phone=next((each.value for each in appointment.told_at.all() if each.kind == "mobile"), ""),
        state=_state(appointment, zone),
    )


def _state(appointment: Appointment, zone: Any) -> str:
    if appointment.ended_as == End.DONE:
        return "Vacciné" if appointment.slot.vaccine else "Reçu"
    if appointment.ended_as:
        return appointment.get_ended_as_display()
    if appointment.arrived_at is not None:
        return f"Arrivé à {appointment.arrived_at.astimezone(zone):%H:%M}"
    return "Attendu" if appointment.confirmed_at is not None else "Réservation à confirmer"


def paper(place: Place, day: date, rows: Sequence[Row], at: datetime) -> bytes:
    """The list as a tagged PDF, to print. Raises PaperFailed."""
    data = {
        "title": f"Rendez-vous du {day:%d/%m/%Y}",
        "place": place.location.name,
        "address": ", ".join(filter(None, (place.address, place.location.postcode))),
        "header": HEADER,
        "widths": WIDTHS,
        "rows": [[_text(cell) for cell in row.cells] for row in rows],
        "printed": f"{at.astimezone(zone_at(place)):%d/%m/%Y à %H:%M}",
    }
    return typeset(TEMPLATE, data, stamp=at)


def _text(cell: Any) -> str:
    return f"{cell:%d/%m/%Y}" if isinstance(cell, date) else str(cell if cell is not None else "")

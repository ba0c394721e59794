"""People placed around the bounds of a ready-made campaign, on its first day."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from allant import clock
from allant.directory.models import Practitioner
from allant.immunizations.models import Dose
from allant.people.models import ContactPoint, Person, Situation


@dataclass(frozen=True)
class Somebody:
    """A person on a campaign's first day: born `years` before, `days` later; situations from and until days of that day.

    `complete_months`: the schedule complete for so long; `contacts`: kinds of contact points.
    """

    years: int
    days: int = 0
    situations: tuple[str, ...] = ()
    dose: bool = False
    complete_months: int | None = None
    vaccine: str = "comirnaty"
    boosted: bool = False
    doctor: bool = True
    contacts: tuple[str, ...] = ()
    other: dict[str, object] = field(default_factory=dict)

    def settle(self, on: date) -> int:
        """Put them in the register; their number."""
        born = date(on.year - self.years, on.month, on.day) + timedelta(self.days)
        doctor = a_doctor() if self.doctor else None
        person = Person.objects.create(
            family_name="Martin", given_names="Jeanne", birth_date=born, treating_practitioner=doctor, **self.other
        )
        for name in self.situations:
            kind, _, code = name.partition(":")
            Situation.objects.create(person=person, kind=kind, code=code, starts_on=on - timedelta(30))
        for kind in self.contacts:
            value = "jeanne@courriel.example" if kind == "email" else f"+3363998{person.pk % 10_000:04d}"
            ContactPoint.objects.create(person=person, kind=kind, value=value)
        self._vaccinate(person, on)
        return person.pk

    def _vaccinate(self, person: Person, on: date) -> None:
        if self.complete_months is not None:
            needed = 1 if self.vaccine == "janssen" else 2
            complete_on = months_before(on, self.complete_months)
            for number in range(1, needed + 1):
                give(person, number, complete_on - timedelta(28 * (needed - number)), needed=needed, vaccine=self.vaccine)
        if self.dose:
            give(person, 1, on - timedelta(1))
        if self.boosted:
            give(person, 3, on - timedelta(1), series="booster")


def a_doctor() -> Practitioner:
    """The one of everybody who has one."""
    names = {"family_name": "Durand", "given_names": "Anne", "profession": "physician", "departement_code": "01"}
    return Practitioner.objects.get_or_create(rpps="10100000017", defaults=names)[0]


def give(person: Person, number: int, on: date, *, series: str = "primary", needed: int = 2, vaccine: str = "comirnaty") -> None:
    """One dose."""
    Dose.objects.create(
        person=person, occurred_on=on, vaccine=vaccine, dose_number=number, series=series, series_doses=needed,
        recorded_at=clock.now(), recorded_by="test", source="csv", source_key=f"{person.pk}:{number}",
    )  # fmt: skip


def months_before(on: date, months: int) -> date:
    """The same day so many months before."""
    year, month = divmod(on.year * 12 + on.month - 1 - months, 12)
    return date(year, month + 1, min(on.day, 28))

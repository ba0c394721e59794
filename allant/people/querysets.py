"""Reads of the register, in its own words. Every date is given: nothing here reads the clock."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Func, Q, Value

from allant.people import matricule as numbers

if TYPE_CHECKING:
    from allant.people.models import Person


def birth_cut_off(age: int, on: date) -> date:
    """The latest birth date of someone aged `age` whole years on `on`.

    Born on 29 February, one turns a year older on 1 March of a common year: the cut-off of 28 February is then the 28th.
    """
    year = on.year - age
    try:
        return on.replace(year=year)
    except ValueError:  # `on` is 29 February and that year has none
        return date(year, 2, 28)


class PersonQuerySet(models.QuerySet):
    """Persons."""

    def standing(self) -> Self:
        """Records that stand for a person: those not merged into another."""
        return self.filter(merged_into__isnull=True)

    def alive_on(self, day: date) -> Self:
        """Born on or before `day` (or at an unknown date) and not dead by then."""
        return self.filter(Q(died_on__isnull=True) | Q(died_on__gt=day)).exclude(birth_date__gt=day)

    def aged_at_least(self, age: int, on: date) -> Self:
        """Aged `age` whole years or more on that day. An unknown birth date satisfies no age."""
        return self.filter(birth_date__lte=birth_cut_off(age, on))

    def aged_under(self, age: int, on: date) -> Self:
        """Aged less than `age` whole years on that day. An unknown birth date satisfies no age."""
        return self.filter(birth_date__gt=birth_cut_off(age, on))

    def living_in(self, departement: str) -> Self:
        """Resident in the département (`01`, `2A`, `971`)."""
        return self.filter(departement_code=departement)

    def with_matricule(self, value: str) -> Self:
        """Persons who bear, or bore, this number (ID-03), 13 or 15 characters, spaces allowed; none when it is malformed."""
        parsed = numbers.parse(value)
        if parsed.value is None:
            return self.none()
        return self.filter(matricules__value=parsed.value).distinct()

    def named(self, beginning: str) -> Self:
        """Persons whose "family name, given names" begins so, without regard to case or accents."""
        return self.filter(
            search_name__startswith=Func(Value(beginning), function="people_search_key", output_field=models.TextField())
        )

    def dependants_of(self, policyholder: Person) -> Self:
        """The policyholder (ouvrant droit) and everybody attached to them (VC-11)."""
        return self.filter(Q(policyholder=policyholder) | Q(pk=policyholder.pk))


class MatriculeQuerySet(models.QuerySet):
    """Numbers borne by persons."""

    def valid_on(self, day: date) -> Self:
        """Numbers in force on that day."""
        return self.filter(starts_on__lte=day).filter(Q(ends_on__isnull=True) | Q(ends_on__gt=day))


class SituationQuerySet(models.QuerySet):
    """Situations."""

    def active_on(self, day: date) -> Self:
        """Situations true on that day; periods are half-open, an empty bound is open."""
        return self.filter(Q(starts_on__isnull=True) | Q(starts_on__lte=day), Q(ends_on__isnull=True) | Q(ends_on__gt=day))

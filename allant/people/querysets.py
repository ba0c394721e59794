"""Reads of the register, in its own words. Every date is given: nothing here reads the clock."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import F, Func, Q, QuerySet, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce

from allant.doctrine.age import born_by
from allant.people import matricule as numbers

if TYPE_CHECKING:
    from allant.people.models import Person


# Two halves, because each of the two indexes on numbers holds one: those in force, those of the past.
_BEARERS = """SELECT person_id FROM people_matricule WHERE value = %s AND ends_on IS NULL
    UNION ALL SELECT person_id FROM people_matricule WHERE value = %s AND ends_on IS NOT NULL"""
_ATTACHED = f"""WITH bearer AS ({_BEARERS}),
    record AS (SELECT id, coalesce(merged_into_id, id) AS standing FROM people_person WHERE id IN (SELECT person_id FROM bearer)),
    holder AS (
        SELECT id FROM record UNION SELECT standing FROM record
        UNION SELECT id FROM people_person WHERE merged_into_id IN (SELECT standing FROM record)
    )
    SELECT standing FROM record
    UNION SELECT coalesce(merged_into_id, id) FROM people_person WHERE policyholder_id IN (SELECT id FROM holder)"""


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
        return self.filter(birth_date__lte=born_by(age, on))

    def aged_under(self, age: int, on: date) -> Self:
        """Aged less than `age` whole years on that day. An unknown birth date satisfies no age."""
        return self.filter(birth_date__gt=born_by(age, on))

    def living_in(self, departement: str) -> Self:
        """Resident in the département (`01`, `2A`, `971`)."""
        return self.filter(departement_code=departement)

    def with_matricule(self, value: str) -> Self:
        """Persons who bear, or bore, this number (ID-03), 13 or 15 characters, spaces allowed; none when it is malformed."""
        parsed = numbers.parse(value)
        if parsed.value is None:
            return self.none()
        return self.filter(pk__in=RawSQL(_BEARERS, [parsed.value, parsed.value]))

    def attached_to(self, value: str) -> Self:
        """The records that stand for the bearers of a number and for everybody attached to them, bearers first (VC-11).

        `value` has 13 characters; who bore the number counts too, and so does who was attached to a record merged since.
        """
        return self.filter(pk__in=RawSQL(_ATTACHED, [value, value])).order_by(
            F("policyholder").asc(nulls_first=True), "birth_date", "birth_rank", "pk"
        )

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

    def borne_by(self, person: models.Model) -> Self:
        """Numbers of a person, present and former, under their own record or one merged into it."""
        return self.filter(Q(person=person) | Q(person__merged_into=person))

    def valid_on(self, day: date) -> Self:
        """Numbers in force on that day."""
        return self.filter(starts_on__lte=day).filter(Q(ends_on__isnull=True) | Q(ends_on__gt=day))


class SituationQuerySet(models.QuerySet):
    """Situations."""

    def active_on(self, day: date) -> Self:
        """Situations true on that day; periods are half-open, an empty bound is open."""
        return self.filter(Q(starts_on__isnull=True) | Q(starts_on__lte=day), Q(ends_on__isnull=True) | Q(ends_on__gt=day))


class RepresentationQuerySet(models.QuerySet):
    """Who may act for whom."""

    def active_on(self, day: date) -> Self:
        """Those in force on that day; periods are half-open, an empty bound is open."""
        return self.filter(Q(starts_on__isnull=True) | Q(starts_on__lte=day), Q(ends_on__isnull=True) | Q(ends_on__gt=day))

    def by(self, records: QuerySet[Any] | Collection[int]) -> Self:
        """Those whose representative is one of these records."""
        return self.filter(representative__in=records)

    def of(self, person: Person) -> Self:
        """Those of a person, under any of their records."""
        return self.filter(Q(person=person) | Q(person__merged_into=person))

    def with_standing(self) -> Self:
        """Adds `standing`: the record that stands for the person represented."""
        return self.annotate(standing=Coalesce("person__merged_into", "person"))


class DuplicateCandidateQuerySet(models.QuerySet):
    """Pairs of records that may be one person."""

    def with_persons(self) -> Self:
        """Each pair with its two records."""
        return self.select_related("first", "second")

    def waiting(self) -> Self:
        """Pairs nobody decided, both records still standing: a merge elsewhere may have settled one."""
        return self.filter(verdict="", first__merged_into__isnull=True, second__merged_into__isnull=True)

    def to_compare_on(self, day: date) -> Self:
        """Pairs that wait and were not put off beyond that day; the likeliest first, those of the exact rules before them."""
        due = self.waiting().filter(Q(postponed_until__isnull=True) | Q(postponed_until__lte=day))
        return due.order_by(F("weight").desc(nulls_first=True), "found_at", "id")

    def postponed_on(self, day: date) -> Self:
        """Pairs put off beyond that day, the next to come back first."""
        return self.waiting().filter(postponed_until__gt=day).order_by("postponed_until", "id")

    def decided(self) -> Self:
        """Pairs judged, merged or different, the last decision first."""
        return self.exclude(verdict="").order_by("-decided_at", "-id")

    def living_in(self, departements: Collection[str]) -> Self:
        """Pairs with at least one person who resides in one of these départements."""
        return self.filter(Q(first__departement_code__in=departements) | Q(second__departement_code__in=departements))

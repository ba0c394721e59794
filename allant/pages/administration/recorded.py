"""What an account recorded, or what was given of a lot: doses with all that lists of administrators show, in one query."""

from __future__ import annotations

from collections.abc import Iterable

from allant.immunizations.models import Dose
from allant.immunizations.querysets import DoseQuerySet
from allant.people.models import Person


def recorded_doses(doses: DoseQuerySet) -> DoseQuerySet:
    """Doses with their person, the record that stands for it, and who gave them; the last recorded first."""
    return doses.select_related("person__merged_into", "practitioner").order_by("-recorded_at", "-pk")


def standing(dose: Dose) -> Person:
    """The person a dose counts for: the survivor, when the record was merged."""
    person: Person = dose.person.merged_into or dose.person
    return person


def persons_of(doses: Iterable[Dose]) -> list[int]:
    """The persons of some doses, each once, for the access log."""
    return list(dict.fromkeys(standing(dose).pk for dose in doses))

"""People complete and without booster, in the register."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import count

from allant.immunizations.models import Dose
from allant.people.models import Person
from allant.recall.rule import Vaccinated
from tests.people.builders import person

_KEYS = count()


def complete(born: date, last: date, vaccine: str = "comirnaty") -> Person:
    """Somebody whose one dose completed the schedule on a day."""
    someone = person(birth_date=born)
    _dose(someone, last, vaccine, "primary", 1)
    return someone


def boosted(born: date, last: date) -> Person:
    """Somebody who had the booster six months later: nothing is due."""
    someone = complete(born, last)
    _dose(someone, last + timedelta(days=183), "comirnaty", "booster", 2)
    return someone


def country(size: int) -> list[Vaccinated]:
    """People of all ages vaccinated from June to December 2021, written in the register; what they are to the rule."""
    found = []
    for number in range(size):
        born, last = date(1930 + 2 * number % 80, 1 + number % 12, 1 + number % 28), date(2021, 6, 1) + timedelta(days=5 * number)
        vaccine = "janssen" if number % 7 == 3 else "comirnaty"
        complete(born, last, vaccine)
        found.append(Vaccinated(born, vaccine, last))
    return found


def _dose(someone: Person, on: date, vaccine: str, series: str, number: int) -> None:
    Dose.objects.create(
        person=someone, occurred_on=on, vaccine=vaccine, dose_number=number, series=series, series_doses=1,
        recorded_at=datetime(2022, 1, 1, tzinfo=UTC), recorded_by="test", source="csv", source_key=f"recall:{next(_KEYS)}",
    )  # fmt: skip

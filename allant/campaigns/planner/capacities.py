"""The capacities of a programme: doses and slots by week and département, and the national reserve."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pghistory
from django.db import transaction
from django.db.models import Q

from allant.campaigns.models import WeeklyCapacity

RESERVE = ""
"""The département code of the national reserve."""
LARGEST = 2_147_483_647  # what the column holds


@dataclass(frozen=True)
class Capacity:
    """Doses and slots of one département in the week of a Monday."""

    departement: str
    week: date
    doses: int
    slots: int


def entered(programme: str, weeks: Sequence[date] | None = None) -> list[Capacity]:
    """What is entered, of these weeks or of all, by week and département, the reserve first."""
    rows = WeeklyCapacity.objects.filter(programme=programme)
    if weeks is not None:
        rows = rows.filter(week__in=weeks)
    named = rows.order_by("week", "departement_code").values_list("departement_code", "week", "doses", "slots")
    return [Capacity(*row) for row in named]


@transaction.atomic
def save_capacities(
    programme: str, capacities: Iterable[Capacity], *, by: str, at: datetime, cleared: Iterable[tuple[str, date]] = ()
) -> int:
    """Enter these capacities over what was there, and take the `cleared` ones away; how many rows changed.

    What does not change is not written. Raises ValueError for a week that does not begin on a Monday, or two of the same cell.
    """
    wanted = _by_cell(capacities)
    gone = set(cleared) - set(wanted)
    cells = [*wanted, *gone]
    with pghistory.context(by=by):
        there = {(row.departement_code, row.week): row for row in _locked(programme, cells)}
        kept = [(row, wanted[cell]) for cell, row in there.items() if cell in wanted]
        changed = [_changed(row, new, by, at) for row, new in kept if (row.doses, row.slots) != (new.doses, new.slots)]
        WeeklyCapacity.objects.bulk_update(changed, ["doses", "slots", "entered_at", "entered_by"], batch_size=500)
        fresh = [
            WeeklyCapacity(
                programme=programme, departement_code=new.departement, week=new.week, doses=new.doses, slots=new.slots,
                entered_at=at, entered_by=by,
            )
            for cell, new in wanted.items() if cell not in there
        ]  # fmt: skip
        WeeklyCapacity.objects.bulk_create(
            fresh, batch_size=1000, update_conflicts=True, unique_fields=["programme", "departement_code", "week"],
            update_fields=["doses", "slots", "entered_at", "entered_by"],
        )  # fmt: skip
        removed = [row.pk for cell, row in there.items() if cell in gone]
        WeeklyCapacity.objects.filter(pk__in=removed).delete()
    return len(changed) + len(fresh) + len(removed)


def copy_week(programme: str, week: date, *, by: str, at: datetime) -> int:
    """Enter for a week what the week before holds, where nothing is entered yet; how many rows were written."""
    there = {row.departement for row in entered(programme, [week])}
    former = [row for row in entered(programme, [week - timedelta(7)]) if row.departement not in there]
    copied = [Capacity(row.departement, week, row.doses, row.slots) for row in former]
    return save_capacities(programme, copied, by=by, at=at)


def _by_cell(capacities: Iterable[Capacity]) -> dict[tuple[str, date], Capacity]:
    wanted: dict[tuple[str, date], Capacity] = {}
    for each in capacities:
        if each.week.weekday() or (each.departement, each.week) in wanted:
            raise ValueError(f"One capacity a département and Monday: {each}")
        wanted[each.departement, each.week] = each
    return wanted


def _locked(programme: str, cells: Sequence[tuple[str, date]]) -> Iterable[WeeklyCapacity]:
    weeks = {week for _, week in cells}
    rows = WeeklyCapacity.objects.select_for_update().filter(Q(programme=programme) & Q(week__in=weeks)).order_by("pk")
    asked = set(cells)
    return [row for row in rows if (row.departement_code, row.week) in asked]


def _changed(row: WeeklyCapacity, new: Capacity, by: str, at: datetime) -> WeeklyCapacity:
    row.doses, row.slots, row.entered_at, row.entered_by = new.doses, new.slots, at, by
    return row


def by_cell(capacities: Iterable[Capacity]) -> Mapping[tuple[str, date], Capacity]:
    """(département, week) → capacity."""
    return {(each.departement, each.week): each for each in capacities}

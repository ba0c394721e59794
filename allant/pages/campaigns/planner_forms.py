"""What the planner's pages ask: a plan, and the grid of capacities."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django import forms

from allant.campaigns.planner.bounds import monday
from allant.campaigns.planner.capacities import RESERVE, Capacity, by_cell
from allant.campaigns.planner.capacity_file import read_count
from allant.campaigns.planner.posing import MOST_WEEKS
from allant.geography import departements
from allant.pages.campaigns.planner_wording import RESERVE_NAME

GRID_WEEKS = 3
_INPUT = {"class": "fr-input"}
FIELDS = (("doses", "doses"), ("slots", "créneaux"))


class PlanForm(forms.Form):
    """Which programme, from which week, for how many."""

    programme = forms.ChoiceField(label="Programme", widget=forms.Select(attrs={"class": "fr-select"}))
    first_week = forms.DateField(
        label="Première semaine", help_text="Un jour de cette semaine ; le plan part de son lundi.",
        widget=forms.DateInput(attrs={**_INPUT, "type": "date"}, format="%Y-%m-%d"),
    )  # fmt: skip
    weeks = forms.IntegerField(
        label="Nombre de semaines", min_value=1, max_value=MOST_WEEKS, help_text=f"De 1 à {MOST_WEEKS}.",
        widget=forms.NumberInput(attrs={**_INPUT, "inputmode": "numeric"}),
    )  # fmt: skip

    def __init__(self, *args: object, programmes: Sequence[tuple[str, str]], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["programme"].choices = list(programmes)  # type: ignore[attr-defined]

    def clean_first_week(self) -> date:
        """Its Monday."""
        return monday(self.cleaned_data["first_week"])


class CapacityFileForm(forms.Form):
    """A file of capacities."""

    file = forms.FileField(label="Fichier CSV", widget=forms.FileInput(attrs={"class": "fr-upload", "accept": ".csv,text/csv"}))


@dataclass(frozen=True)
class Entry:
    """One field of the grid: its name, what is written in it, what it is called aloud, and what is wrong with it."""

    name: str
    value: str
    label: str
    fault: str = ""


@dataclass(frozen=True)
class Row:
    """One département, or the reserve: its fields, doses then slots of each week."""

    code: str
    name: str
    entries: Sequence[Entry]


class Grid:
    """The capacities of a few weeks, département by département; typed values take the place of those entered.

    `faults` says what is wrong, with the name of the field; `capacities` and `cleared` are what is to be kept when nothing is.
    """

    def __init__(self, first_week: date, there: Sequence[Capacity], typed: Mapping[str, str] | None = None) -> None:
        self.weeks = [first_week + timedelta(7 * rank) for rank in range(GRID_WEEKS)]
        self._there = by_cell(there)
        self._typed = typed
        self.faults: list[tuple[str, str]] = []
        self.capacities: list[Capacity] = []
        self.cleared: list[tuple[str, date]] = []
        places = [(RESERVE, RESERVE_NAME), *((code, f"{code} {place.name}") for code, place in departements().items())]
        self.rows = [self._row(code, name) for code, name in places]

    def _row(self, code: str, name: str) -> Row:
        return Row(code, name, [entry for week in self.weeks for entry in self._cell(code, name, week)])

    def _cell(self, code: str, name: str, week: date) -> Iterator[Entry]:
        found = self._there.get((code, week))
        values = {field: str(getattr(found, field)) if found else "" for field, _ in FIELDS}
        keys = {field: f"{field}-{code or 'reserve'}-{week:%Y-%m-%d}" for field, _ in FIELDS}
        if self._typed is not None:
            values = {field: self._typed.get(key, values[field]).strip() for field, key in keys.items()}
        faults = self._read(code, week, values) if self._typed is not None else {}
        for field, said in FIELDS:
            label = f"{name}, {said}, semaine du {week:%d/%m/%Y}"
            if field in faults:
                self.faults.append((keys[field], f"{label} : {faults[field]}"))
            yield Entry(keys[field], values[field], label, faults.get(field, ""))

    def _read(self, code: str, week: date, values: Mapping[str, str]) -> dict[str, str]:
        """Keep a cell or say what is wrong, by field."""
        if not any(values.values()):
            self.cleared.append((code, week))
            return {}
        numbers, faults = {}, {}
        for field, said in FIELDS:
            try:
                if not values[field]:
                    raise ValueError(f"{said} à saisir aussi, ou 0.")
                numbers[field] = read_count(values[field], said)
            except ValueError as error:
                faults[field] = str(error)
        if not faults:
            self.capacities.append(Capacity(code, week, numbers["doses"], numbers["slots"]))
        return faults

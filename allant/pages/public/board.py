"""The figures of one date, put together for the pages (FG-01): every number comes from `allant.figures`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property

import numpy as np

from allant.doctrine import rules
from allant.doctrine.errors import NotYetInForce
from allant.figures import current, key_figures, maps, official
from allant.figures.aggregate import Counts, Measure, NoDose
from allant.figures.parameters import ALL, Parameters, scale_of
from allant.figures.secrecy import defend, with_totals
from allant.figures.sources import PostgresSource, people_of, residents_of
from allant.geography import departements
from allant.pages.base.numbers import count, percent, points

WEEK = timedelta(days=7)
MEASURES = ("dose1", "complet", "rappel")
COMPLETE = 1  # its place among the measures


@dataclass(frozen=True)
class Card:
    """One key figure: its value, what it counts, a detail, and the key of its definition."""

    key: str
    value: str
    label: str
    note: str


@dataclass(frozen=True)
class Cell:
    """Our percentage, the official one and the difference in points; the last two are empty without an official value."""

    ours: str
    official: str
    difference: str


@dataclass(frozen=True)
class AgeRow:
    """One age class, or everybody: first dose, complete, booster."""

    label: str
    cells: list[Cell]


@dataclass(frozen=True)
class PlaceRow:
    """One département: percentages of first dose, complete, booster, empty under statistical secrecy; gap to the nation."""

    code: str
    label: str
    shares: list[str]
    gap: str


@dataclass(frozen=True)
class Period:
    """The days that may be asked for."""

    first: date
    last: date

    def nearest(self, day: date) -> date:
        """`day`, or the end of the period it is beyond."""
        return min(max(day, self.first), self.last)


class Board:
    """What the pages show of one day. Raises `NoDose` when no dose is recorded."""

    def __init__(self, asked: date | None, today: date) -> None:
        self.source = PostgresSource()
        self.national = Parameters(rules.as_known_on(today))
        people = people_of(self.source)
        if not people:
            raise NoDose("aucune personne dans le registre.")
        try:
            population = self.national.population(today)[ALL]
        except NotYetInForce as error:  # a clock set before the campaign
            raise NoDose("la campagne n'a pas commencé.") from error
        self.parameters = replace(self.national, scale=scale_of(people, population))
        self.counts: Counts = current.national_counts(self.source, self.parameters.age_classes(today))
        self.period = Period(self.counts.days[0], min(today, self.counts.days[-1]))
        self.on = self.period.nearest(asked or self.period.last)
        self.figures = key_figures.key_figures(self.counts, self.parameters, self.on)
        self.official: Mapping[tuple[str, str], int] = official.official_on(self.on)

    @property
    def previous_week(self) -> date | None:
        """A week earlier, while it is in the period."""
        return self.on - WEEK if self.on - WEEK >= self.period.first else None

    @property
    def next_week(self) -> date | None:
        """A week later, while it is in the period."""
        return self.on + WEEK if self.on + WEEK <= self.period.last else None

    def main_cards(self) -> list[Card]:
        """The three figures of the home page."""
        nation, figures = self.figures.nation, self.figures
        return [
            self._coverage_card("vaccination-complete", "Vaccination complète", nation.complete, "complet"),
            self._coverage_card("premiere-injection", "Au moins une injection", nation.first, "dose1"),
            Card(
                "rappel",
                count(nation.booster.persons),
                "Doses de rappel",
                f"dont {percent(figures.booster_senior_percent)} aux 65 ans et plus",
            ),
        ]

    def more_cards(self) -> list[Card]:
        """The other figures of the page of figures."""
        rhythm, seniors = self.figures.rhythm, {row.code: row for row in self.figures.seniors}
        change = "première semaine" if rhythm.change_percent is None else f"{points(rhythm.change_percent)} % sur une semaine"
        left = self.figures.remaining_persons
        return [
            Card("rythme", count(rhythm.daily_mean), "Injections par jour en moyenne", f"sur sept jours ; {change}"),
            Card("restant-a-vacciner", count(left), "Personnes de 12 ans et plus sans injection", "répartition par âge plus bas"),
            Card(
                "couverture",
                percent(seniors["75+"].complete.percent),
                "Vaccination complète des 75 ans et plus",
                f"{percent(seniors['80+'].complete.percent)} pour les 80 ans et plus",
            ),
        ]

    def age_rows(self) -> list[AgeRow]:
        """Everybody, then each class from the youngest."""
        return [self._age_row(row) for row in (self.figures.nation, *self.figures.by_age)]

    def place_rows(self) -> list[PlaceRow]:
        """Each département beside the national coverage; small counts, and those that would give them back, are blank (FG-03)."""
        mean = self.figures.nation.complete.percent
        return [
            PlaceRow(
                code=row.code,
                label=row.label,
                shares=["" if hide else percent(share.percent) for share, hide in zip(shares_of(row), blank, strict=True)],
                gap="" if blank[COMPLETE] else points(row.complete.percent - mean),
            )
            for row, blank in zip(self.departements, self._hidden, strict=True)
        ]

    def curves(self) -> tuple[key_figures.Curve, ...]:
        """Complete vaccination by age class, day by day."""
        return key_figures.coverage_curves(self.counts, self.parameters, Measure.COMPLETE, self.on)

    def map_values(self) -> dict[str, float | None]:
        """Complete vaccination by département code, percent; None under statistical secrecy."""
        return {
            row.code: None if blank[COMPLETE] else row.complete.percent
            for row, blank in zip(self.departements, self._hidden, strict=True)
        }

    def map_alternative(self) -> str:
        """The map in words; empty when every département is under secrecy, and there is no map."""
        values = self.map_values()
        known = any(value is not None for value in values.values())
        return maps.describe_map(values, self.figures.nation.complete.percent) if known else ""

    @cached_property
    def departements(self) -> tuple[key_figures.Coverage, ...]:
        """Coverages by département of residence."""
        counts = current.departement_counts(self.source, self.parameters.age_classes(self.on))
        # Where people live is simulated: a share of the people replayed there, not of the real census.
        residents = residents_of(self.source)
        inhabitants = {code: (place.name, residents.get(code, 0)) for code, place in departements().items()}
        return key_figures.by_departement(counts, self.parameters, self.on, inhabitants)

    @cached_property
    def _hidden(self) -> np.ndarray:
        """Mask [département, measure] of what stays blank; the national total is published exactly elsewhere."""
        threshold = self.parameters.secrecy(self.on).threshold
        columns = []
        for shares in zip(*map(shares_of, self.departements), strict=True):
            table = with_totals(np.array([share.persons for share in shares]))
            public = np.zeros(table.shape, bool)
            public[-1] = True
            columns.append(defend(table, threshold, public).hidden[:-1])
        return np.stack(columns, axis=1)

    def _age_row(self, row: key_figures.Coverage) -> AgeRow:
        columns = zip(MEASURES, shares_of(row), strict=True)
        return AgeRow(row.label, [self._cell(row.code, measure, share.percent) for measure, share in columns])

    def _cell(self, code: str, measure: str, ours: float) -> Cell:
        value = self._official_percent(code, measure)
        return Cell(percent(ours), "", "") if value is None else Cell(percent(ours), percent(value), points(ours - value))

    def _official_percent(self, code: str, measure: str) -> float | None:
        persons = self.official.get((code, measure))
        return None if persons is None else 100 * persons / self.national.population(self.on)[code]

    def _coverage_card(self, key: str, label: str, share: key_figures.Share, measure: str) -> Card:
        value = self._official_percent(ALL, measure)
        beside = "" if value is None else f" ; valeur officielle {percent(value)}"
        return Card(key, percent(share.percent), label, f"{count(share.persons)} personnes{beside}")


def shares_of(row: key_figures.Coverage) -> tuple[key_figures.Share, key_figures.Share, key_figures.Share]:
    """In the order of `MEASURES`."""
    return row.first, row.complete, row.booster

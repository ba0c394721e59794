"""FG-01: key figures on any date, and the checkpoints printed in the seeds.

Our figures follow the official series (Santé publique France, state of 3 May 2023). The slides were made from data extracted on
the day: doses recorded late are in the series and not in them, and they follow the fund's own register. Each checkpoint says the
value of the slide, that of the series, and is held to the series.
"""

from datetime import date

import numpy as np
import pytest

from allant.figures.aggregate import Counts, Measure
from allant.figures.key_figures import KeyFigures, by_departement, coverage_curves, key_figures
from allant.figures.parameters import Parameters, scale_of
from tests.figures.official import official_counts

NOVEMBER = date(2021, 11, 21)


@pytest.fixture(scope="module")
def counts() -> Counts:
    return official_counts()


@pytest.fixture
def november(counts: Counts, parameters: Parameters) -> KeyFigures:
    return key_figures(counts, parameters, NOVEMBER)


# day, group, measure, percent on the slide, percent of the official series
CHECKPOINTS = [
    (NOVEMBER, "0", "complete", 75.1, 75.1),
    (NOVEMBER, "0", "first", 76.7, 77.2),
    (date(2021, 11, 14), "0", "complete", 74.9, 74.8),
    (date(2021, 11, 14), "0", "first", 76.6, 77.0),
    (date(2021, 9, 12), "0", "first", 73.5, 74.0),
    (date(2021, 9, 12), "75+", "first", 89.5, 89.0),
    (date(2021, 9, 12), "80+", "first", 85.8, 86.2),
    (date(2021, 7, 1), "75+", "first", 83.5, 83.2),
    (date(2021, 7, 1), "80+", "first", 79.9, 80.6),
]


@pytest.mark.parametrize(("day", "group", "measure", "slide", "series"), CHECKPOINTS)
def test_fg_01_checkpoints_of_the_seeds(
    counts: Counts, parameters: Parameters, day: date, group: str, measure: str, slide: float, series: float
) -> None:
    figures = key_figures(counts, parameters, day)
    coverage = {row.code: row for row in (figures.nation, *figures.seniors)}[group]
    percent = getattr(coverage, measure).percent
    assert percent == pytest.approx(series, abs=0.15 if day.weekday() != 6 else 0.051)  # the shipped facts are exact on Sundays
    assert abs(percent - slide) < 0.75


def test_fg_01_slide_of_21_november_in_persons(november: KeyFigures) -> None:
    """Slide: 51.7 M first doses, 5.6 M boosters of which 81 % over 65, 6.5 M of 12 and over left. Series: 52.3, 5.7, 81, 6.0."""
    assert november.nation.first.persons == 52_277_481
    assert november.nation.complete.persons == 50_819_018
    assert november.nation.booster.persons == 5_710_526
    assert november.booster_senior_percent == pytest.approx(81.2, abs=0.05)
    assert november.remaining_persons == pytest.approx(6_030_901, abs=1_000)


def test_fg_01_first_doses_of_the_slide_are_those_of_the_series_some_weeks_before(counts: Counts) -> None:
    """The slide of 21 November (51.7 M) stands where the series stood in October."""
    first = counts.values[..., Measure.DOSE1].sum(axis=(1, 2, 3)).cumsum()
    reached = counts.days[int(np.searchsorted(first, 51_700_000))]
    assert 20 <= (NOVEMBER - reached).days <= 35


def test_fg_01_rhythm_compares_seven_days_with_the_seven_before(counts: Counts, november: KeyFigures) -> None:
    injections = counts.values[..., : Measure.DOSE4 + 1].sum(axis=(1, 2, 3, 4))
    assert november.rhythm.daily_mean == pytest.approx(injections[-7:].sum() / 7)
    assert november.rhythm.change_percent == pytest.approx(100 * (injections[-7:].sum() / injections[-14:-7].sum() - 1))


def test_fg_01_age_split_of_those_left_counts_12_and_over(november: KeyFigures) -> None:
    assert [row.code for row in november.remaining][:2] == ["17", "24"]
    assert sum(row.percent for row in november.remaining) == pytest.approx(100)
    assert min(row.persons for row in november.remaining) > 0


def test_fg_01_a_date_before_the_campaign_gives_zeros(counts: Counts, parameters: Parameters) -> None:
    figures = key_figures(counts, parameters, counts.days[0])
    assert figures.rhythm.change_percent is None
    assert figures.nation.booster.percent == 0
    assert figures.booster_senior_percent == 0


def test_fg_01_a_sample_stands_beside_the_nation(counts: Counts, parameters: Parameters) -> None:
    """One person in a thousand: populations are scaled, not those of the people replayed."""
    sample = Counts(counts.days, counts.places, counts.classes, counts.vaccines, counts.values // 1000)
    scaled = Parameters(parameters.book, scale_of(67_677, 67_676_577))
    assert scaled.scale == pytest.approx(0.001, rel=1e-5)
    figures = key_figures(sample, scaled, NOVEMBER)
    assert figures.nation.complete.population == pytest.approx(67_677)
    with pytest.raises(ValueError, match="échelle impossible"):
        scale_of(0, 67_676_577)


def test_fg_01_departements_weigh_up_to_the_national_mean(parameters: Parameters) -> None:
    values = np.zeros((1, 3, 15, 1, 6), np.int64)
    values[0, 0, 5, 0, Measure.DOSE1], values[0, 1, 6, 0, Measure.DOSE1] = 600_000, 50_000
    counts = Counts((NOVEMBER,), ("13", "48", "NA"), (*parameters.age_classes(NOVEMBER).codes, "NA"), ("all",), values)
    rows = by_departement(counts, parameters, NOVEMBER, {"13": ("Bouches-du-Rhône", 2_000_000), "48": ("Lozère", 76_000)})
    population = parameters.population(NOVEMBER)["0"]
    assert sum(row.first.population for row in rows) == pytest.approx(population)
    assert sum(row.first.percent * row.first.population for row in rows) / population == pytest.approx(100 * 650_000 / population)
    assert rows[1].label == "Lozère"


def test_curves_end_at_the_coverage_of_the_day(counts: Counts, parameters: Parameters, november: KeyFigures) -> None:
    curves = coverage_curves(counts, parameters, Measure.COMPLETE, NOVEMBER)
    assert [curve.percent[-1] for curve in curves] == pytest.approx([row.complete.percent for row in november.by_age])
    assert len(curves[0].days) == 330

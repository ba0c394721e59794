"""Counts come from dose rows alone, the same on PostgreSQL and on Parquet."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from allant.figures.aggregate import Counts, Measure, NoDose, count_by_departement, count_by_week, count_national
from allant.figures.current import SERIES_START, national_counts
from allant.figures.parameters import AgeClasses, Parameters
from allant.figures.sources import Source
from allant.immunizations.models import Dose
from tests.figures.conftest import SCENE, Scene

ON = date(2021, 11, 21)


@pytest.fixture
def classes(parameters: Parameters) -> AgeClasses:
    return parameters.age_classes(ON)


def total(counts: Counts, measure: Measure, **at: str) -> int:
    """Sum of a measure over all days, for the labels given."""
    values = counts.values[..., measure]
    for axis, labels in (("vaccine", counts.vaccines), ("age", counts.classes), ("place", counts.places)):
        position = {"place": 1, "age": 2, "vaccine": 3}[axis]
        if axis in at:
            index = labels.index(at[axis])
            values = values.take([index], axis=position)
    return int(values.sum())


def test_the_measures_are_told_apart(source: Source, classes: AgeClasses) -> None:
    counts = count_national(source, classes, SERIES_START, ON)
    found = {measure.name: total(counts, measure) for measure in Measure}
    assert found == {"DOSE1": 7, "DOSE2": 3, "DOSE3": 2, "DOSE4": 0, "COMPLETE": 4, "BOOSTER": 1, "BOOSTER2": 0, "BOOSTER3": 0}


def test_fg_02_second_and_third_boosters_have_measures_of_their_own(
    make_source: Callable[[Scene], Source], classes: AgeClasses
) -> None:
    """Whatever their rank; a fifth dose counts in no column of ranks."""
    more = (
        (1, date(2021, 10, 10), "comirnaty", 4, "second_booster", 2), (1, date(2021, 11, 10), "spikevax", 5, "third_booster", 2),
    )  # fmt: skip
    counts = count_national(make_source(replace(SCENE, doses=(*SCENE.doses, *more))), classes, SERIES_START, ON)
    found = {measure.name: total(counts, measure) for measure in Measure}
    assert found == {"DOSE1": 7, "DOSE2": 3, "DOSE3": 2, "DOSE4": 1, "COMPLETE": 4, "BOOSTER": 1, "BOOSTER2": 1, "BOOSTER3": 1}
    assert total(counts, Measure.BOOSTER2, age="80", vaccine="comirnaty") == 1


def test_complete_is_not_the_second_dose(source: Source, classes: AgeClasses) -> None:
    """Janssen, and one dose after an infection, complete with the first; a third dose may be needed."""
    counts = count_national(source, classes, SERIES_START, ON)
    assert total(counts, Measure.COMPLETE, vaccine="janssen") == 1
    age = counts.classes.index("39")
    second, third = (counts.days.index(day) for day in (date(2021, 9, 10), date(2021, 9, 20)))
    assert counts.values[second, 0, age, :, Measure.COMPLETE].sum() == 0
    assert counts.values[third, 0, age, :, Measure.COMPLETE].sum() == 1


def test_a_class_is_that_of_the_age_on_the_reference_date(source: Source, classes: AgeClasses) -> None:
    counts = count_national(source, classes, SERIES_START, ON)
    first = {code: total(counts, Measure.DOSE1, age=code) for code in counts.classes}
    assert [code for code, doses in first.items() if doses == 1] == ["11", "17", "39", "69", "74", "80", "NA"]
    assert sum(first.values()) == 7


def test_an_unknown_birth_date_or_vaccine_counts_in_totals_alone(source: Source, classes: AgeClasses) -> None:
    counts = count_national(source, classes, SERIES_START, ON)
    assert total(counts, Measure.DOSE1, age="NA", vaccine="unknown") == 1
    assert total(counts, Measure.DOSE1) == sum(total(counts, Measure.DOSE1, age=code) for code in counts.classes)


def test_the_days_are_consecutive_from_the_start_of_the_series(source: Source, classes: AgeClasses) -> None:
    counts = count_national(source, classes, SERIES_START, ON)
    assert (counts.days[0], counts.days[-1], len(counts.days)) == (SERIES_START, ON, 330)
    assert counts.values[counts.days.index(date(2021, 5, 3))].sum() == 4  # two first doses that complete at once


def test_doses_after_the_day_are_left_out(source: Source, classes: AgeClasses) -> None:
    counts = count_national(source, classes, SERIES_START, date(2021, 2, 1))
    assert total(counts, Measure.DOSE1) == 1
    with pytest.raises(NoDose, match="allant replay"):
        count_national(source, classes, SERIES_START, date(2021, 1, 1))


def test_by_departement_keeps_an_unknown_domicile_apart(source: Source, classes: AgeClasses) -> None:
    counts = count_by_departement(source, classes, ("13", "2A", "75", "971"), SERIES_START, ON)
    first = {place: total(counts, Measure.DOSE1, place=place) for place in counts.places}
    assert first == {"13": 2, "2A": 1, "75": 2, "971": 1, "NA": 1}


def test_weeks_are_whole_and_named_by_their_monday(source: Source, classes: AgeClasses) -> None:
    counts = count_by_week(source, classes, ("13",), SERIES_START, date(2021, 9, 18))
    assert counts.days[0] == date(2020, 12, 21)
    assert counts.days[-1] == date(2021, 9, 6)
    assert counts.values[counts.days.index(date(2021, 6, 28)), ..., Measure.DOSE1].sum() == 4


def test_fg_04_one_dose_more_or_altered_changes_its_cell(make_source: Callable[[Scene], Source], classes: AgeClasses) -> None:
    """The published cell follows the dose rows: one is left out, one is given on another day."""
    first, *others = SCENE.doses
    moved = (others[0][0], date(2021, 2, 2), *others[0][2:])
    counts = count_national(make_source(replace(SCENE, doses=(moved, *others[1:]))), classes, SERIES_START, ON)
    age = counts.classes.index("80")
    assert first[1] == date(2021, 1, 4)
    assert counts.values[counts.days.index(date(2021, 1, 4))].sum() == 0
    assert counts.values[counts.days.index(date(2021, 2, 1)), 0, age, :, Measure.COMPLETE].sum() == 0
    assert counts.values[counts.days.index(date(2021, 2, 2)), 0, age, :, Measure.COMPLETE].sum() == 1


@pytest.mark.django_db
def test_a_cancelled_dose_no_longer_counts_and_the_memory_notices(classes: AgeClasses) -> None:
    source = SCENE.in_postgres()
    assert total(national_counts(source, classes), Measure.DOSE1) == 7
    Dose.objects.filter(vaccine="janssen").update(ended_at="2021-12-01T00:00:00Z", end_reason="erreur de saisie")
    assert total(national_counts(source, classes), Measure.DOSE1) == 6

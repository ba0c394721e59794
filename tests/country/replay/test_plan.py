"""The plan keeps every official margin: exactly at full scale, within one person per cell at any scale (FG-04)."""

import numpy as np
import pytest

from allant.country.official.series import CLASS_MEASURES, VACCINE_MEASURES, Series
from allant.country.replay.decomposition import Act, decompose
from allant.country.replay.plan import Plan, make_plan
from allant.country.replay.preferences import age_range, load_preferences

MEASURES = {
    "dose1": (Act.FIRST, Act.ONLY),
    "dose2": (Act.SECOND, Act.EXTRA_SECOND, Act.SECOND_BOOSTER),
    "dose3": (Act.THIRD, Act.THIRD_BOOSTER),
    "dose4": (Act.FOURTH, Act.FOURTH_BOOSTER),
    "complete": (Act.ONLY, Act.SECOND),
    "booster": (Act.SECOND_BOOSTER, Act.THIRD_BOOSTER, Act.FOURTH_BOOSTER),
}


def planned(plan: Plan, measure: str) -> np.ndarray:
    """Daily counts [day, class, vaccine]."""
    return sum(plan.acts[act] for act in MEASURES[measure])


def test_at_full_scale_every_class_margin_of_every_day_is_the_official_one(each_series: Series) -> None:
    plan = make_plan(each_series, each_series.people)
    for measure in CLASS_MEASURES:
        assert np.array_equal(planned(plan, measure).sum(axis=2), each_series.by_class[measure])


def test_at_full_scale_every_vaccine_margin_is_the_official_one(each_series: Series, series: Series) -> None:
    """Exactly so from the daily files; days made from weeks may put one second dose in the place of a single one."""
    plan = make_plan(each_series, each_series.people)
    weekly = np.array_equal(each_series.by_vaccine["dose1"], series.by_vaccine["dose1"])
    for measure in VACCINE_MEASURES:
        off = np.cumsum(planned(plan, measure).sum(axis=1) - each_series.by_vaccine[measure], axis=0)
        assert np.abs(off).max() <= (measure == "dose2" and weekly)


@pytest.mark.parametrize("people", [1_000, 2_000, 9_999, 67_677, 200_000])
def test_at_any_scale_every_class_cell_is_within_one_person(each_series: Series, people: int) -> None:
    plan = make_plan(each_series, people)
    for measure in CLASS_MEASURES:
        placed = np.cumsum(planned(plan, measure).sum(axis=2), axis=0) * each_series.people
        scaled = np.cumsum(each_series.by_class[measure], axis=0) * people
        assert np.abs(placed - scaled).max() < each_series.people
        assert np.abs(placed.sum(axis=1) - scaled.sum(axis=1)).max() <= each_series.people
    for measure in CLASS_MEASURES:
        placed = np.cumsum(planned(plan, measure).sum(axis=1), axis=0) * each_series.people
        scaled = np.cumsum(each_series.by_vaccine[measure], axis=0) * people
        assert np.abs(placed - scaled).max() <= each_series.people


def test_nobody_is_asked_for_who_is_not_there(series: Series) -> None:
    """Second doses find first doses, boosters complete schedules, of the days before."""
    plan = make_plan(series, 67_677)
    of_class = {act: counts.sum(axis=2) for act, counts in plan.acts.items()}
    before = {act: np.cumsum(counts, axis=0) - counts for act, counts in of_class.items()}
    now = {act: np.cumsum(counts, axis=0) for act, counts in of_class.items()}
    assert np.all(now[Act.SECOND] <= before[Act.FIRST])
    assert np.all(now[Act.EXTRA_SECOND] + now[Act.SECOND_BOOSTER] <= before[Act.ONLY])
    assert np.all(now[Act.THIRD] + now[Act.THIRD_BOOSTER] <= before[Act.SECOND] + before[Act.EXTRA_SECOND])
    assert np.all(now[Act.FOURTH] + now[Act.FOURTH_BOOSTER] <= before[Act.THIRD] + before[Act.THIRD_BOOSTER])
    assert all(counts.min() >= 0 for counts in plan.acts.values())


def test_sources_of_second_doses_are_first_doses_still_waiting(series: Series) -> None:
    plan = make_plan(series, 67_677)
    assert np.array_equal(plan.second_sources.sum(axis=2), plan.acts[Act.SECOND])
    drawn = np.cumsum(plan.second_sources.sum(axis=3), axis=0)
    given = np.cumsum(plan.acts[Act.FIRST], axis=0) - plan.acts[Act.FIRST]
    assert np.all(drawn <= given)
    same = np.einsum("dkuu->", plan.second_sources)
    assert same > 0.95 * plan.second_sources.sum()


def test_vaccines_follow_the_ages_they_were_advised_for(series: Series) -> None:
    plan = make_plan(series, series.people)
    first = (plan.acts[Act.FIRST] + plan.acts[Act.ONLY]).sum(axis=0)
    at = {code: row for row, code in enumerate(series.classes)}
    vaccine = {name: column for column, name in enumerate(series.vaccines)}
    assert first[at["39"], vaccine["vaxzevria"]] < 0.05 * first[at["64"], vaccine["vaxzevria"]]
    assert first[at["24"], vaccine["janssen"]] < 0.05 * first[at["59"], vaccine["janssen"]]
    assert first[at["17"], vaccine["spikevax"]] < 0.05 * first[at["17"], vaccine["comirnaty"]]


def test_capacity_caps_first_doses(series: Series) -> None:
    capacity = np.full(len(series.classes), 10_000)
    capacity[-1] = 0
    plan = make_plan(series, 20_000, capacity)
    assert not any(counts[:, -1].any() for counts in plan.acts.values())


def test_decomposition_holds_the_six_margins(each_series: Series) -> None:
    acts = decompose(each_series.by_vaccine)
    for measure in ("dose1", "dose2", "dose3", "dose4"):
        assert np.array_equal(sum(acts[act] for act in MEASURES[measure]), each_series.by_vaccine[measure])
    assert all(counts.min() >= 0 for counts in acts.values())


def test_age_ranges_cover_every_age_once() -> None:
    ranges = [age_range(code) for code in ("04", "09", "11", "17", "24", "79", "80")]
    assert ranges == [(0, 4), (5, 9), (10, 11), (12, 17), (18, 24), (75, 79), (80, 120)]


def test_weights_change_on_the_day_of_the_advice() -> None:
    days = np.array(["2021-03-18", "2021-03-19"], dtype="datetime64[D]")
    weights = load_preferences().weights(days, ("39", "64"), ("comirnaty", "spikevax", "vaxzevria", "janssen"))
    assert weights[:, 0, 2].tolist() == [0.1, 0.001]
    assert weights[:, 1, 2].tolist() == [1, 1]

"""The plan keeps every official margin: exactly at full scale, within one person per cell at any scale (FG-04)."""

import numpy as np
import pytest

from allant.country.official.series import CLASS_MEASURES, VACCINE_MEASURES, Series
from allant.country.replay.decomposition import Act, decompose
from allant.country.replay.plan import Plan, make_plan
from allant.country.replay.preferences import age_range, load_preferences

MEASURES = {
    "dose1": (Act.FIRST, Act.ONLY),
    "dose2": (Act.SECOND, Act.EXTRA_SECOND, Act.BOOSTER_AT_TWO),
    "dose3": (Act.THIRD, Act.BOOSTER_AT_THREE, Act.SECOND_BOOSTER_AT_THREE),
    "dose4": (Act.FOURTH, Act.BOOSTER_AT_FOUR, Act.SECOND_BOOSTER_AT_FOUR),
    "complete": (Act.ONLY, Act.SECOND),
    "booster": (Act.BOOSTER_AT_TWO, Act.BOOSTER_AT_THREE, Act.BOOSTER_AT_FOUR),
    "booster2": (Act.SECOND_BOOSTER_AT_THREE, Act.SECOND_BOOSTER_AT_FOUR),
    "booster3": (Act.THIRD_BOOSTER,),
}


def planned(plan: Plan, measure: str) -> np.ndarray:
    """Daily counts [day, class, vaccine]."""
    return sum(plan.acts[act] for act in MEASURES[measure])


def test_at_full_scale_every_class_margin_of_every_day_is_the_official_one(each_series: Series) -> None:
    plan = make_plan(each_series, each_series.people)
    for measure in CLASS_MEASURES:
        assert np.array_equal(planned(plan, measure).sum(axis=2), each_series.by_class[measure])


def test_at_full_scale_every_vaccine_margin_is_the_official_one(each_series: Series, series: Series) -> None:
    """Exactly so from the daily files; days made from weeks may hold more schedules and boosters of a vaccine than doses:
    what is missing is then a second dose."""
    plan, margins = make_plan(each_series, each_series.people), each_series.by_vaccine
    doses = sum(margins[f"dose{rank}"] for rank in (1, 2, 3, 4))
    missing = np.maximum(0, margins["complete"] + margins["booster"] + margins["booster2"] - doses)
    assert missing.sum() == (3 if np.array_equal(margins["dose1"], series.by_vaccine["dose1"]) else 0)
    for measure in VACCINE_MEASURES:
        off = planned(plan, measure).sum(axis=1) - margins[measure]
        assert np.array_equal(off, missing if measure == "dose2" else np.zeros_like(off))


def test_fg_02_second_and_third_boosters_are_the_2990_and_4_of_the_official_files(each_series: Series) -> None:
    plan = make_plan(each_series, each_series.people)
    of_class, of_vaccine = (
        {code: int(count) for code, count in zip(names, planned(plan, "booster2").sum(axis=(0, axis)), strict=True) if count}
        for names, axis in ((plan.classes, 2), (plan.vaccines, 1))
    )
    assert of_class == {
        "17": 3, "24": 28, "29": 25, "39": 60, "49": 97, "59": 192, "64": 148, "69": 291, "74": 403, "79": 385, "80": 1358,
    }  # fmt: skip
    assert of_vaccine == {"comirnaty": 2641, "spikevax": 325, "vaxzevria": 2, "janssen": 22}
    assert planned(plan, "booster3").sum() == 4
    assert 0 < plan.acts[Act.SECOND_BOOSTER_AT_THREE].sum() < 0.1 * plan.acts[Act.SECOND_BOOSTER_AT_FOUR].sum()


def test_fg_04_third_boosters_are_fifth_doses_at_full_scale(each_series: Series) -> None:
    """The files have no column for a fifth dose; a fourth one would show in theirs."""
    plan = make_plan(each_series, each_series.people)
    second, third = (plan.acts[act].sum(axis=2) for act in (Act.SECOND_BOOSTER_AT_FOUR, Act.THIRD_BOOSTER))
    assert np.all(np.cumsum(third, axis=0) <= np.cumsum(second, axis=0) - second)


@pytest.mark.parametrize("people", [1_000, 2_000, 9_999, 67_677, 200_000, 6_767_658])
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


@pytest.mark.parametrize("people", [67_677, 6_767_658, 67_676_577])
def test_nobody_is_asked_for_who_is_not_there(series: Series, people: int) -> None:
    """Second doses find first doses, boosters complete schedules, of the days before."""
    plan = make_plan(series, people)
    of_class = {act: counts.sum(axis=2) for act, counts in plan.acts.items()}
    before = {act: np.cumsum(counts, axis=0) - counts for act, counts in of_class.items()}
    now = {act: np.cumsum(counts, axis=0) for act, counts in of_class.items()}
    assert np.all(now[Act.SECOND] <= before[Act.FIRST])
    assert np.all(now[Act.EXTRA_SECOND] + now[Act.BOOSTER_AT_TWO] <= before[Act.ONLY])
    assert np.all(now[Act.THIRD] + now[Act.BOOSTER_AT_THREE] <= before[Act.SECOND] + before[Act.EXTRA_SECOND])
    assert np.all(now[Act.BOOSTER_AT_FOUR] <= before[Act.THIRD])
    assert np.all(now[Act.SECOND_BOOSTER_AT_THREE] <= before[Act.BOOSTER_AT_TWO])
    assert np.all(now[Act.SECOND_BOOSTER_AT_FOUR] <= before[Act.BOOSTER_AT_THREE])
    assert np.all(
        now[Act.FOURTH] + now[Act.BOOSTER_AT_FOUR] + now[Act.SECOND_BOOSTER_AT_FOUR]
        <= before[Act.THIRD] + before[Act.BOOSTER_AT_THREE]
    )
    assert np.all(now[Act.THIRD_BOOSTER] <= before[Act.SECOND_BOOSTER_AT_THREE] + before[Act.SECOND_BOOSTER_AT_FOUR])
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


def test_decomposition_holds_the_margins_of_doses_and_further_boosters(each_series: Series) -> None:
    acts = decompose(each_series.by_vaccine)
    for measure in ("dose1", "dose2", "dose3", "dose4", "booster2", "booster3"):
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

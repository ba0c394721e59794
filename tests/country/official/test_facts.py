"""The compact facts stand in for the daily files: same week ends, same totals."""

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from allant.country.official.commands import app
from allant.country.official.facts import DATA, load_series, read_facts, write_facts
from allant.country.official.series import CLASSES, Series

WEEK = 7


@pytest.fixture(scope="module")
def facts() -> Series:
    return load_series()


def test_the_shipped_facts_cover_the_campaign_and_say_where_they_come_from(facts: Series) -> None:
    assert (str(facts.days[0]), str(facts.days[-1]), len(facts.days)) == ("2020-12-27", "2021-11-21", 330)
    assert facts.people == 67_676_577
    texts = [path.read_text(encoding="utf-8") for path in DATA.iterdir()]
    assert all("Santé publique France" in text and "Licence Ouverte 2.0" in text for text in texts)
    assert sum(map(len, texts)) < 200_000


def test_the_totals_of_the_last_day_are_the_published_ones(facts: Series) -> None:
    """README of the official data, and seed 001: 50 819 018 complete, 45 778 559 second doses on 2021-11-21."""
    assert {measure: int(counts.sum()) for measure, counts in facts.by_vaccine.items()} == {
        "dose1": 52_277_481, "dose2": 45_778_559, "dose3": 5_530_323, "dose4": 9_824,
        "complete": 50_819_018, "booster": 5_710_526, "booster2": 2_990, "booster3": 4,
    }  # fmt: skip
    assert [int(facts.by_class[measure][:, -1].sum()) for measure in ("dose1", "complete", "booster")] == [18, 17, 10]


def test_days_made_from_weeks_keep_order_and_totals(facts: Series) -> None:
    for counts in (*facts.by_class.values(), *facts.by_vaccine.values()):
        assert counts.min() >= 0
    for measure, counts in facts.by_class.items():
        assert np.array_equal(counts.sum(axis=1), facts.by_vaccine[measure].sum(axis=1))
    cumulated = {measure: np.cumsum(counts, axis=0) for measure, counts in facts.by_class.items()}
    assert np.all(cumulated["complete"] <= cumulated["dose1"])
    assert np.all(cumulated["booster"] <= cumulated["complete"])
    assert np.all(cumulated["booster2"] <= cumulated["booster"])
    assert np.all(cumulated["booster3"] <= cumulated["booster2"])


def test_inside_a_week_figures_follow_the_straight_line_within_one_person(facts: Series) -> None:
    cumulated = np.cumsum(facts.by_class["dose1"], axis=0)
    ends = cumulated[::WEEK]
    for day in range(WEEK):
        line = ends[:-1] + (ends[1:] - ends[:-1]) * day / WEEK
        assert np.all(np.abs(cumulated[day:-1:WEEK] - line) < 1)


def test_written_facts_read_back_the_same(facts: Series, tmp_path: Path) -> None:
    write_facts(facts, tmp_path)
    again = read_facts(tmp_path)
    assert again.population == facts.population
    for measure, counts in facts.by_class.items():
        assert np.array_equal(again.by_class[measure], counts)
    for measure, counts in facts.by_vaccine.items():
        assert np.array_equal(again.by_vaccine[measure], counts)


def test_the_series_can_stop_earlier(facts: Series) -> None:
    early = facts.until(facts.days[6].item())
    assert len(early.days) == WEEK
    assert early.by_class["dose1"].shape == (WEEK, len(CLASSES) + 1)


def test_the_command_refuses_a_folder_without_the_files(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["facts", "--official", str(tmp_path), "--out", str(tmp_path / "out")])
    assert result.exit_code == 1
    assert "vacsi-fra.csv, ligne 1 : fichier absent" in result.output
    assert not (tmp_path / "out").exists()

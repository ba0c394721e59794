"""The demonstration as a user runs it, and killed anywhere."""

import json
import signal
import time

import pytest

from allant.country.official.facts import load_series

PEOPLE = 1000
_REACHED = """
    WITH dose AS (
        SELECT d.*, 2021 - extract(year FROM p.birth_date) AS age
        FROM immunizations_dose d JOIN people_person p ON p.id = d.person_id WHERE d.ended_at IS NULL AND d.disease = 'covid19'
    ), classed AS (
        SELECT *, CASE WHEN age <= 4 THEN '04' WHEN age <= 9 THEN '09' WHEN age <= 11 THEN '11' WHEN age <= 17 THEN '17'
            WHEN age <= 24 THEN '24' WHEN age <= 29 THEN '29' WHEN age <= 39 THEN '39' WHEN age <= 49 THEN '49'
            WHEN age <= 59 THEN '59' WHEN age <= 64 THEN '64' WHEN age <= 69 THEN '69' WHEN age <= 74 THEN '74'
            WHEN age <= 79 THEN '79' ELSE '80' END AS code
        FROM dose
    )
    SELECT 'dose1', code, count(*) FROM classed WHERE dose_number = 1 GROUP BY 2
    UNION ALL
    SELECT 'complete', code, count(*) FROM classed WHERE series = 'primary' AND dose_number = series_doses GROUP BY 2
    UNION ALL
    SELECT 'booster', code, count(*) FROM classed WHERE series = 'booster' GROUP BY 2"""
DEMO = ("demo", "--no-serve", "--people", str(PEOPLE), "--json")


@pytest.fixture(scope="module")
def whole(home_factory):
    """A demonstration nobody interrupted: its folder, how long it took in seconds, what it wrote."""
    home = home_factory()
    start = time.monotonic()
    outcome = json.loads(home.run(*DEMO))
    return home, time.monotonic() - start, outcome, home.content()


@pytest.mark.timeout(300)
def test_fg_04_every_class_ends_within_one_person_of_the_scaled_official_count(whole):
    home, _, outcome, _ = whole
    found = {(measure, code): count for measure, code, count in home.query(_REACHED)}
    series = load_series()
    for measure in ("dose1", "complete", "booster"):
        for at, code in enumerate(series.classes):
            exact = series.by_class[measure][:, at].sum() * PEOPLE / series.people
            assert abs(found.get((measure, code), 0) - exact) < 1, (measure, code)
    doses = sum(series.by_vaccine[f"dose{n}"].sum() for n in (1, 2, 3, 4)) * PEOPLE / series.people
    assert abs(outcome["doses"] - doses) < 4, "each of the four ranks is within one"


def test_a_second_start_changes_nothing_and_is_quick(whole):
    home, first, outcome, content = whole
    start = time.monotonic()
    assert json.loads(home.run(*DEMO)) == outcome
    assert time.monotonic() - start < max(first, 10)
    assert home.content() == content


def test_another_size_is_refused_with_what_to_do(whole):
    home = whole[0]
    process = home.start("demo", "--no-serve", "--people", "1500")
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "1000 personnes" in err and "--anew" in err


def _stopped_after(home, seconds: float, how: signal.Signals | None) -> tuple[int, str]:
    """Start it, and stop it so (None: kill -9 of PostgreSQL itself); its code and what it said. It may have ended before."""
    process = home.start(*DEMO)
    time.sleep(seconds)
    if how is None and (home.path / "postgres" / "postmaster.pid").exists():
        home.kill_server()
    else:
        process.send_signal(how or signal.SIGKILL)
    _, err = process.communicate(timeout=120)
    return process.returncode, err


@pytest.mark.long
@pytest.mark.timeout(600)
def test_tg_09_fg_04_stopped_three_times_and_started_again_the_figures_are_the_same(whole, home_factory):
    """One folder, stopped by Ctrl+C, which says how to go on, then killed, then its PostgreSQL killed; each time it goes on."""
    _, seconds, outcome, content = whole
    home = home_factory()
    code, err = _stopped_after(home, seconds * 0.45, signal.SIGINT)
    assert code == 130 and "Relancez" in err
    assert _stopped_after(home, seconds * 0.3, signal.SIGKILL)[0] in (0, -signal.SIGKILL)
    _stopped_after(home, seconds * 0.3, None)
    assert json.loads(home.run(*DEMO)) == outcome
    assert home.content() == content


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("fraction", [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 0.9, 0.97])
def test_tg_09_fg_04_killed_at_many_points(whole, home_factory, fraction):
    _, seconds, outcome, content = whole
    home = home_factory()
    _stopped_after(home, seconds * fraction, None if fraction in (0.2, 0.6) else signal.SIGKILL)
    assert json.loads(home.run(*DEMO)) == outcome
    assert home.content() == content

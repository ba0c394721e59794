"""The rule of one person (RP-01, RP-02), by cases worked out by hand, and what it says of itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from typer.testing import CliRunner

from allant.cli.main import application
from allant.doctrine import Age, Delay, add_delay, rules
from allant.recall.posed import latest_birth
from allant.recall.rule import Vaccinated, recall
from allant.site.commands import COMMANDS
from tests.recall.recall_rendering import PAGE, TABLES, asked, page

ADULT = date(1980, 1, 1)
CASES = [(table, case) for table in TABLES for case in table["cases"]]


@pytest.mark.parametrize(("table", "case"), CASES, ids=[f"{table['known_on']} {case['last']}" for table, case in CASES])
def test_rp01_rp02_each_state_of_the_rules(table: Mapping[str, Any], case: Mapping[str, Any]) -> None:
    """RP-01, RP-02: six states of the rules in twelve weeks."""
    found = asked(table, case)
    assert (found.booster_from, found.pass_until) == (case.get("booster"), case.get("pass"))
    assert (found.no_booster == "") is (found.booster_from is not None)
    assert (found.no_end == "") is (found.pass_until is not None)


def test_the_page_of_cases_is_up_to_date() -> None:
    assert PAGE.read_text("utf-8") == page(), "python -m tests.recall.recall_rendering"


def test_rp01_a_month_counts_thirty_days_and_a_half_rounded_up() -> None:
    """RP-01: 1 = 31, 2 = 61, 3 = 92, 4 = 122, 5 = 153, 7 = 214 days."""
    assert [Delay(months).in_days() for months in (1, 2, 3, 4, 5, 7)] == [31, 61, 92, 122, 153, 214]


def test_rp03_the_answer_names_each_rule_that_decided() -> None:
    """RP-03: the opening, the delay, the counting, the end of the pass, each with its dates and its ground."""
    found = recall(Vaccinated(ADULT, "comirnaty", date(2021, 7, 1)), date(2021, 12, 28), rules.as_known_on(date(2021, 12, 28)))
    assert [version.rule_id for version in found.rules] == [
        "covid.booster.opening.adults@2021-11-27/2021-11-27",
        "covid.booster.delay@2021-12-28/2021-12-28",
        "covid.months.counting@2021-12-03/2021-12-03",
        "covid.pass.end_18@2022-01-15/2021-12-03",
        "covid.pass.minimum_age@2021-11-27/2021-11-27",
    ]
    assert all(version.ground for version in found.rules)


@pytest.mark.parametrize(
    ("known_on", "infection", "born", "reasons"),
    [
        ("2021-09-01", None, ADULT, ("not_open", "no_end_known")),
        ("2021-12-28", None, date(2006, 1, 1), ("", "no_end_minor")),
        ("2022-02-15", date(2021, 12, 1), ADULT, ("infection_replaces", "no_end_replaced")),
    ],
)
def test_rp03_no_date_says_why(known_on: str, infection: date | None, born: date, reasons: tuple[str, str]) -> None:
    """RP-03."""
    day = date.fromisoformat(known_on)
    found = recall(Vaccinated(born, "comirnaty", date(2021, 7, 1), infection), day, rules.as_known_on(day))
    assert (found.no_booster, found.no_end) == reasons


@pytest.mark.parametrize("on", [date(2022, 1, 31), date(2022, 2, 28), date(2022, 3, 1), date(2024, 2, 29), date(2022, 12, 30)])
def test_rp02_the_latest_birth_of_an_age_is_the_last_one_that_reached_it(on: date) -> None:
    """RP-02: eighteen years and a month, whatever the length of the months."""
    born = latest_birth(Age(18, 1), on)
    reached = [add_delay(each, Delay(months=217)) <= on for each in (born, date.fromordinal(born.toordinal() + 1))]
    assert reached == [True, False]


def run(*words: str) -> tuple[int, str, str]:
    """A command line of `allant recall`."""
    result = CliRunner().invoke(application(COMMANDS["recall"]), ["recall", *words])
    return result.exit_code, result.stdout, result.stderr


SAID = ("--known-on", "2021-12-03", "--birth-date", "1980-05-01", "--vaccine", "Pfizer", "--last-dose", "2021-07-01")


def test_rp03_the_command_answers_as_json() -> None:
    """RP-03: booster_from, pass_until and the rules, each with its ground; null where there is no date."""
    code, out, _ = run("--json", *SAID)
    answer = json.loads(out)
    assert code == 0 and (answer["booster_from"], answer["pass_until"]) == ("2021-12-01", "2022-01-31")
    assert all(rule["rule"] and rule["label"] and (rule["source"] or rule["assumption"]) for rule in answer["rules"])
    assert json.loads(run("--json", *SAID, "--on", "1990-01-01")[1])["pass_until"] is None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--vaccine", "Sputnik"), "inconnu"), (("--birth-date", "2021-08-01"), "antérieure à la naissance"),
        (("--infection", "1970-01-01"), "antérieure à la naissance"), (("--known-on", "2019-01-01"), "inconnu"),
    ],
)  # fmt: skip
def test_rp03_what_cannot_be_is_refused_in_french(words: tuple[str, ...], said: str) -> None:
    """RP-03."""
    code, out, error = run("--json", *SAID, *words)
    assert (code, out) == (1, "") and said in error

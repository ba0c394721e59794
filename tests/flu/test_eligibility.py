"""RP-20, RP-21, RP-24, RP-25, RP-26: the table of cases, each on a person of the register."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from allant.doctrine import rules
from allant.flu.eligibility import CONTACTS, groups_on, way_of
from allant.flu.known import case_of
from allant.flu.seasons import season_in_force, season_on, seasons
from tests.flu.cases_rendering import CASES, PAGE, page
from tests.flu.people import aged

EACH = [(part["shows"], case) for part in CASES for case in part["cases"]]


@pytest.mark.django_db
@pytest.mark.parametrize(("shows", "case"), EACH, ids=[f"{case['day']}-{case['age']}-{case['then']}" for _, case in EACH])
def test_each_case_of_the_table(shows: str, case: Mapping[str, Any]) -> None:
    """RP-20, RP-21, RP-24, RP-25, RP-26."""
    on = case["day"]
    book = rules.as_known_on(on)
    person = aged(case["age"], *case.get("in", ()), on=on)
    way = way_of(case_of(person, on, book, vouched=case.get("vouched", "")), on, book)
    assert way.contact == case["then"]
    assert way.prescribers == tuple(case.get("needs", ()))
    assert (case["because"] in way.refusal) if "because" in case else way.refusal == ""
    paid = way.cover and [way.cover.vaccine, way.cover.act, way.cover.complementary]
    assert paid == case.get("paid")


def test_the_reference_page_is_up_to_date() -> None:
    assert PAGE.read_text("utf-8") == page(), "python -m tests.flu.cases_rendering"


def test_every_contact_is_shown_by_a_case() -> None:
    """RP-21: the categories are kept apart."""
    assert {case["then"] for _, case in EACH} == set(CONTACTS)


def test_rp_20_a_season_is_doctrine_and_another_opening_date_is_another_version() -> None:
    """RP-20: the dates of the seed, and the second, sourced opening of 2022."""
    book = rules.as_known_on(date(2023, 1, 1))
    found = {season.code: (season.opens_on, season.ends_on) for season in seasons(book)}
    assert found == {
        "2021": (date(2021, 10, 22), date(2022, 1, 31)),
        "2022": (date(2022, 10, 23), date(2023, 1, 31)),
    }
    versions = [version for version in book.history("flu.season") if version.value["opens_on"].year == 2022]
    assert [version.value["opens_on"] for version in versions] == [date(2022, 10, 18), date(2022, 10, 23)]
    assert all(version.source for version in versions)
    assert season_on(rules.as_known_on(date(2022, 7, 1)), date(2022, 10, 20)) is None, "not known yet"
    between = season_in_force(book, date(2022, 6, 1))
    assert between and between.code == "2021" and not between.is_open(date(2022, 6, 1))


def test_rp_21_the_groups_and_their_contact_by_season() -> None:
    """RP-21: the words and the contact of each group, each season's own."""

    def told(on: date) -> dict[str, tuple[str, str]]:
        return {group.code: (group.contact, group.named) for group in groups_on(rules.as_known_on(on), on)}

    first, second = told(date(2021, 11, 5)), told(date(2022, 11, 5))
    letters = {"age_65", "chronic", "caregivers", "home_helpers"}
    assert {code for code, (contact, _) in first.items() if contact == "voucher"} == letters
    assert {code for code, (contact, _) in second.items() if contact == "voucher"} == letters
    assert first["pregnancy"][0] == second["pregnancy"][0] == "information"
    assert first["obesity"] == ("professional", "Personnes souffrant d'obésité morbide")
    assert second["obesity"] == ("professional", "Personnes obèses")
    assert first["around_fragile"][0] == "professional"


def test_rp_21_pregnant_women_are_informed_by_email_then_by_sms_too() -> None:
    """RP-21: e-mail in 2021, e-mail and SMS in 2022; neither campaign sends a voucher."""
    from allant.campaigns.ready_made import plan_named

    book = rules.as_known_on(date(2022, 12, 31))
    plans = {year: plan_named(f"grippe-{year}-grossesse", book) for year in (2021, 2022)}
    assert plans[2021].channels == ("email",)
    assert plans[2022].channels == ("email", "sms")
    assert {plan.template for plan in plans.values()} == {"grippe-information"}

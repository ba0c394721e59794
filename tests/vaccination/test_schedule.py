"""Doses a person needs, and when (VC-34, VC-40, RP-01)."""

from datetime import date

import pytest

from allant.doctrine import Delay, NotYetInForce, UnknownRule, rules
from allant.vaccination.schedule import DoseWindow, add_delay, booster_delay, month_counting, second_dose_window, series_doses

BOOK = rules.as_known_on(date(2022, 3, 1))


@pytest.mark.parametrize(
    ("on", "vaccine", "infected_on", "immunodepressed", "doses"),
    [
        (date(2021, 3, 1), "comirnaty", None, False, 2),
        (date(2021, 5, 1), "janssen", None, False, 1),
        (date(2021, 5, 1), "janssen", date(2020, 4, 1), False, 1),
        (date(2021, 2, 11), "comirnaty", date(2020, 4, 1), False, 2),
        (date(2021, 2, 12), "comirnaty", date(2020, 4, 1), False, 1),
        (date(2021, 3, 1), "comirnaty", date(2020, 12, 1), False, 1),
        (date(2021, 3, 1), "comirnaty", date(2020, 12, 2), False, 2),
        (date(2021, 3, 1), "comirnaty", date(2020, 4, 1), True, 2),
    ],
)
def test_doses_of_the_series(on: date, vaccine: str, infected_on: date | None, immunodepressed: bool, doses: int) -> None:
    """VC-40: an infection three months old counts from 12 February 2021 on, but for the immunodepressed."""
    assert series_doses(BOOK, on, vaccine, infected_on, immunodepressed) == doses


def test_no_schedule_before_the_authorisation_nor_for_an_unknown_vaccine() -> None:
    """VC-38."""
    with pytest.raises(NotYetInForce):
        series_doses(BOOK, date(2021, 3, 10), "janssen")
    with pytest.raises(UnknownRule, match="comirnaty"):
        series_doses(BOOK, date(2021, 3, 10), "comirnati")


def test_when_the_second_dose_is_due() -> None:
    """VC-34: by the rule of the day of the first dose."""
    assert second_dose_window(BOOK, date(2021, 2, 1), "comirnaty") == DoseWindow(
        date(2021, 2, 22), date(2021, 3, 1), date(2021, 3, 15)
    )
    assert second_dose_window(BOOK, date(2021, 4, 14), "comirnaty") == DoseWindow(
        date(2021, 5, 5), date(2021, 5, 26), date(2021, 6, 2)
    )
    assert second_dose_window(BOOK, date(2021, 5, 1), "janssen") is None


@pytest.mark.parametrize(
    ("known_on", "vaccine", "last_on", "due"),
    [
        (date(2021, 9, 1), "comirnaty", date(2021, 3, 31), date(2021, 9, 30)),
        (date(2021, 11, 27), "comirnaty", date(2021, 6, 30), date(2021, 11, 30)),
        (date(2021, 12, 3), "comirnaty", date(2021, 7, 1), date(2021, 12, 1)),
        (date(2021, 12, 24), "comirnaty", date(2021, 9, 1), date(2022, 1, 1)),
        (date(2021, 12, 28), "comirnaty", date(2021, 10, 1), date(2022, 1, 1)),
        (date(2021, 12, 28), "janssen", date(2021, 12, 1), date(2022, 1, 1)),
        (date(2021, 9, 1), "janssen", date(2021, 7, 31), date(2021, 8, 31)),
    ],
)
def test_last_dose_plus_booster_delay(known_on: date, vaccine: str, last_on: date, due: date) -> None:
    """RP-01: each state, calendar months before 3 December 2021 and 30.5 days a month since."""
    book = rules.as_known_on(known_on)
    delay = booster_delay(book, known_on, vaccine)
    assert add_delay(last_on, delay, month_counting(book, known_on)) == due


def test_the_severely_immunodepressed_have_a_third_dose_four_weeks_after() -> None:
    assert booster_delay(BOOK, date(2021, 4, 28), "comirnaty", immunodepressed=True) == Delay(days=28)
    with pytest.raises(NotYetInForce):
        booster_delay(BOOK, date(2021, 4, 28), "comirnaty")

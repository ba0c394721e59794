"""Numbers are rounded, never cut, and written in French; so are dates."""

from datetime import UTC, date, datetime

import pytest
from django.template import Context, Template

from allant.pages.base.numbers import count, percent, points

NO_BREAK = "\u00a0"


@pytest.mark.parametrize(
    ("value", "written"), [(75.09, "75,1"), (75.04, "75,0"), (0.06, "0,1"), (99.96, "100,0"), (0, "0,0"), (1234.56, "1 234,6")]
)
def test_percent(value: float, written: str) -> None:
    assert percent(value) == f"{written} %".replace(" ", NO_BREAK)


@pytest.mark.parametrize(("value", "written"), [(50_819_018, "50 819 018"), (51698.6, "51 699"), (0, "0")])
def test_count(value: float, written: str) -> None:
    assert count(value) == written.replace(" ", NO_BREAK)


@pytest.mark.parametrize(("value", "written"), [(1.26, "+1,3"), (-0.06, "−0,1"), (-0.04, "0,0"), (0.04, "0,0"), (0, "0,0")])
def test_points(value: float, written: str) -> None:
    assert points(value) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (date(2021, 9, 1), "1er septembre 2021"),
        (date(2021, 11, 21), "21 novembre 2021"),
        (None, ""),
        (datetime(2021, 8, 31, 22, 30, tzinfo=UTC), "1er septembre 2021"),  # already the next day in Paris
    ],
)
def test_day(value: date | None, written: str) -> None:
    assert Template("{% load french %}{{ value|day }}").render(Context({"value": value})) == written


def test_day_of_the_week() -> None:
    assert (
        Template("{% load french %}{{ value|week_day }}").render(Context({"value": date(2021, 8, 1)})) == "dimanche 1er août 2021"
    )

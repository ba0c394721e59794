"""Numbers are rounded, never cut, and written in French."""

import pytest

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

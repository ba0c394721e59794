"""Age in whole years, by one function for every page, list, file and rule."""

from datetime import date, timedelta

import pytest

from allant.doctrine.age import age_on, born_by


@pytest.mark.parametrize(
    ("born", "on", "age"),
    [
        ("2004-02-29", "2021-02-28", 16),
        ("2004-02-29", "2021-03-01", 17),
        ("1940-03-12", "2021-03-11", 80),
        ("1940-03-12", "2021-03-12", 81),
        ("2021-03-12", "2021-03-11", -1),
    ],
)
def test_age_is_counted_in_whole_years(born: str, on: str, age: int) -> None:
    """One grows older on the birthday, on 1 March when the year has no 29 February."""
    day = date.fromisoformat(on)
    assert age_on(date.fromisoformat(born), day) == age
    assert age_on(born_by(40, day), day) == 40 > age_on(born_by(40, day) + timedelta(days=1), day)

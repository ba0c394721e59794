"""The day of eligibility is that of the first phase which holds the person (`covid.priority`)."""

import numpy as np

from allant.country.replay.eligibility import eligible_days, situations_used

BIRTHS = np.array(["1930-05-05", "1950-01-01", "1990-02-28", "2000-02-29", "2009-07-15", "NaT"], dtype="datetime64[D]")


def test_by_age_alone() -> None:
    found = eligible_days(BIRTHS)
    assert found.astype(str).tolist() == ["2021-01-18", "2021-03-27", "2021-05-31", "2021-05-31", "2021-07-15", "NaT"]


def test_a_situation_comes_first_within_its_ages() -> None:
    everybody = np.ones(len(BIRTHS), dtype=bool)
    found = eligible_days(BIRTHS, {"profession": everybody})
    assert found.astype(str).tolist() == ["2021-01-04", "2021-01-04", "2021-02-06", "2021-02-06", "2021-07-15", "NaT"]
    assert eligible_days(BIRTHS, {"institution:ehpad": everybody}).astype(str)[-1] == "2020-12-27"


def test_the_situations_that_matter_are_those_of_the_doctrine() -> None:
    assert {"ald", "immunodepressed", "institution:ehpad", "profession"} <= set(situations_used())

"""The recording rules by example (VC-38): one table of cases, checked on both engines and rendered into docs/reference.

`cases`: one act judged against what was before, with the day before, of and after each boundary. `stories`: sendings one after
the other, through the recording itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

FIRST = {
    "person_id": 1,
    "person_known": True,
    "birth_date": "1950-05-01",
    "situations": ",",
    "occurred_on": "2021-03-01",
    "vaccine": "comirnaty",
    "dose_number": 1,
    "series_doses": 2,
    "series": "primary",
    "today": "2022-06-01",
}
AFTER_ONE = {
    "previous_on": "2021-03-01", "previous_number": 1, "previous_vaccine": "comirnaty", "first_vaccine": "comirnaty",
    "previous_complete": False,
}  # fmt: skip
AFTER_TWO = {**AFTER_ONE, "previous_number": 2, "previous_complete": True}
SECOND = FIRST | AFTER_ONE | {"dose_number": 2, "occurred_on": "2021-04-01"}
THIRD = FIRST | AFTER_TWO | {"dose_number": 3, "occurred_on": "2021-05-01"}
BOOSTER = FIRST | AFTER_TWO | {"dose_number": 3, "occurred_on": "2021-10-01", "series": "booster"}
SECOND_BOOSTER = BOOSTER | {
    "series": "second_booster", "previous_on": "2021-10-01", "previous_number": 3, "dose_number": 4, "occurred_on": "2022-04-15",
}  # fmt: skip
ACTS: Mapping[str, Mapping[str, Any]] = {
    "first": FIRST,
    "second": SECOND,
    "third": THIRD,
    "booster": BOOSTER,
    "second booster": SECOND_BOOSTER,
}


@dataclass(frozen=True)
class Case:
    """One act: what is shown, the act of `ACTS` it starts from, what differs, and the first code found ('' when accepted)."""

    shows: str
    act: str
    differs: Mapping[str, Any]
    verdict: str = ""

    @property
    def prepared(self) -> dict[str, Any]:
        """The row of the prepared relation."""
        return {**ACTS[self.act], **self.differs}


@dataclass(frozen=True)
class Chapter:
    """Cases of one check, named by its code."""

    code: str
    cases: list[Case]


@dataclass(frozen=True)
class Step:
    """One sending and what becomes of it: `recorded`, `already there`, `refused: CODE` or `recorded, forced: CODE`."""

    key: str
    act: str
    outcome: str
    forced_reason: str = ""
    told: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Story:
    """Sendings about one person, in order; `given`: what is known before (`infection`, `lot expires`, `lot recalled`)."""

    shows: str
    steps: list[Step]
    given: Mapping[str, str] = field(default_factory=dict)

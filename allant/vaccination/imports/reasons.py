"""Everything that can be wrong with a file of doses: one kind, one column, one French message that says what to do.

The texts are in `reasons.yaml`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from typing import Literal

import yaml

from allant.immunizations.checks import REASONS as RECORDING_REASONS


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of fault. `column`: the one to correct, '' for the whole line or file; `message` with `{…}` to fill."""

    code: str
    scope: Literal["file", "line"]
    column: str
    message: str

    def says(self, **details: object) -> str:
        """The message, filled."""
        return self.message.format(**details)


def _shipped() -> Iterator[Kind]:
    sections = yaml.safe_load(files("allant.vaccination.imports").joinpath("reasons.yaml").read_text("utf-8"))
    for section, kinds in sections.items():
        for code, kind in kinds.items():
            yield Kind(code, "file" if section == "file" else "line", kind.get("column", ""), kind["message"])


# What the recording itself refuses (allant.immunizations.checks), with the column to look at first.
_COLUMN_OF_CHECK = {
    "unknown_vaccine": "vaccin", "in_the_future": "date", "before_birth": "date", "after_death": "date", "same_day": "date",
    "rank_taken": "rang", "vaccine_not_named": "vaccin", "before_authorisation": "date", "under_minimum_age": "vaccin",
    "interval_too_short": "date", "rank_skips": "rang", "rank_goes_back": "rang", "series_too_short": "rang",
    "beyond_series": "rang", "booster_without_primary": "rang", "booster_before_opening": "date", "booster_too_early": "date",
    "key_reused": "identifiant", "unknown_person": "nir",
}  # fmt: skip


def _of_recording() -> Iterator[Kind]:
    for code, message in RECORDING_REASONS.items():
        column = _COLUMN_OF_CHECK.get(code, "lot" if code.startswith("lot_") else "")
        yield Kind(code, "line", column, message.replace("{", "{{").replace("}", "}}"))


KINDS = {kind.code: kind for kind in (*_of_recording(), *_shipped())}
"""Every kind, by code."""


class FileRefused(ValueError):
    """A file that cannot be read at all: nothing was recorded. `faults`: kind and message (French), all of them at once."""

    def __init__(self, *faults: tuple[Kind, str]) -> None:
        self.faults = faults
        super().__init__(" ".join(message for _, message in faults))


def refused(code: str, **details: object) -> tuple[Kind, str]:
    """A fault of a whole file."""
    return KINDS[code], KINDS[code].says(**details)

"""The shape of a summary: once for the page, the paper and the CSV file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

Values = tuple[tuple[str, str], ...]
Section = tuple[str, Values]


@dataclass(frozen=True, slots=True)
class Summary:
    """`sections`: (heading, ((label, value), …)), in French, no value empty. `subject`: what it sums up, also when `title` is
    the rectification's. `next_from`: the day from which to book the next dose. `code`: grouped, on a declaration only.
    `adverse_effects`: what to copy into the portal of `adverse_effects_url`. `bearer`: the person; `signatory`: who signs it,
    with their structure.
    """

    title: str
    subject: str
    version: int
    is_current: bool
    sections: tuple[Section, ...]
    next_from: date | None = None
    adverse_effects_url: str | None = None
    adverse_effects: Values = ()
    code: str | None = None
    bearer: str = ""
    signatory: str = ""

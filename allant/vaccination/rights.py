"""What each profession may do in the téléservice, and from when (VC-02). Pure: the rule book and a date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from allant.doctrine import RuleBook
from allant.doctrine.errors import UnknownRule


@dataclass(frozen=True, slots=True)
class Rights:
    """`find` a patient, `declare` an eligibility, `record` a dose; `opens_on`: when a closed profession will first be let in."""

    find: bool
    declare: bool
    record: bool
    opens_on: date | None = None


NONE = Rights(find=False, declare=False, record=False)


def rights_of(profession_code: str, on: date, book: RuleBook) -> Rights:
    """The rights on a day of a profession of `teleservice.professions`; none for an unknown code.

    `opens_on` is the first later day known to `book` on which a profession without rights receives some.
    """
    try:
        periods = book.periods(f"teleservice.professions.{profession_code}")
    except UnknownRule:
        return NONE
    current, opens_on = NONE, None
    for period in periods:
        declare, record = bool(period.value["declares_eligibility"]), bool(period.value["records_doses"])
        if period.starts_on <= on:
            current = Rights(find=declare or record, declare=declare, record=record)
        elif (declare or record) and not current.find:
            opens_on = period.starts_on
            break
    return Rights(current.find, current.declare, current.record, opens_on)

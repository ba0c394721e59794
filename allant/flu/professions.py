"""What each profession may do in the vaccination against flu, and from when (RP-23, RP-24). Pure: the rule book and a date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from allant.doctrine import NotYetInForce, RuleBook
from allant.doctrine.errors import UnknownRule


@dataclass(frozen=True, slots=True)
class FluRights:
    """`find`: open a person's file; `deliver` a vaccine; `hand` a voucher over; `inject`."""

    deliver: bool = False
    hand: bool = False
    inject: bool = False

    @property
    def find(self) -> bool:
        """Whoever may do something may look."""
        return self.deliver or self.hand or self.inject


def flu_rights(profession: str, on: date, book: RuleBook) -> FluRights:
    """The rights on a day of a profession (a code of `teleservice.professions`); none when the doctrine does not name it."""
    try:
        value = book.value(f"flu.professions.{profession}", on)
    except (UnknownRule, NotYetInForce):
        return FluRights()
    return FluRights(value["delivers"], value["hands_vouchers"], value["injects"])

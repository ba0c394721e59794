"""What a programme encloses with the letters of its campaigns (a voucher): written in the transaction of the invitation, so that
no letter leaves without it, whatever process is killed in the middle.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Protocol

from allant.campaigns.models import Campaign, Invitation, Wave

Words = Mapping[int, Mapping[str, str]]
"""Invitation → placeholder → text."""


class Enclosure(Protocol):
    """Offered by a programme for the campaigns that send one of its letters."""

    def refusal(self, campaign: Campaign, on: date) -> str:
        """Why no wave may leave that day, in French; empty when it may."""

    def write(self, wave: Wave, first: int, last: int) -> None:
        """Write what goes with the invitations of these serials; again, nothing more."""

    def replace(self, former: Invitation, fresh: Invitation, by: str) -> None:
        """The invitation was re-issued: what went with the former one goes with the fresh one. Raises ValueError, in French."""

    def words(self, invitations: Sequence[int]) -> Words:
        """What the letters say of it; an invitation left out has lost it, and its letter does not leave."""


_offered: dict[tuple[str, str], Enclosure] = {}


def register(programme: str, template: str, enclosure: Enclosure) -> None:
    """Called once from an `AppConfig.ready`: the letters `template` of the programme's campaigns carry it."""
    if _offered.setdefault((programme, template), enclosure) is not enclosure:
        raise ValueError(f"Two enclosures are registered for {programme}, {template}.")


def of(campaign: Campaign) -> Enclosure | None:
    """What goes with the letters of a campaign, if anything."""
    return _offered.get((campaign.programme, campaign.template))


def lent(invitations: Mapping[int, tuple[str, str]]) -> dict[int, Mapping[str, str]]:
    """Invitation → words of its enclosure, none for a campaign without. `invitations`: number → programme and template.

    Those that have lost theirs are left out.
    """
    found: dict[int, Mapping[str, str]] = {}
    for kind in set(invitations.values()):
        numbers = [number for number, each in invitations.items() if each == kind]
        enclosure = _offered.get(kind)
        found |= enclosure.words(numbers) if enclosure else {number: {} for number in numbers}
    return found

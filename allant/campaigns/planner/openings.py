"""When the groups of a programme open, as known on a day: each programme says it for its campaigns, in the order of its doctrine."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from allant.campaigns.models import Campaign
from allant.doctrine import RuleBook

Openings = Mapping[str, date]
"""Slug of a campaign → day its group opens; in the doctrine's order of priority."""

_programmes: dict[str, Callable[[RuleBook], Openings]] = {}


def register(programme: str, openings: Callable[[RuleBook], Openings]) -> None:
    """Called once a programme from an `AppConfig.ready`; a second registration of another function is an error."""
    if _programmes.setdefault(programme, openings) is not openings:
        raise ValueError(f"The openings of {programme!r} are registered twice.")


def in_order(programme: str, campaigns: Sequence[Campaign], book: RuleBook) -> list[tuple[Campaign, date]]:
    """The campaigns with the day each may begin, the most urgent first: by opening day, then as the doctrine lists them.

    A campaign never begins before its own first day, nor before its group opens by what the book knows. A campaign that the
    doctrine does not name (made on a page) comes by its own first day, after those of the doctrine.
    """
    known = _programmes[programme](book) if programme in _programmes else {}
    ranks = {slug: rank for rank, slug in enumerate(known)}
    dated = [(each, max(each.starts_on, known.get(each.slug, each.starts_on))) for each in campaigns]
    return sorted(dated, key=lambda pair: (pair[1], ranks.get(pair[0].slug, len(ranks)), pair[0].slug))

"""When the groups of a programme open, as known on a day, and which comes first: the doctrine's order of priority."""

from collections.abc import Sequence
from datetime import date

from allant.campaigns.models import Campaign
from allant.campaigns.ready_made import ready_made
from allant.doctrine import RuleBook


def in_order(programme: str, campaigns: Sequence[Campaign], book: RuleBook) -> list[tuple[Campaign, date]]:
    """The campaigns with the day each may begin, the most urgent first: by opening day, then as the doctrine lists them.

    A campaign never begins before its own first day, nor before its group opens by what the book knows. A campaign that no file
    of the programme names (made on a page) comes by its own first day, after those that one names.
    """
    known = {plan.slug: plan.starts_on for plan in ready_made(book, programme)}
    ranks = {slug: rank for rank, slug in enumerate(known)}
    dated = [(each, max(each.starts_on, known.get(each.slug, each.starts_on))) for each in campaigns]
    return sorted(dated, key=lambda pair: (pair[1], ranks.get(pair[0].slug, len(ranks)), pair[0].slug))

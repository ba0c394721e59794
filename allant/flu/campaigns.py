"""What the campaigns of the programme ask for, and who may still do it. Their entries are in `ready_made.yaml`.

An injection is given each season: no objective counts who ever had one, and who has had that of the season is not invited.
"""

from __future__ import annotations

from datetime import date

from allant.campaigns.ready_made import Act, Programme
from allant.campaigns.ready_made.registry import Criteria
from allant.doctrine import RuleBook
from allant.flu.seasons import season_in_force
from allant.targeting import tables
from allant.targeting.language import Condition

PROGRAMME = "flu"


def not_yet_this_season(book: RuleBook, on: date, criteria: Criteria) -> Condition | None:
    """No injection since the season of that day opened; None before the first season known."""
    season = season_in_force(book, on)
    if season is None:
        return None
    injections = tables().flu_injection
    received: Condition = injections.where(injections.occurred_on >= season.opens_on).exists()
    return ~received


ACTS = {"injection": Act("flu_injection.occurred_on", due=not_yet_this_season, label="Injection contre la grippe")}
FLU = Programme(PROGRAMME, "allant.flu", ACTS)

"""Ready-made campaigns (TG-12): files of entries that each programme registers, turned into plans by what the doctrine knows.

A programme registers its file and its acts from its `AppConfig.ready`; programmes do not know each other.
"""

from allant.campaigns.ready_made.entries import Entry, Figure, InvalidEntry
from allant.campaigns.ready_made.plans import UnknownCampaign, measured, plan_named, ready_made
from allant.campaigns.ready_made.registry import Act, Programme, act_name, acts_offered, programmes, register

__all__ = [
    "Act",
    "Entry",
    "Figure",
    "InvalidEntry",
    "Programme",
    "UnknownCampaign",
    "act_name",
    "acts_offered",
    "measured",
    "plan_named",
    "programmes",
    "ready_made",
    "register",
]  # fmt: skip

"""The planner's codes in French words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from allant.campaigns.models import Campaign
from allant.campaigns.planner import allotment
from allant.geography import departements

LIMITS = {
    allotment.DOSES: "doses",
    allotment.SLOTS: "créneaux",
    allotment.BOTH: "doses et créneaux",
    allotment.FOLLOW_UPS: "secondes doses",
    allotment.NO_CAPACITY: "rien de saisi",
    allotment.EVERYBODY: "plus personne n’attend",
}
NAMES = {
    "covid19": "Vaccination contre la Covid-19",
    "flu": "Vaccination contre la grippe",
    "health_space": "Mon espace santé",
    "rights": "Droits à la C2S et à l’AME",
}
RESERVE_NAME = "Réserve nationale"
UNKNOWN_PLACE = "Département non renseigné"


def programme_name(code: str) -> str:
    """`covid19` → its French name; a code without a name is shown as it is."""
    return NAMES.get(code, code)


def programme_choices() -> list[tuple[str, str]]:
    """The programmes that have a campaign, as (code, name)."""
    codes = Campaign.objects.order_by("programme").values_list("programme", flat=True).distinct()
    return [(code, programme_name(code)) for code in codes]


def place_name(code: str) -> str:
    """The name of a département; an empty code is people whose département is not known."""
    return f"{code} {departements()[code].name}" if code else UNKNOWN_PLACE


def limits_said(limits: Mapping[int, int]) -> str:
    """What holds back the départements where people wait, the most frequent first: `doses (45 dép.), créneaux (12 dép.)`."""
    held = [(limit, places) for limit, places in limits.items() if limit != allotment.EVERYBODY]
    some = sorted(held, key=lambda item: (-item[1], item[0]))
    if not some:
        return LIMITS[allotment.EVERYBODY]
    if sum(limits.values()) == 1:
        return LIMITS[some[0][0]]
    return ", ".join(f"{LIMITS[limit]} ({places} dép.)" for limit, places in some)


def done_said(done_in: date | None) -> str:
    """The week in which the last one of a group, or of a département, is invited."""
    return f"semaine du {done_in:%d/%m/%Y}" if done_in else "pas dans l’horizon"

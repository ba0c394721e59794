"""The time zone of each département: overseas, the hour on the wall is not that of Paris."""

from __future__ import annotations

from collections.abc import Mapping
from zoneinfo import ZoneInfo

OVERSEAS: Mapping[str, str] = {
    "971": "America/Guadeloupe", "972": "America/Martinique", "973": "America/Cayenne", "974": "Indian/Reunion",
    "975": "America/Miquelon", "976": "Indian/Mayotte", "977": "America/St_Barthelemy", "978": "America/Marigot",
    "984": "Indian/Kerguelen", "986": "Pacific/Wallis", "987": "Pacific/Tahiti", "988": "Pacific/Noumea",
}  # fmt: skip
"""Département → zone, where it is not that of Paris. Source: IANA time zone database, zone1970.tab."""


def zone_of(departement_code: str | None) -> ZoneInfo:
    """The zone of a département; that of Paris where it is unknown."""
    return ZoneInfo(OVERSEAS.get(departement_code or "", "Europe/Paris"))

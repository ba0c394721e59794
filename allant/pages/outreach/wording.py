"""Channels in French words."""

from __future__ import annotations

from allant.outreach.models import Channel


def channel_name(code: str) -> str:
    """A channel as the pages say it; all of them when the code is empty."""
    return str(Channel(code).label) if code else "tous les canaux"


KINDS = {"stop": "Arrêt demandé", "start": "Reprise demandée", "dialogue": "Suite d'un dialogue", "reply": "Réponse libre"}


def dialled(number: str) -> str:
    """`33639980001` as it is dialled in France: 06 39 98 00 01; a foreign number with its +."""
    national = number.removeprefix("+")
    if national.startswith("33") and len(national) == 11:
        national = "0" + national[2:]
    if len(national) != 10 or not national.startswith("0"):
        return "+" + national
    return "\N{NO-BREAK SPACE}".join(national[place : place + 2] for place in range(0, 10, 2))

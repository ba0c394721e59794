"""Communes and known places proposed as one types, from the second character (VC-13, VC-31)."""

from __future__ import annotations

import re
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from allant import geography
from allant.accounts.access import requires
from allant.accounts.roles import Role
from allant.directory.models import Location
from allant.pages.professional.acting import for_teleservice

SHOWN = 12
LONGEST = 80


@requires(Role.HEALTH_PROFESSIONAL)
@for_teleservice(may="find")
@require_safe
def places(request: HttpRequest) -> JsonResponse:
    """`?q=` (two characters or more): `{"results": [{"label", "value", "fill"}]}`, at most twelve, known places first.

    `fill`: values for other fields by name: `postcode`, `commune_code`, and `place_name` for a known place, which `?kind=` (a
    code of `teleservice.places`) asks for. Nothing of a patient is read, so nothing is written in the access log.
    """
    request.access_logged = True  # type: ignore[attr-defined]
    text = request.GET.get("q", "").strip()[:LONGEST]
    found = known_places(text, request.GET["kind"]) if request.GET.get("kind") else []
    results = [*found, *(proposal(place) for place in complete(text))][:SHOWN]
    return JsonResponse({"results": results})


def complete(text: str, limit: int = SHOWN) -> list[geography.Place]:
    """Communes by the beginning of a postcode or of a name; « 35000 Ren » narrows the postcode by the name."""
    both = re.fullmatch(r"(\d{5})\s*[,\-]?\s*(\D+)", text.strip())
    if both is None:
        return geography.find(text, limit)
    beginning = geography.fold(both[2])
    return [place for place in geography.find(both[1], 100) if geography.fold(place.name).startswith(beginning)][:limit]


def label(place: geography.Place) -> str:
    """A commune as the lists write it."""
    return f"{place.postcode} {place.name}"


def proposal(place: geography.Place) -> dict[str, Any]:
    """A commune as the completion field reads it."""
    return {"label": label(place), "value": label(place), "fill": {"postcode": place.postcode, "commune_code": place.code}}


def known_places(text: str, kind: str) -> list[dict[str, Any]]:
    """Places of this kind where acts were done, by the beginning of their name or postcode."""
    if len(text) < geography.finder.MIN_CHARACTERS:
        return []
    return [
        {
            "label": f"{location.name} ({location.postcode})",
            "value": location.name,
            "fill": {"place_name": location.name, "postcode": location.postcode, "commune_code": location.commune_code},
        }
        for location in Location.objects.completing(text).filter(kind=kind)[:SHOWN]
    ]


def resolve(text: str, commune_code: str = "") -> list[geography.Place]:
    """What a typed or chosen line means: one place when it is plain, several to choose among, none when unknown.

    `commune_code` is that of the choice made in the list; it decides between places that bear the line's words.
    """
    found = complete(text)
    exact = [place for place in found if geography.fold(label(place)) == geography.fold(text)] or [
        place for place in found if geography.fold(place.name) == geography.fold(text)
    ]
    chosen = [place for place in exact or found if place.code == commune_code]
    return chosen[:1] or exact or found

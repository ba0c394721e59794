"""Lots proposed as one types (VC-30)."""

from __future__ import annotations

from datetime import date

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from allant import clock
from allant.accounts.access import requires
from allant.accounts.roles import Role
from allant.immunizations.models import Lot, Vaccine
from allant.pages.professional.acting import for_teleservice

SHOWN = 12
LONGEST = 40


@requires(Role.HEALTH_PROFESSIONAL)
@for_teleservice(may="record")
@require_safe
def lots(request: HttpRequest) -> JsonResponse:
    """`?q=&vaccine=`: `{"results": [{"label", "value"}]}`, the usable lots of the vaccine first, the others with why not.

    Nothing of a patient is read, so nothing is written in the access log.
    """
    request.access_logged = True  # type: ignore[attr-defined]
    today = clock.today()
    typed, vaccine = request.GET.get("q", "").replace("\0", "").strip()[:LONGEST], request.GET.get("vaccine", "")
    known = typed and vaccine in Vaccine.values
    found = list(Lot.objects.completing(vaccine, typed).order_by("number")[: 4 * SHOWN]) if known else []
    noted = sorted(((_note(lot, today), lot.number) for lot in found), key=lambda pair: (bool(pair[0]), pair[1]))
    results = [{"label": f"{number}{note}", "value": number} for note, number in noted[:SHOWN]]
    return JsonResponse({"results": results})


def _note(lot: Lot, today: date) -> str:
    if lot.recalled_on and lot.recalled_on <= today:
        return f" (rappelé le {lot.recalled_on:%d/%m/%Y})"
    if lot.expires_on and lot.expires_on < today:
        return f" (périmé le {lot.expires_on:%d/%m/%Y})"
    return ""

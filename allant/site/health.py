"""`/sante/`: whether the service can work, and whether messages leave, for supervisors. Counts and instants only."""

from __future__ import annotations

from typing import Any

from django.db import Error, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from allant import clock
from allant.outreach import supervision


@require_safe
@never_cache
def health(request: HttpRequest) -> JsonResponse:
    """200 when the database answers, 503 otherwise: a web server is not taken out because a sender is late."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        state = supervision.state(clock.now())
    except Error:
        return JsonResponse({"base": "injoignable"}, status=503)
    return JsonResponse({"base": "ok", **_said(state)})


@require_safe
@never_cache
def sendings_health(request: HttpRequest) -> JsonResponse:
    """503 when somebody should look at the senders or the jobs: for the supervisor of the workers, not of the web servers."""
    try:
        state = supervision.state(clock.now())
    except Error:
        return JsonResponse({"base": "injoignable"}, status=503)
    return JsonResponse(_said(state), status=503 if state.late else 200)


def _said(state: supervision.State) -> dict[str, Any]:
    return {
        "envois": "en retard" if state.late else "ok",
        "canaux": [
            {
                "canal": flow.channel, "etat": "en retard" if flow.late else "ok", "processus_vivants": flow.alive,
                "processus_silencieux": flow.silent,
                "plus_ancien_prevu_le": flow.planned, "plus_ancien_retenu_jusqu_a": flow.held_until,
            }
            for flow in state.flows
        ],
        "taches": {
            "etat": "en retard" if state.jobs.late else "ok", "dernier_signe": state.jobs.seen, "bloquees": state.jobs.stalled,
            "en_echec": state.jobs.failed,
        },
        "messages_d_un_processus_mort": state.in_dead_hands,
        "arrets_en_vigueur": state.stops,
    }  # fmt: skip

"""The charts of a date, as SVG files: the pages show them as pictures, beside the table of the same values."""

from __future__ import annotations

from collections.abc import Callable

from django.core.cache import caches
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from allant import clock
from allant.accounts.access import public
from allant.figures.aggregate import NoDose
from allant.figures.charts import render_curves
from allant.figures.maps import render_map
from allant.pages.public.board import Board
from allant.pages.public.days import asked_day

KEPT = 3600  # seconds; the key changes with the doses, so this only bounds the memory


@public
@require_safe
def curves(request: HttpRequest) -> HttpResponse:
    """Complete vaccination by age class, from the first day to the date."""
    return _picture(request, "curves", lambda board: render_curves(board.curves(), "Vaccination complète par classe d'âge"))


@public
@require_safe
def departement_map(request: HttpRequest) -> HttpResponse:
    """Complete vaccination by département, simulated distribution."""
    title = "Vaccination complète par département, distribution simulée"
    return _picture(request, "map", lambda board: render_map(board.map_values(), title, board.figures.nation.complete.percent))


def _picture(request: HttpRequest, name: str, draw: Callable[[Board], bytes]) -> HttpResponse:
    try:
        board = Board(asked_day(request)[0], clock.today())
        key = f"{name}-{board.source.version()}-{board.on}"
        picture: bytes = caches["charts"].get_or_set(key, lambda: draw(board), KEPT)
    except (NoDose, ValueError) as error:
        raise Http404("Rien à tracer à cette date.") from error
    return HttpResponse(picture, content_type="image/svg+xml")

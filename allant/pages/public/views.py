"""The home page, and the figures of any date."""

from __future__ import annotations

import csv
from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from allant import clock
from allant.accounts.access import public
from allant.figures.aggregate import NoDose
from allant.figures.charts import describe_curves
from allant.figures.definitions import definitions
from allant.pages.public.board import MEASURES, Board, shares_of
from allant.pages.public.days import asked_day
from allant.pages.public.doors import DOORS, PROMISES


@public
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What Allant is, three live figures, the doors."""
    context = {"title": "Accueil", "doors": DOORS, "promises": PROMISES, "cards": [], "day": None}
    try:
        board = Board(None, clock.today())
    except NoDose:
        return render(request, "public/home.html", context)
    return render(request, "public/home.html", context | {"cards": board.main_cards(), "day": board.on})


@public
@require_safe
def figures(request: HttpRequest) -> HttpResponse:
    """Key figures of a date, curves, ages beside the official series, départements (FG-01, FG-08)."""
    asked, wrong = asked_day(request)
    try:
        board = Board(asked, clock.today())
    except NoDose:
        return render(request, "public/no_figures.html", {"title": "Chiffres de la vaccination"})
    context = {
        "title": "Chiffres de la vaccination",
        "board": board,
        "notice": wrong or _outside(asked, board),
        "cards": board.main_cards() + board.more_cards(),
        "ages": board.age_rows(),
        "remaining": board.figures.remaining,
        "places": board.place_rows(),
        "curves_alternative": describe_curves(board.curves()),
        "map_alternative": board.map_alternative(),
    }
    return render(request, "public/figures.html", context)


@public
@require_safe
def ages_csv(request: HttpRequest) -> HttpResponse:
    """The table by age of a date, semicolons, exact counts and rounded percentages."""
    asked, wrong = asked_day(request)
    try:
        board = Board(asked, clock.today())
    except NoDose as error:
        return HttpResponse(str(error), status=404, content_type="text/plain; charset=utf-8")
    if wrong:
        return HttpResponse(wrong, status=400, content_type="text/plain; charset=utf-8")
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="couverture-par-age-{board.on:%Y-%m-%d}.csv"'
    writer = csv.writer(response, delimiter=";", lineterminator="\n")
    writer.writerow(["jour", "clage_vacsi", *(f"{kind}_{measure}" for measure in MEASURES for kind in ("n_cum", "couv"))])
    for row in (board.figures.nation, *board.figures.by_age):
        values = [value for share in shares_of(row) for value in (share.persons, round(share.percent, 1))]
        writer.writerow([board.on, row.code, *values])
    return response


@public
@require_safe
def figure_definitions(request: HttpRequest) -> HttpResponse:
    """The definition of each figure; pages and files link here."""
    trail = [("Chiffres de la vaccination", reverse("figures"))]
    context = {"title": "Définitions", "trail": trail, "definitions": definitions().values()}
    return render(request, "public/definitions.html", context)


def _outside(asked: date | None, board: Board) -> str:
    if asked is None or asked == board.on:
        return ""
    first, last = board.period.first, board.period.last
    return f"Le {asked:%d/%m/%Y} est hors de la période, du {first:%d/%m/%Y} au {last:%d/%m/%Y}. Voici la date la plus proche."

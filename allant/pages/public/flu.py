"""The coverage of people at risk against flu, by season, with the objective (RP-28): a page, a file, a definition."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.core.cache import caches
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from allant import clock
from allant.accounts.access import public
from allant.doctrine import RuleBook, rules
from allant.figures.parameters import Parameters
from allant.figures.sources import PostgresSource
from allant.flu.coverage import SeasonCoverage, Share, begun, coverage_of, objective, published
from allant.pages.base.numbers import count, percent, points
from allant.pages.base.sheets import sheet

KEPT = 3_600  # seconds: a situation may change without a dose
HEADER = ("saison", "groupe", "libelle", "personnes", "vaccinees", "couverture", "objectif", "jusqu_au", "source")
OURS = "doses enregistrées"


@dataclass(frozen=True)
class Row:
    """One line of the page: a season, or a group of one. `percent` is None under statistical secrecy."""

    season: str
    code: str
    label: str
    persons: int | None
    vaccinated: int | None
    percent: float | None
    until: date | None
    source: str

    def cells(self, aim: float) -> tuple[str, str, str, str]:
        """Persons, vaccinated, coverage, distance to the objective."""
        return (
            "" if self.persons is None else count(self.persons),
            "" if self.vaccinated is None else count(self.vaccinated),
            "" if self.percent is None else percent(self.percent),
            "" if self.percent is None else points(self.percent - aim),
        )


@public
@require_safe
def flu_figures(request: HttpRequest) -> HttpResponse:
    """Each season beside the objective, then the last one by group."""
    on = clock.today()
    book = rules.as_known_on(on)
    rows, aim = _rows(on, book), objective(on, book)
    seasons = [row for row in rows if not row.code]
    last = seasons[-1].season if seasons else ""
    context = {
        "title": "Couverture des personnes à risque contre la grippe",
        "trail": [("Chiffres de la vaccination", reverse("figures"))],
        "objective": percent(aim),
        "seasons": [(row, *row.cells(aim)) for row in seasons],
        "published": next((row.source for row in seasons if row.until is None), ""),
        "groups": [(row, *row.cells(aim)) for row in rows if row.code and row.season == last],
        "last": last,
    }
    return render(request, "public/flu.html", context)


@public
@require_safe
def flu_csv(request: HttpRequest) -> HttpResponse:
    """The same, exact percentages to one decimal."""
    on = clock.today()
    book = rules.as_known_on(on)
    aim = objective(on, book)
    lines = (
        (row.season, row.code or "ensemble", row.label, row.persons, row.vaccinated,
         None if row.percent is None else f"{row.percent:.1f}", f"{aim:g}", row.until, row.source)
        for row in _rows(on, book)
    )  # fmt: skip
    return sheet("couverture-grippe.csv", HEADER, lines)


def _rows(on: date, book: RuleBook) -> list[Row]:
    rows = [
        Row(each.title, "", "Personnes à risque", None, None, each.percent, None, each.source) for each in published(on, book)
    ]
    least = Parameters(book).secrecy(on).threshold
    for season in begun(on, book):
        found = _kept(season.code, on, lambda season=season: coverage_of(season, on, book))  # type: ignore[misc]
        if found.whole.persons:
            rows += [_row(found, share, least) for share in (found.whole, *found.groups)]
    return rows


def _kept(code: str, on: date, compute: object) -> SeasonCoverage:
    key = f"flu-coverage:{code}:{on}:{PostgresSource().version()}"
    found: SeasonCoverage = caches["charts"].get_or_set(key, compute, KEPT)
    return found


def _row(found: SeasonCoverage, share: Share, least: int) -> Row:
    """A small number of vaccinated persons, or of the others, is not said of a group (FG-03)."""
    secret = bool(share.code) and any(0 < number < least for number in (share.vaccinated, share.persons - share.vaccinated))
    if secret:
        return Row(found.season.title, share.code, share.label, None, None, None, found.until, OURS)
    return Row(
        found.season.title, share.code, share.label, share.persons, share.vaccinated, share.percent, found.until, OURS
    )  # fmt: skip

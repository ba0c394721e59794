"""The figures of one campaign by day and fund (AV-50): targeted, contacted by channel, reached, booked, done, cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from allant import clock
from allant.accounts.access import requires
from allant.accounts.roles import Role
from allant.campaigns import contact_figures as contacts
from allant.campaigns import ready_made
from allant.campaigns.models import Campaign
from allant.directory.funds import fund_names
from allant.doctrine import rules
from allant.outreach.models import Channel
from allant.pages.base.sheets import sheet
from allant.pages.campaigns.figure_forms import PeriodForm

UNKNOWN_FUND = "Caisse non renseignée"
HEADER = (
    "jour", "caisse", "nom_caisse", "ciblees", *(f"contacts_{code}" for code in Channel.values), "appels_decroches",
    "taux_de_decroche", "jointes", "rendez_vous", "actes", "actes_chez_leur_medecin", "cout_euros",
)  # fmt: skip


@requires(Role.CAMPAIGN_MANAGER, Role.MEDICAL_SERVICE)
@require_safe
def figures_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Totals, days, funds; over the whole campaign, or a period asked."""
    campaign = get_object_or_404(Campaign, slug=slug)
    today = clock.today()
    form = PeriodForm(request.GET, campaign=campaign, today=today)
    found = _figures(campaign, form) if form.is_valid() else {}
    days = contacts.by_day(found)
    codes = contacts.channels_used(found)
    tariffs = contacts.tariffs(rules.as_known_on(today), today)
    context = {
        "title": "Chiffres de la campagne",
        "trail": [("Campagnes", reverse("campaigns")), (campaign.title, reverse("campaign", args=[slug]))],
        "campaign": campaign,
        "form": form,
        "act": ready_made.act_name(campaign.act) if campaign.act else "",
        "total": contacts.total(found),
        "channels": [Channel(code).label for code in codes],
        "days": [(day, line, _contacted(line, codes)) for day, line in reversed(days.items())],
        "funds": [(_fund(code), line, _contacted(line, codes)) for code, line in contacts.by_fund(found).items()],
        "tariffs": [(Channel(code).label, euros) for code, euros in tariffs.items()],
        "asked": request.GET.urlencode(),
    }
    return render(request, "campaigns/figures.html", context, status=200 if form.is_valid() else 400)


@requires(Role.CAMPAIGN_MANAGER, Role.MEDICAL_SERVICE)
@require_safe
def figures_file(request: HttpRequest, slug: str) -> HttpResponse:
    """One line a day and fund where something happened, for a spreadsheet."""
    campaign = get_object_or_404(Campaign, slug=slug)
    form = PeriodForm(request.GET, campaign=campaign, today=clock.today())
    if not form.is_valid():
        return figures_page(request, slug)
    return sheet(f"chiffres-{slug}-{form.first}-{form.last}.csv", HEADER, _rows(_figures(campaign, form)))


def _figures(campaign: Campaign, form: PeriodForm) -> contacts.Figures:
    return contacts.figures(campaign, form.first, form.last, rules.as_known_on(clock.today()))


def _rows(found: contacts.Figures) -> Iterator[tuple[Any, ...]]:
    names = fund_names()
    for (day, fund), line in found.items():
        rate = None if line.pick_up is None else _decimal(line.pick_up, 3)
        by_channel = [line.contacted[code] for code in Channel.values]
        yield (
            day, fund, names.get(fund, ""), line.targeted, *by_channel, line.answered, rate, line.reached, line.booked, line.done,
            line.own_doctor, _decimal(line.cost, 2),
        )  # fmt: skip


def _decimal(value: float, places: int) -> str:
    return f"{value:.{places}f}".replace(".", ",")


def _contacted(line: contacts.Line, codes: Sequence[str]) -> list[int]:
    return [line.contacted[code] for code in codes]


def _fund(code: str) -> str:
    return fund_names().get(code, f"Caisse {code}") if code else UNKNOWN_FUND

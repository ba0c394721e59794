"""The list of campaigns and the page of one (TG-01, TG-02, TG-10)."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from allant import clock
from allant.accounts.access import requires
from allant.accounts.roles import Role
from allant.accounts.sign_in import roles_of
from allant.campaigns import reads, ready_made, territories
from allant.campaigns.effect import comparison, effect
from allant.campaigns.models import Campaign
from allant.doctrine import rules
from allant.pages.campaigns.medical import sees_target
from allant.pages.campaigns.wording import breakdowns, channel_name, state_badge

CAMPAIGNS_A_PAGE = 25


@requires(Role.CAMPAIGN_MANAGER, Role.MEDICAL_SERVICE)
@require_safe
def campaign_list(request: HttpRequest) -> HttpResponse:
    """Every campaign, by opening day, with its waves and invitations."""
    today = clock.today()
    page = Paginator(Campaign.objects.with_counts(), CAMPAIGNS_A_PAGE).get_page(request.GET.get("page"))
    rows = [(campaign, state_badge(campaign.state_on(today))) for campaign in page]
    return render(request, "campaigns/list.html", {"title": "Campagnes", "page_obj": page, "rows": rows, "today": today})


@requires(Role.CAMPAIGN_MANAGER, Role.MEDICAL_SERVICE)
@require_safe
def campaign_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Objective and gap, target in French with its count, waves, channels, effect so far."""
    campaign = get_object_or_404(Campaign.objects.with_counts(), slug=slug)
    today = clock.today()
    target = campaign.current_target
    count, split = breakdowns(territories.narrowed(campaign, target.on(today), today))
    gap = reads.gap(campaign, today)
    book = rules.as_known_on(today)
    return render(
        request,
        "campaigns/page.html",
        {
            "title": campaign.title,
            "trail": [("Campagnes", reverse("campaigns"))],
            "campaign": campaign,
            "today": today,
            "state": state_badge(campaign.state_on(today)),
            "channels": [channel_name(code) for code in campaign.channels],
            "gap": gap,
            "gap_percent": 100 * gap.share if gap else None,
            "objective_percent": None if campaign.objective_share is None else 100 * campaign.objective_share,
            "target": target,
            "sees_target": sees_target(request, campaign),
            "manages": Role.CAMPAIGN_MANAGER in roles_of(request),
            "count": count,
            "started": territories.started_on(campaign, today),
            "breakdowns": split,
            "waves": [(wave, _by_channel(wave.by_channel)) for wave in campaign.waves.order_by("-number")],
            "act": ready_made.act_name(campaign.act) if campaign.act else "",
            "effects": [(channel_name(row.channel), row) for row in effect(campaign, today, book)],
            "delays": [row["days"] for row in book.value("targeting.effect_delays", today)],
            "comparison": comparison(campaign, today, book),
        },
    )


def _by_channel(counts: dict[str, int]) -> list[tuple[str, int]]:
    return [(channel_name(code), count) for code, count in sorted(counts.items(), key=lambda item: -item[1])]

"""All of one ready-made campaign on one day: wave launched, messages written, files for the other schemes (TG-12)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from difflib import get_close_matches
from pathlib import Path

from allant.campaigns.actions import CampaignPlan, save_campaign
from allant.campaigns.models import Campaign, SchemeFile, Wave
from allant.campaigns.scheme_files import write_scheme_file
from allant.campaigns.waves import launch_wave
from allant.doctrine import RuleBook
from allant.outreach.actions import load_templates
from allant.outreach.file_channel import CHANNELS, send_to_files
from allant.vaccination.campaigns import ready_made


class UnknownCampaign(LookupError):
    """No ready-made campaign of that name by what is known that day; names the nearest, in French."""


@dataclass(frozen=True)
class Run:
    """What a run did; the same run again gives the same, with nothing more sent."""

    campaign: Campaign
    wave: Wave | None
    sent: dict[str, int]
    files: list[SchemeFile]


def plan_named(name: str, book: RuleBook) -> CampaignPlan:
    """The ready-made campaign of that slug. Raises UnknownCampaign."""
    plans = {plan.slug: plan for plan in ready_made(book)}
    if name in plans:
        return plans[name]
    near = get_close_matches(name, plans, n=1)
    hint = f"Vouliez-vous dire « {near[0]} » ?" if near else f"Campagnes : {', '.join(plans)}."
    raise UnknownCampaign(f"Campagne prête à l'emploi « {name} » inconnue à cette date. {hint}")


def run_campaign(
    plan: CampaignPlan,
    *,
    on: date,
    at: datetime,
    by: str,
    folder: Path,
    book: RuleBook,
    capacity: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Run:
    """Do all of it, each part once a day whatever was killed before. Files go into `outbox` and `schemes` of `folder`.

    `capacity`: invitations a week, in place of the plan's when the campaign is new. Raises CampaignClosed, SchemeFileRefused.
    """
    load_templates(by=by)
    campaign = Campaign.objects.filter(slug=plan.slug).first()
    if campaign is None:
        campaign = save_campaign(replace(plan, weekly_capacity=capacity or plan.weekly_capacity), by=by)
    wave = launch_wave(campaign, on=on, by=by, capacity=capacity, progress=progress)
    channels = [channel for channel in CHANNELS if channel in campaign.channels]
    sent = {str(channel): send_to_files(channel=channel, on=on, at=at, directory=folder / "outbox") for channel in channels}
    files = [
        write_scheme_file(campaign=campaign, scheme=row["code"], on=on, by=by, folder=folder / "schemes", book=book)
        for row in book.value("targeting.schemes_apart", on)
    ]
    return Run(campaign, wave, sent, files)

"""All of one ready-made campaign on one day: wave launched, messages written, files for the other schemes (TG-12)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from allant.campaigns.actions import CampaignPlan, save_campaign
from allant.campaigns.models import Campaign, SchemeFile, Wave
from allant.campaigns.proposals import slot_letters
from allant.campaigns.scheme_files import write_scheme_file
from allant.campaigns.territories import load_experiment
from allant.campaigns.waves import launch_wave
from allant.doctrine import RuleBook
from allant.outreach.actions import load_templates
from allant.outreach.file_channel import CHANNELS, send_to_files


@dataclass(frozen=True)
class Run:
    """What a run did; the same run again gives the same, with nothing more sent."""

    campaign: Campaign
    wave: Wave | None
    sent: dict[str, int]
    files: list[SchemeFile]


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
    load_experiment(campaign, book, on, by=by)
    wave = launch_wave(campaign, on=on, by=by, capacity=capacity, progress=progress)
    if campaign.offers == slot_letters.SLOT:
        slot_letters.reserve(campaign, at=at, book_of_rules=book, by=by)
    channels = [channel for channel in CHANNELS if channel in campaign.channels]
    sent = {str(channel): send_to_files(channel=channel, on=on, at=at, directory=folder / "outbox") for channel in channels}
    apart = book.value("targeting.schemes_apart", on) if plan.schemes_apart else ()
    files = [
        write_scheme_file(campaign=campaign, scheme=row["code"], on=on, by=by, folder=folder / "schemes", book=book)
        for row in apart
    ]
    return Run(campaign, wave, sent, files)

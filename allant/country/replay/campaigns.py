"""The programme's ready-made campaigns at the size of a synthetic country, and their waves week by week."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from django.conf import settings

from allant.campaigns.actions import save_campaign
from allant.campaigns.models import Campaign
from allant.campaigns.ready_made import ready_made
from allant.campaigns.territories import load_experiment
from allant.campaigns.waves import launch_wave
from allant.country.replay.weeks import Week
from allant.doctrine import RuleBook
from allant.outreach.file_channel import send_to_files
from allant.outreach.models import Channel
from allant.vaccination.campaigns import PROGRAMME

BY = "rejeu"
WRITTEN = (Channel.SMS, Channel.EMAIL, Channel.LETTER)
"""Channels that leave as files; calls stay in the outbox, for the call desk."""


def save_campaigns(book: RuleBook, scale: float) -> int:
    """Create the campaigns, their weekly capacities brought to the country's size; returns how many."""
    plans = ready_made(book, PROGRAMME)
    for plan in plans:
        capacity = None if plan.weekly_capacity is None else max(1, round(plan.weekly_capacity * scale))
        campaign = save_campaign(replace(plan, weekly_capacity=capacity), by=BY)
        load_experiment(campaign, book, book.known_on, by=BY)
    return len(plans)


def launch_waves(week: Week) -> int:
    """The waves of one week: each campaign on Monday, or on the day it opens; returns the number of people invited."""
    invited = 0
    for campaign in _open_in(week):
        wave = launch_wave(campaign, on=max(week.first, campaign.starts_on), by=BY)
        invited += wave.size if wave else 0
    return invited


def _open_in(week: Week) -> Iterable[Campaign]:
    """Those open on their day of the week, by opening day."""
    begun = Campaign.objects.filter(starts_on__lte=week.last)
    return [campaign for campaign in begun if campaign.state_on(max(week.first, campaign.starts_on)) == "running"]


def write_messages(week: Week, at: datetime) -> int:
    """Write what waits in the outbox into files; returns the number of messages."""
    folder = Path(settings.ALLANT_HOME) / "outbox"
    return sum(send_to_files(channel=channel, on=week.last, at=at, directory=folder) for channel in WRITTEN)

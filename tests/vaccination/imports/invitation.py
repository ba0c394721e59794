"""An invitation for a test: a campaign, a wave, one person."""

from __future__ import annotations

from datetime import date

from allant.campaigns.actions import CampaignPlan, reserve_serials, save_campaign
from allant.campaigns.models import Invitation, Wave
from allant.clock import now
from allant.outreach.actions import load_templates
from allant.targeting import define, tables

ON = date(2021, 1, 18)


def invite(person_id: int) -> Invitation:
    """Invite a person."""
    load_templates(by="test")
    t = tables()
    old = t.person.age_on(ON) >= 18
    campaign = save_campaign(
        CampaignPlan(
            slug="essai", programme="covid19", title="Essai", objective="Essai", starts_on=ON, target=define(old),
            objective_population=define(old), objective_share=0.8, channels=("letter",), template="covid-invitation",
            act="dose_summary.first_on",
        ),
        by="test",
    )  # fmt: skip
    wave = Wave.objects.create(
        campaign=campaign, target_version=campaign.current_target, number=1, planned_on=ON, as_of=ON, found=1, size=1,
        target_hash="", target_file="", first_serial=0, key_version=1, launched_at=now(), launched_by="test", completed_at=now(),
    )  # fmt: skip
    return Invitation.objects.create(
        campaign=campaign, wave=wave, person_id=person_id, channel="letter", invited_on=ON,
        code_serial=reserve_serials(1), code_key_version=1,
    )  # fmt: skip

"""The patient's unique code: given at validation to whom no campaign had invited (VC-19, VC-24)."""

from __future__ import annotations

from datetime import date

from allant.campaigns import actions, keyring
from allant.campaigns.actions import CampaignPlan, save_campaign
from allant.campaigns.codes import render
from allant.campaigns.messages import spaced
from allant.campaigns.models import Campaign, Invitation
from allant.people.models import Person
from allant.targeting import define, tables
from allant.vaccination.campaigns import PROGRAMME

SLUG = "covid-declaration"


def give_code(*, person: Person, by: str, on: date) -> Invitation:
    """The person's valid invitation of any Covid campaign, else a new one of the standing campaign `covid-declaration`."""
    campaign = Campaign.objects.filter(slug=SLUG).first() or _standing(by=by, on=on)
    return actions.give_code(campaign=campaign, person=person, by=by, on=on)


def code_text(invitation: Invitation) -> str:
    """The code as it is handed over: three groups of four characters."""
    (code,) = render([invitation.code_serial], keyring.key(invitation.code_key_version))
    return spaced(code)


def _standing(*, by: str, on: date) -> Campaign:
    plan = CampaignPlan(
        slug=SLUG,
        programme=PROGRAMME,
        title="Patients déclarés éligibles par un professionnel de santé",
        objective="Donner un code de ciblage à tout patient déclaré éligible sans avoir été invité",
        starts_on=on,
        # Whom it means is decided at the bedside: a wave of its own would find only people who have their code already.
        target=define(tables().invitation.where(campaign=SLUG).exists()),
        channels=("letter",),
        template="covid-invitation",
        act="dose_summary.first_on",
        source="Cnam, guide du téléservice Vaccin Covid, « chaque patient ciblé dispose d'un code unique » (seed 004)",
    )
    return save_campaign(plan, by=by)

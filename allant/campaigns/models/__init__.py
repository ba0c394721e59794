"""The tables of campaigns."""

from allant.campaigns.models.campaigns import (
    Campaign,
    CampaignQuerySet,
    HeldOut,
    Invitation,
    InvitationQuerySet,
    SchemeFile,
    TargetDraft,
    TargetVersion,
    Wave,
)
from allant.campaigns.models.desk import CallAttempt, CallEnd, CallEvent
from allant.campaigns.models.partners import PartnerConsent
from allant.campaigns.models.planning import CampaignTerritory, InvitationPlan, PlannedShare, WeeklyCapacity
from allant.campaigns.models.professionals import MailingRecipient, ProfessionalMailing, ProfessionalVisit

__all__ = [
    "CallAttempt", "CallEnd", "CallEvent", "Campaign", "CampaignQuerySet", "CampaignTerritory", "HeldOut", "Invitation",
    "InvitationPlan", "InvitationQuerySet",
    "MailingRecipient", "PartnerConsent", "PlannedShare", "ProfessionalMailing", "ProfessionalVisit", "SchemeFile", "TargetDraft",
    "TargetVersion", "Wave", "WeeklyCapacity",
]  # fmt: skip

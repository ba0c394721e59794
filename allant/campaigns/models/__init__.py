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
from allant.campaigns.models.proposals import HomeVisit, HomeVisitEvent, Taxi, VisitEnd, VisitOrigin

__all__ = [
    "CallAttempt", "CallEnd", "CallEvent", "Campaign", "CampaignQuerySet", "CampaignTerritory", "HeldOut", "HomeVisit",
    "HomeVisitEvent", "Invitation",
    "InvitationPlan", "InvitationQuerySet",
    "MailingRecipient", "PartnerConsent", "PlannedShare", "ProfessionalMailing", "ProfessionalVisit", "SchemeFile", "TargetDraft",
    "TargetVersion", "Taxi", "VisitEnd", "VisitOrigin", "Wave", "WeeklyCapacity",
]  # fmt: skip

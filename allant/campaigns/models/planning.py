"""How many can be invited, where and when: capacities, plans (TG-08), and the territories of an experiment (TG-14)."""

import pghistory
import pgtrigger
from django.db import models
from django.db.models import F, Q

from allant.campaigns.models.campaigns import Campaign


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class WeeklyCapacity(models.Model):
    """Doses and slots that a département has in one week for a programme, entered by page or file."""

    programme = models.CharField(max_length=40)
    departement_code = models.CharField(max_length=3, blank=True)
    "Empty: the national reserve, which the planner shares out."
    week = models.DateField()
    "The Monday."
    doses = models.PositiveIntegerField()
    slots = models.PositiveIntegerField()
    entered_at = models.DateTimeField()
    entered_by = models.CharField(max_length=200)

    class Meta:
        verbose_name = "capacité d'une semaine"
        verbose_name_plural = "capacités par semaine"
        ordering = ("programme", "week", "departement_code")
        constraints = [
            models.UniqueConstraint(fields=["programme", "departement_code", "week"], name="one_capacity_a_week"),
            models.CheckConstraint(condition=Q(week__week_day=2), name="capacity_from_monday"),
        ]

    def __str__(self) -> str:
        return f"{self.programme}, {self.departement_code or 'réserve'}, semaine du {self.week:%d/%m/%Y}"


class InvitationPlan(models.Model):
    """What the planner proposed on a day, and who adopted it: the last adopted one of a programme bounds its waves."""

    programme = models.CharField(max_length=40)
    as_of = models.DateField()
    first_week = models.DateField()
    weeks = models.PositiveSmallIntegerField()
    rules = models.JSONField(default=dict)
    "The doctrine versions and capacities it followed."
    computed_at = models.DateTimeField()
    computed_by = models.CharField(max_length=200)
    adopted_at = models.DateTimeField(null=True, blank=True)
    adopted_by = models.CharField(max_length=200, blank=True, default="", db_default="")

    allant_kind = "mutable"  # computed, then adopted once

    class Meta:
        verbose_name = "plan d'invitations"
        verbose_name_plural = "plans d'invitations"
        ordering = ("-computed_at", "-id")

    def __str__(self) -> str:
        return f"plan {self.pk}"


class PlannedShare(models.Model):
    """Of one plan: how many people of a campaign to invite in a département in a week, and how many still wait after it."""

    plan = models.ForeignKey(InvitationPlan, on_delete=models.PROTECT, related_name="shares", db_index=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="+")
    week = models.DateField()
    departement_code = models.CharField(max_length=3)
    invited = models.PositiveIntegerField()
    waiting = models.PositiveIntegerField()

    class Meta:
        verbose_name = "part d'un plan"
        verbose_name_plural = "parts d'un plan"
        ordering = ("plan", "week", "departement_code", "campaign")
        constraints = [models.UniqueConstraint(fields=["plan", "week", "departement_code", "campaign"], name="one_share_a_week")]
        triggers = [pgtrigger.Protect(name="never_changed", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"part {self.pk}"


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class CampaignTerritory(models.Model):
    """A département where a campaign runs, or will: with rows here, a campaign invites nobody elsewhere (TG-14)."""

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="territories")
    departement_code = models.CharField(max_length=3)
    starts_on = models.DateField(null=True, blank=True)
    "None: planned, not dated yet."
    ends_on = models.DateField(null=True, blank=True)
    added_at = models.DateTimeField()
    added_by = models.CharField(max_length=200)

    class Meta:
        verbose_name = "département d'une campagne"
        verbose_name_plural = "départements d'une campagne"
        ordering = ("campaign", "departement_code")
        constraints = [
            models.UniqueConstraint(fields=["campaign", "departement_code"], name="one_territory_a_departement"),
            models.CheckConstraint(condition=Q(ends_on=None) | Q(ends_on__gt=F("starts_on")), name="territory_period"),
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id}, {self.departement_code}"

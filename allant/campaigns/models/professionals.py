"""Professionals as targets (TG-13): mailings drafted, read and sent; visits of the fund's delegates (DAM)."""

import pghistory
import pgtrigger
from django.db import models
from django.db.models import Q

from allant.campaigns.models.campaigns import Campaign
from allant.directory.models import Organisation, Practitioner


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class ProfessionalMailing(models.Model):
    """A mail to professionals or centres: drafted by hand or by a change of doctrine, read by a person, then sent."""

    slug = models.SlugField(max_length=80, unique=True)
    "Of a draft made by the doctrine: the rule and its date, so that the same change drafts once."
    title = models.CharField(max_length=200)
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, null=True, blank=True, related_name="mailings")
    audience = models.JSONField()
    "Criteria as data: professions, kinds of structure, départements, least number of patients still to vaccinate."
    sentence = models.TextField()
    subject = models.CharField(max_length=200)
    body = models.TextField()
    reason = models.TextField(blank=True)
    "Why it was drafted: the rule, its date and its source."
    drafted_at = models.DateTimeField()
    drafted_by = models.CharField(max_length=200)
    approved_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.CharField(max_length=200, blank=True, default="", db_default="")
    recipients = models.PositiveIntegerField(null=True, blank=True)
    "How many messages it wrote, once approved."
    abandoned_at = models.DateTimeField(null=True, blank=True)
    abandoned_by = models.CharField(max_length=200, blank=True, default="", db_default="")

    class Meta:
        verbose_name = "courrier aux professionnels"
        verbose_name_plural = "courriers aux professionnels"
        ordering = ("-drafted_at", "-id")

    @property
    def state(self) -> str:
        """Where it stands, in French."""
        if self.abandoned_at is not None:
            return "abandonné"
        return "à relire" if self.approved_at is None else "approuvé"

    def __str__(self) -> str:
        return self.slug


class MailingRecipient(models.Model):
    """Whom an approved mail is written to: the cause of one message, frozen at the approval."""

    mailing = models.ForeignKey(ProfessionalMailing, on_delete=models.PROTECT, related_name="addressees", db_index=False)
    practitioner = models.ForeignKey(
        Practitioner, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )

    class Meta:
        verbose_name = "destinataire d'un courrier"
        verbose_name_plural = "destinataires des courriers"
        constraints = [
            models.UniqueConstraint(
                fields=["mailing", "practitioner", "organisation"], name="one_mail_a_recipient", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=Q(practitioner=None, organisation__isnull=False) | Q(practitioner__isnull=False, organisation=None),
                name="one_kind_of_recipient",
            ),
        ]
        triggers = [pgtrigger.Protect(name="never_changed", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"destinataire {self.pk}"


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class ProfessionalVisit(models.Model):
    """A delegate's visit to a professional: to do, or done with what was handed over."""

    practitioner = models.ForeignKey(Practitioner, on_delete=models.PROTECT, related_name="+")
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="visits")
    fund_code = models.CharField(max_length=32)
    "The organisation whose delegates visit."
    listed_at = models.DateTimeField()
    listed_by = models.CharField(max_length=200)
    patients_to_vaccinate = models.PositiveIntegerField(default=0)
    "When the list was made."
    planned_on = models.DateField(null=True, blank=True)
    visited_on = models.DateField(null=True, blank=True)
    visited_by = models.CharField(max_length=200, blank=True, default="", db_default="")
    outcome = models.CharField(max_length=20, blank=True, default="", db_default="")
    "A code of the doctrine `campaigns.visit_outcomes`."
    ald_list_given = models.BooleanField(default=False, db_default=False)
    order_form_given = models.BooleanField(default=False, db_default=False)
    note = models.TextField(blank=True)

    class Meta:
        verbose_name = "visite à un professionnel"
        verbose_name_plural = "visites aux professionnels"
        ordering = ("campaign", "-patients_to_vaccinate", "practitioner")
        constraints = [
            models.UniqueConstraint(fields=["practitioner", "campaign"], name="one_visit_a_campaign"),
            models.CheckConstraint(condition=Q(visited_on=None) | ~Q(visited_by=""), name="visit_signed"),
        ]

    def __str__(self) -> str:
        return f"visite {self.pk}"

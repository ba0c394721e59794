"""People whom a partner found favourable, with their consent (AV-27): the only ones a partner may be given a list of."""

import pgtrigger
from django.db import models
from django.db.models import F, Q

from allant.people.models import Person


class PartnerConsentQuerySet(models.QuerySet["PartnerConsent"]):
    def standing(self) -> "PartnerConsentQuerySet":
        """Not withdrawn."""
        return self.filter(withdrawn_on=None)


class PartnerConsent(models.Model):
    """One person agreed, before one partner, that the partner helps them in one programme; withdrawn, it stays readable."""

    organisation = models.ForeignKey("directory.Organisation", on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    programme = models.CharField(max_length=40)
    given_on = models.DateField()
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=200)
    withdrawn_on = models.DateField(null=True, blank=True)
    withdrawn_by = models.CharField(max_length=200, blank=True, default="")

    objects = PartnerConsentQuerySet.as_manager()

    class Meta:
        verbose_name = "accord donné à un partenaire"
        verbose_name_plural = "accords donnés aux partenaires"
        ordering = ("organisation", "programme", "person")
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "programme", "person"], condition=Q(withdrawn_on=None),
                name="one_standing_partner_consent",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_on=None) | Q(withdrawn_on__gte=F("given_on")), name="partner_consent_withdrawn_later"
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="only_withdrawn", exclude=["withdrawn_on", "withdrawn_by"]),
        ]

    def __str__(self) -> str:
        return f"accord {self.pk}"

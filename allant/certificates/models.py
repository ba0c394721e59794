"""Keys that sign, and certificates issued.

A certificate is append-only: ended at most, once. What revokes it is computed (`CertificateQuerySet`), so that nothing has
to be kept in step with the doses.
"""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import Q

from allant.certificates.querysets import CertificateQuerySet, SigningKeyQuerySet
from allant.people.models import Person


class Use(models.TextChoices):
    """What a key signs, and so the form of what it signed."""

    EUROPEAN = "dcc", "Certificat européen"
    TWO_D_DOC = "2ddoc", "2D-DOC"


class Source(models.TextChoices):
    """What a certificate states."""

    DOSE = "dose", "Vaccination"
    INFECTION = "infection", "Rétablissement"
    TEST = "test", "Test"


class SigningKey(models.Model):
    """The public half of a key of ours; the private half is a file beside the database (`keys`).

    A rotation ends its signing and leaves it trusted; a withdrawal (a stolen key) ends both.
    """

    use = models.CharField("usage", max_length=8, choices=Use)
    kid = models.CharField("identifiant", max_length=16)
    name = models.CharField("nom", max_length=4)
    certificate = models.TextField("certificat")
    starts_at = models.DateTimeField("signe depuis")
    signs_until = models.DateTimeField("signe jusqu'à", null=True, blank=True)
    withdrawn_at = models.DateTimeField("retirée le", null=True, blank=True)
    changed_by = models.CharField("par", max_length=100)

    objects: SigningKeyQuerySet = SigningKeyQuerySet.as_manager()  # type: ignore[assignment]  # it has the queryset's methods

    allant_kind = "mutable"  # its signing ends once, it is withdrawn once

    class Meta:
        verbose_name = "clé de signature"
        verbose_name_plural = "clés de signature"
        ordering = ("use", "starts_at", "pk")
        constraints = [
            models.UniqueConstraint(fields=["use", "kid"], name="certificates_signingkey_once"),
            models.UniqueConstraint(
                fields=["use"], condition=Q(signs_until__isnull=True), name="certificates_signingkey_one_signs"
            ),
        ]

    def __str__(self) -> str:
        return self.kid


class Certificate(models.Model):
    """One certificate given out. `content_hash`: of what it states, without its identifier; `states_on`: the day of that."""

    person_id: int
    key_id: int

    person = models.ForeignKey(Person, models.PROTECT, related_name="certificates")
    use = models.CharField("forme", max_length=8, choices=Use)
    source = models.CharField("objet", max_length=10, choices=Source)
    source_id = models.BigIntegerField("ligne attestée")
    states_on = models.DateField("fait du")
    identifier = models.CharField("identifiant", max_length=80)
    key = models.ForeignKey(SigningKey, models.PROTECT, related_name="certificates", db_index=False)
    text = models.TextField("texte du code")
    content_hash = models.CharField("empreinte", max_length=64)
    issued_at = models.DateTimeField("émis le")
    issued_by = models.CharField("par", max_length=100)
    expires_at = models.DateTimeField("signature valable jusqu'au")
    ended_at = models.DateTimeField("fin de validité", null=True, blank=True)
    ended_by = models.CharField("mis fin par", max_length=100, blank=True, default="")
    end_reason = models.CharField("motif de fin", max_length=200, blank=True, default="")

    objects: CertificateQuerySet = CertificateQuerySet.as_manager()  # type: ignore[assignment]  # it has the queryset's methods

    class Meta:
        verbose_name = "certificat"
        ordering = ("person_id", "issued_at", "pk")
        constraints = [
            models.UniqueConstraint(fields=["identifier"], name="certificates_certificate_identifier"),
            models.UniqueConstraint(
                fields=["use", "source", "source_id", "person"],
                condition=Q(ended_at__isnull=True),
                name="certificates_certificate_one_stands",
            ),
        ]
        indexes = [
            models.Index(fields=["source_id"], name="certificates_of_source"),
            models.Index(fields=["key"], name="certificates_of_key"),
        ]
        triggers = [
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="only_ended", exclude=["ended_at", "ended_by", "end_reason"]),
            pgtrigger.Protect(name="ended_once", operation=pgtrigger.Update, condition=pgtrigger.Q(old__ended_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.identifier

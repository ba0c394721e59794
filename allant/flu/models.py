"""Vouchers (bons de prise en charge), the vaccines delivered at the pharmacy and their injection (RP-21 to RP-27).

Nothing of a voucher's state is stored: it is revoked, delivered or injected as the rows say (`standings`).
"""

from __future__ import annotations

# mypy: disable-error-code="var-annotated"
import pgtrigger
from django.db import models
from django.db.models import Q

from allant.campaigns.models import Wave
from allant.directory.models import Organisation, Practitioner
from allant.flu.querysets import DeliveryQuerySet, VoucherQuerySet
from allant.immunizations.models import Dose, FluVaccine
from allant.people.models import Person


class Origin(models.TextChoices):
    """How a voucher reached the person (RP-21)."""

    LETTER = "letter", "Envoyé par courrier"
    PROFESSIONAL = "professional", "Remis par un professionnel de santé"


class Ground(models.TextChoices):
    """What a vaccine was delivered against."""

    VOUCHER = "voucher", "Bon de prise en charge"
    PRESCRIPTION = "prescription", "Ordonnance (aide médicale de l'État)"
    OWN_COST = "own_cost", "Hors recommandations, à la charge de la personne"


class VoucherBatch(models.Model):
    """The vouchers of one wave; its number is printed on each (RP-22)."""

    number = models.CharField("numéro de série", max_length=20, unique=True)
    season = models.CharField("saison", max_length=4)
    wave = models.OneToOneField(Wave, models.PROTECT, related_name="voucher_batch")
    made_at = models.DateTimeField("constituée le")
    made_by = models.CharField("par", max_length=100)

    class Meta:
        verbose_name = "série de bons"
        verbose_name_plural = "séries de bons"
        ordering = ("number",)
        triggers = [pgtrigger.Protect(name="never_changed", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return str(self.number)


class Voucher(models.Model):
    """One person's voucher of one season. Its code is not stored, only the serial behind it; one stands a person and season."""

    person_id: int
    batch_id: int | None

    id = models.BigAutoField(primary_key=True)
    season = models.CharField("saison", max_length=4)
    person = models.ForeignKey(Person, models.PROTECT, related_name="flu_vouchers", db_index=False)
    batch = models.ForeignKey(VoucherBatch, models.PROTECT, null=True, blank=True, related_name="vouchers", db_index=False)
    "None: handed over by a professional."
    code_serial = models.BigIntegerField("numéro derrière le code")
    "That of the invitation when it was sent by letter."
    code_key_version = models.PositiveSmallIntegerField("version de la clé")
    origin = models.CharField("origine", max_length=12, choices=Origin)
    group = models.CharField("groupe", max_length=40, blank=True, default="", db_default="")
    "For one handed over: the code of `flu.recommended` that was checked."
    declared = models.BooleanField("déclaré par le professionnel", default=False, db_default=False)
    "The register did not show the group: the professional vouches for it."
    issued_on = models.DateField("émis le")
    issued_by = models.CharField("par", max_length=200)
    practitioner = models.ForeignKey(Practitioner, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    source_key = models.CharField("clé d'origine", max_length=200, null=True, blank=True)
    "Of the form or message that asked for it: sent twice, one voucher."
    revoked_at = models.DateTimeField("révoqué le", null=True, blank=True)
    revoked_by = models.CharField("révoqué par", max_length=200, blank=True, default="", db_default="")
    revoked_why = models.CharField("motif", max_length=100, blank=True, default="", db_default="")

    objects: VoucherQuerySet = VoucherQuerySet.as_manager()  # type: ignore[assignment]  # it has its methods

    class Meta:
        verbose_name = "bon de prise en charge"
        verbose_name_plural = "bons de prise en charge"
        ordering = ("-issued_on", "-id")
        constraints = [
            models.UniqueConstraint(fields=["code_serial"], name="flu_voucher_serial_once"),
            models.UniqueConstraint(fields=["source_key"], name="flu_voucher_key_once", condition=Q(source_key__isnull=False)),
            models.UniqueConstraint(
                fields=["person", "season"], condition=Q(revoked_at__isnull=True), name="flu_voucher_one_a_season"
            ),
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=True, revoked_why="") | (Q(revoked_at__isnull=False) & ~Q(revoked_why="")),
                name="flu_voucher_revoked_says_why",
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="only_revoked", exclude=["revoked_at", "revoked_by", "revoked_why"]),
            pgtrigger.Protect(
                name="revoked_once", operation=pgtrigger.Update, condition=pgtrigger.Q(old__revoked_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"bon n° {self.pk}"


class Delivery(models.Model):
    """A vaccine handed over by a pharmacy, once a person and season, once a voucher; then perhaps injected (RP-27)."""

    person_id: int
    voucher_id: int | None
    dose_id: int | None

    id = models.BigAutoField(primary_key=True)
    season = models.CharField("saison", max_length=4)
    person = models.ForeignKey(Person, models.PROTECT, related_name="flu_deliveries", db_index=False)
    voucher = models.ForeignKey(Voucher, models.PROTECT, null=True, blank=True, related_name="deliveries", db_index=False)
    ground = models.CharField("contre", max_length=12, choices=Ground)
    prescriber_name = models.CharField("prescripteur", max_length=200, blank=True, default="", db_default="")
    prescriber_profession = models.CharField("profession du prescripteur", max_length=40, blank=True, default="", db_default="")
    prescribed_on = models.DateField("prescrit le", null=True, blank=True)
    vaccine = models.CharField("vaccin", max_length=20, choices=FluVaccine)
    lot = models.CharField("lot", max_length=40)
    vaccine_percent = models.PositiveSmallIntegerField("vaccin, part de l'assurance maladie (%)")
    act_percent = models.PositiveSmallIntegerField("injection, part de l'assurance maladie (%)")
    complementary_percent = models.PositiveSmallIntegerField("injection, part de la complémentaire (%)")
    cover_rule = models.CharField("règle de prise en charge", max_length=120)
    delivered_on = models.DateField("délivré le")
    delivered_at = models.DateTimeField("enregistré le")
    delivered_by = models.CharField("par", max_length=200)
    practitioner = models.ForeignKey(Practitioner, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    source_key = models.CharField("clé d'origine", max_length=200, unique=True)
    dose = models.OneToOneField(Dose, models.PROTECT, null=True, blank=True, related_name="flu_delivery")
    cancelled_at = models.DateTimeField("annulé le", null=True, blank=True)
    cancelled_by = models.CharField("annulé par", max_length=200, blank=True, default="", db_default="")
    cancelled_why = models.CharField("motif", max_length=200, blank=True, default="", db_default="")

    objects: DeliveryQuerySet = DeliveryQuerySet.as_manager()  # type: ignore[assignment]  # it has its methods

    allant_kind = "mutable"  # delivered, then injected or cancelled; the triggers hold the rest

    class Meta:
        verbose_name = "vaccin délivré"
        verbose_name_plural = "vaccins délivrés"
        ordering = ("-delivered_at", "-id")
        constraints = [
            models.UniqueConstraint(
                fields=["voucher"], condition=Q(cancelled_at__isnull=True), name="flu_delivery_voucher_spent_once"
            ),
            models.UniqueConstraint(
                fields=["person", "season"], condition=Q(cancelled_at__isnull=True), name="flu_delivery_one_a_season"
            ),
            models.CheckConstraint(
                condition=Q(ground="voucher", voucher__isnull=False) | (~Q(ground="voucher") & Q(voucher__isnull=True)),
                name="flu_delivery_against_what_it_says",
            ),
            models.CheckConstraint(
                condition=~Q(ground="prescription") | Q(prescribed_on__isnull=False), name="flu_delivery_prescribed"
            ),
            models.CheckConstraint(
                condition=Q(cancelled_at__isnull=True, cancelled_why="") | (Q(cancelled_at__isnull=False) & ~Q(cancelled_why="")),
                name="flu_delivery_cancelled_says_why",
            ),
        ]
        indexes = [models.Index(fields=["delivered_by", "delivered_at"], name="flu_delivery_of_account")]
        triggers = [
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="only_injected", exclude=["dose", "cancelled_at", "cancelled_by", "cancelled_why"]),
            pgtrigger.Protect(
                name="cancelled_once", operation=pgtrigger.Update, condition=pgtrigger.Q(old__cancelled_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"délivrance n° {self.pk}"

"""Doses and what bears on them: infections, lots, recording batches.

A dose is append-only. A correction inserts version n + 1 and ends the former; a cancellation ends it with a reason. The database
refuses any other change (triggers below), so the rows are their own history.
"""

from __future__ import annotations

import pghistory
import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from allant.directory.models import Location, Organisation, Practitioner
from allant.immunizations.querysets import LOT_NUMBER, DoseQuerySet, LotQuerySet, VolumeAlertQuerySet
from allant.people.models import Person

COVID19 = "covid19"
INFLUENZA = "influenza"
SEASONAL = "seasonal"
"""The series of a dose given each season: it is no step of a schedule."""


class Vaccine(models.TextChoices):
    """Vaccines the register can name; `unknown` where the source does not say."""

    COMIRNATY = "comirnaty", "Comirnaty (Pfizer-BioNTech)"
    SPIKEVAX = "spikevax", "Spikevax (Moderna)"
    VAXZEVRIA = "vaxzevria", "Vaxzevria (AstraZeneca)"
    JANSSEN = "janssen", "Janssen"
    UNKNOWN = "unknown", "Inconnu"


class FluVaccine(models.TextChoices):
    """Vaccines against seasonal influenza; which may be delivered in a season is doctrine (`flu.vaccines`)."""

    VAXIGRIP = "vaxigrip_tetra", "VaxigripTetra"
    INFLUVAC = "influvac_tetra", "Influvac Tetra"
    FLUARIX = "fluarix_tetra", "FluarixTetra"
    EFLUELDA = "efluelda", "Efluelda (haute dose)"


class Series(models.TextChoices):
    """Which part of the vaccination a dose belongs to."""

    PRIMARY = "primary", "Primo-vaccination"
    BOOSTER = "booster", "Rappel"
    SECOND_BOOSTER = "second_booster", "Deuxième rappel"
    THIRD_BOOSTER = "third_booster", "Troisième rappel"


class Source(models.TextChoices):
    """How a dose came in."""

    TELESERVICE = "teleservice", "Téléservice"
    CSV = "csv", "Fichier CSV"
    FHIR = "fhir", "FHIR"
    OFFICIAL_SERIES = "official_series", "Série officielle"


class EndKind(models.TextChoices):
    """Why a version ended: replaced by a right one, cancelled by its recorder, or by an administrator (trace « Annulé »)."""

    CORRECTED = "corrected", "Corrigée"
    CANCELLED = "cancelled", "Annulée par son auteur"
    ADMINISTRATIVE = "administrative", "Annulée par l'administration"


EVERY_VACCINE = [*Vaccine.choices, *FluVaccine.choices]
EVERY_SERIES = [*Series.choices, (SEASONAL, "Vaccination saisonnière")]


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class Infection(models.Model):
    """A known past infection; it counts in the schedule as the doctrine of the day says (VC-40)."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="infections", db_index=False)
    disease = models.CharField("maladie", max_length=20, default=COVID19, db_default=COVID19)
    occurred_on = models.DateField("le")

    class Meta:
        verbose_name = "infection"
        ordering = ("person_id", "occurred_on")
        constraints = [models.UniqueConstraint(fields=["person", "disease", "occurred_on"], name="immunizations_infection_once")]

    def __str__(self) -> str:
        return f"{self.disease}, {self.occurred_on}"


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class Lot(models.Model):
    """A vaccine lot, loaded from a shipped file; a recall supersedes, it never erases."""

    vaccine = models.CharField("vaccin", max_length=20, choices=EVERY_VACCINE)
    number = models.CharField("lot", max_length=40)
    expires_on = models.DateField("péremption", null=True, blank=True)
    recalled_on = models.DateField("rappelé le", null=True, blank=True)

    objects = LotQuerySet.as_manager()

    class Meta:
        verbose_name = "lot"
        ordering = ("vaccine", "number")
        constraints = [models.UniqueConstraint(fields=["vaccine", "number"], name="immunizations_lot_once")]

    def __str__(self) -> str:
        return self.number


class RecordingBatch(models.Model):
    """One bulk recording: the audit entry of all its rows. It commits with them or not at all."""

    key = models.CharField("clé", max_length=200, unique=True)
    content_hash = models.CharField("empreinte", max_length=64)
    source = models.CharField("origine", max_length=20, choices=Source)
    recorded_by = models.CharField("par", max_length=100)
    started_at = models.DateTimeField("début")
    finished_at = models.DateTimeField("fin", null=True, blank=True)
    received = models.BigIntegerField("lignes reçues", default=0)
    recorded = models.BigIntegerField("doses enregistrées", default=0)
    already_there = models.BigIntegerField("déjà connues", default=0)
    refused = models.BigIntegerField("lignes refusées", default=0)
    forced = models.BigIntegerField("dont forcées", default=0)
    forced_by_rule = models.JSONField("forcées par règle", default=dict)
    refused_by_reason = models.JSONField("refusées par motif", default=dict)
    rules_known_on = models.DateField("règles connues le")

    allant_kind = "mutable"  # opened, then closed with its counts in the same transaction

    class Meta:
        verbose_name = "enregistrement groupé"
        verbose_name_plural = "enregistrements groupés"
        ordering = ("-started_at", "-id")
        indexes = [models.Index(fields=["recorded_by", "started_at"], name="immunizations_batch_recorder")]

    def __str__(self) -> str:
        return self.key


class RejectedRow(models.Model):
    """A line of a batch that was refused: what to correct, without the person's identity."""

    batch = models.ForeignKey(RecordingBatch, models.PROTECT, related_name="rejected_rows", db_index=False)
    line = models.BigIntegerField("ligne")
    reasons = ArrayField(models.CharField(max_length=40), verbose_name="motifs")
    payload = models.JSONField("contenu")

    class Meta:
        verbose_name = "ligne refusée"
        verbose_name_plural = "lignes refusées"
        ordering = ("batch_id", "line")
        constraints = [models.UniqueConstraint(fields=["batch", "line"], name="immunizations_rejectedrow_once")]
        triggers = [pgtrigger.Protect(name="never_changed", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"ligne {self.line}"


class Dose(models.Model):
    """A dose given (FHIR Immunization). Current while `ended_at` is empty.

    `series_doses` is FHIR's seriesDoses: the doses the primary series needs for this person, decided at recording.
    Complete: current, primary, `dose_number = series_doses`. Doses of flu stand beside those of Covid-19 (decision 0031): each
    read names the disease it means.
    """

    person_id: int
    location_id: int | None
    organisation_id: int | None
    practitioner_id: int | None

    id = models.BigAutoField(primary_key=True)
    person = models.ForeignKey(Person, models.PROTECT, related_name="doses", db_index=False)
    disease = models.CharField("maladie", max_length=20, default=COVID19, db_default=COVID19)
    occurred_on = models.DateField("le")
    vaccine = models.CharField("vaccin", max_length=20, choices=EVERY_VACCINE)
    dose_number = models.PositiveSmallIntegerField("rang")
    series = models.CharField("série", max_length=14, choices=EVERY_SERIES)
    series_doses = models.PositiveSmallIntegerField("doses prévues")
    lot = models.CharField("lot", max_length=40, blank=True, default="", db_default="")
    site = models.CharField("site d'injection", max_length=40, blank=True, default="", db_default="")
    place_kind = models.CharField("lieu", max_length=40, blank=True, default="", db_default="")
    proof = models.CharField("justificatif", max_length=200, blank=True, default="", db_default="")
    location = models.ForeignKey(Location, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    am_number = models.CharField("N°AM", max_length=9, blank=True, default="", db_default="")
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    practitioner = models.ForeignKey(Practitioner, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    recorded_at = models.DateTimeField("enregistré le")
    recorded_by = models.CharField("par", max_length=100)
    source = models.CharField("origine", max_length=20, choices=Source)
    source_key = models.CharField("clé d'origine", max_length=200)
    forced_reason = models.CharField("motif de forçage", max_length=200, blank=True, default="", db_default="")
    forced_rules = ArrayField(
        models.CharField(max_length=40), verbose_name="règles forcées", default=list, db_default=[], blank=True
    )
    batch = models.ForeignKey(RecordingBatch, models.PROTECT, null=True, blank=True, related_name="doses", db_index=False)
    version = models.PositiveSmallIntegerField("version", default=1, db_default=1)
    replaces = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="replaced_by", db_index=False)
    ended_at = models.DateTimeField("fin de validité", null=True, blank=True)
    ended_by = models.CharField("mis fin par", max_length=100, blank=True, default="", db_default="")
    end_kind = models.CharField("nature de la fin", max_length=14, choices=EndKind, blank=True, default="", db_default="")
    end_reason = models.CharField("motif de fin", max_length=200, blank=True, default="", db_default="")

    objects: DoseQuerySet = DoseQuerySet.as_manager()  # type: ignore[assignment]  # it has the methods of the queryset

    class Meta:
        verbose_name = "dose"
        ordering = ("person_id", "occurred_on", "dose_number", "version")
        constraints = [
            # Not `unique=True` on the field: that would add a second index for LIKE, dear in bulk.
            models.UniqueConstraint(fields=["source_key"], name="immunizations_dose_source_key"),
            models.UniqueConstraint(
                fields=["replaces"], condition=Q(replaces__isnull=False), name="immunizations_dose_replaced_once"
            ),
            models.UniqueConstraint(
                fields=["person", "disease", "dose_number"],
                condition=Q(ended_at__isnull=True),
                name="immunizations_dose_one_per_rank",
            ),
            models.UniqueConstraint(
                fields=["person", "disease", "occurred_on"],
                condition=Q(ended_at__isnull=True),
                name="immunizations_dose_one_per_day",
            ),
            models.CheckConstraint(
                condition=Q(dose_number__gte=1, series_doses__gte=1, version__gte=1), name="immunizations_dose_numbers"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, end_kind="", end_reason="") | (Q(ended_at__isnull=False) & ~Q(end_reason="")),
                name="immunizations_dose_end_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(forced_reason="", forced_rules=[]) | (~Q(forced_reason="") & ~Q(forced_rules=[])),
                name="immunizations_dose_forced_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(version=1, replaces__isnull=True) | Q(version__gt=1, replaces__isnull=False),
                name="immunizations_dose_version_replaces",
            ),
        ]
        indexes = [
            models.Index(fields=["batch"], name="immunizations_dose_batch", condition=Q(batch__isnull=False)),
            models.Index(fields=["person"], name="immunizations_dose_former", condition=Q(ended_at__isnull=False)),
            models.Index(
                LOT_NUMBER, "vaccine", name="immunizations_dose_lot", condition=Q(ended_at__isnull=True) & ~Q(lot="")
            ),
            # To count what one account records by hand; batches count their own rows.
            models.Index(
                fields=["recorded_by", "recorded_at"], name="immunizations_dose_recorder", condition=Q(batch__isnull=True)
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="only_ended", exclude=["ended_at", "ended_by", "end_kind", "end_reason"]),
            pgtrigger.Protect(name="ended_once", operation=pgtrigger.Update, condition=pgtrigger.Q(old__ended_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.get_vaccine_display()}, rang {self.dose_number}, {self.occurred_on}"


class VolumeAlert(models.Model):
    """An abnormal number of acts recorded by one account in one window: false certificates were made with stolen sessions.

    Raised once a window; an administrator closes it with a decision. While it is open, an account that reached `blocks_from`
    records nothing more.
    """

    actor = models.CharField("compte", max_length=200)
    source = models.CharField("origine", max_length=20, choices=Source)
    practitioner = models.ForeignKey(Practitioner, models.PROTECT, null=True, blank=True, related_name="+")
    window_start = models.DateTimeField("depuis")
    window_end = models.DateTimeField("jusqu'à")
    recorded = models.PositiveIntegerField("actes enregistrés")
    refused = models.PositiveIntegerField("dont refusés", default=0, db_default=0)
    "Of `recorded`, those of a file that would have passed the stop: it was undone whole, none of them is a dose."
    threshold = models.PositiveIntegerField("seuil")
    blocks_from = models.PositiveIntegerField("arrêt à partir de", null=True, blank=True)
    raised_at = models.DateTimeField("signalé le")
    closed_at = models.DateTimeField("clos le", null=True, blank=True)
    closed_by = models.CharField("clos par", max_length=100, blank=True, default="")
    decision = models.CharField("décision", max_length=500, blank=True, default="")

    objects = VolumeAlertQuerySet.as_manager()

    allant_kind = "mutable"  # raised, then closed once

    class Meta:
        verbose_name = "volume anormal"
        verbose_name_plural = "volumes anormaux"
        ordering = ("-raised_at", "-id")
        constraints = [
            models.UniqueConstraint(
                fields=["actor", "source", "window_start", "window_end"], name="immunizations_volumealert_once"
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, decision="") | (Q(closed_at__isnull=False) & ~Q(decision="")),
                name="immunizations_volumealert_closed_has_decision",
            ),
        ]
        indexes = [
            models.Index(
                fields=["actor", "source"], name="immunizations_volumealert_open", condition=Q(closed_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.recorded} actes"


class DoseSummary(models.Model):
    """One row a vaccinated person: the view made of `summary.dose_summary_sql`. Never stored: nothing to keep in step."""

    person = models.OneToOneField(Person, models.DO_NOTHING, primary_key=True, related_name="dose_summary")
    dose_count = models.PositiveSmallIntegerField("doses")
    first_on = models.DateField("première dose")
    first_vaccine = models.CharField("premier vaccin", max_length=20, choices=Vaccine)
    complete_on = models.DateField("schéma complet", null=True)
    booster_on = models.DateField("rappel", null=True)
    last_on = models.DateField("dernière dose")
    last_vaccine = models.CharField("dernier vaccin", max_length=20, choices=Vaccine)

    class Meta:
        verbose_name = "résumé vaccinal"
        managed = False
        db_table = "immunizations_dose_summary"
        ordering = ("person_id",)

    def __str__(self) -> str:
        return f"{self.dose_count} dose(s)"

"""What the téléservice keeps besides doses: declarations of eligibility, and the files of doses sent by other software."""

from __future__ import annotations

# mypy: disable-error-code="var-annotated"
import uuid

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from allant.campaigns.models import Invitation
from allant.directory.models import Location, Organisation, Practitioner
from allant.immunizations.models import EndKind, RecordingBatch
from allant.people.models import Person


class EligibilityDeclaration(models.Model):
    """Tab 1 of the téléservice, as validated. Append-only: a change inserts version n + 1 and ends the former (VC-25)."""

    person_id: int
    invitation_id: int
    declarant_id: int
    organisation_id: int | None

    id = models.BigAutoField(primary_key=True)
    person = models.ForeignKey(Person, models.PROTECT, related_name="eligibility_declarations")
    invitation = models.ForeignKey(Invitation, models.PROTECT, related_name="+")
    "Whose code was handed over: it reopens the file (VC-19)."
    declarant = models.ForeignKey(Practitioner, models.PROTECT, related_name="+")
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="+")
    structure_name = models.CharField("structure", max_length=200, blank=True, default="")
    declarant_prescribes = models.BooleanField("déclarant prescripteur")
    prescriber_family_name = models.CharField("nom du prescripteur", max_length=100)
    prescriber_given_names = models.CharField("prénoms du prescripteur", max_length=200)
    prescriber_rpps = models.CharField("RPPS du prescripteur", max_length=11, blank=True, default="")
    prescriber_profession = models.CharField("profession du prescripteur", max_length=40)
    prescribed_on = models.DateField("date de l'ordonnance")
    patient_activity = models.CharField("activité du patient professionnel de santé", max_length=40, blank=True, default="")
    declared_situations = ArrayField(
        models.CharField(max_length=40), verbose_name="situations déclarées", default=list, blank=True
    )
    patient_accepts = models.BooleanField("le patient accepte")
    patient_informed = models.BooleanField("le patient est informé")
    priority_rule = models.CharField("catégorie de priorité", max_length=120, blank=True, default="")
    "`rule_id` of the phase the person fell in that day; empty when none applied."
    priority_reasons = models.JSONField("raisons", default=list)
    declared_at = models.DateTimeField("validé le")
    declared_by = models.CharField("par", max_length=200)
    source_key = models.CharField("clé d'origine", max_length=200, unique=True)
    version = models.PositiveSmallIntegerField("version", default=1)
    replaces = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="replaced_by")
    ended_at = models.DateTimeField("fin de validité", null=True, blank=True)
    ended_by = models.CharField("mis fin par", max_length=200, blank=True, default="")
    end_kind = models.CharField("nature de la fin", max_length=14, choices=EndKind, blank=True, default="")
    end_reason = models.CharField("motif de fin", max_length=200, blank=True, default="")

    class Meta:
        verbose_name = "déclaration d'éligibilité"
        verbose_name_plural = "déclarations d'éligibilité"
        ordering = ("person_id", "version")
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=Q(ended_at__isnull=True), name="vaccination_eligibility_one_current"
            ),
            models.CheckConstraint(
                condition=Q(patient_accepts=True, patient_informed=True), name="vaccination_eligibility_ticks"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, end_kind="", end_reason="") | (Q(ended_at__isnull=False) & ~Q(end_reason="")),
                name="vaccination_eligibility_end_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(version=1, replaces__isnull=True) | Q(version__gt=1, replaces__isnull=False),
                name="vaccination_eligibility_version_replaces",
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="only_ended", exclude=["ended_at", "ended_by", "end_kind", "end_reason"]),
            pgtrigger.Protect(name="ended_once", operation=pgtrigger.Update, condition=pgtrigger.Q(old__ended_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"déclaration n° {self.pk}, version {self.version}"


class PaperSnapshot(models.Model):
    """What the paper of one version said when it was first made: asked again, it says the same, whatever the file learnt since.

    Append-only; one for a version of a declaration or of a dose (VC-25, VC-36).
    """

    class Kind(models.TextChoices):
        """What the row is a version of."""

        DECLARATION = "declaration", "déclaration d'éligibilité"
        DOSE = "dose", "dose"

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField("nature", max_length=11, choices=Kind)
    row_id = models.BigIntegerField("numéro de la version")
    content = models.JSONField("contenu")
    "A `summaries.Summary`; whether the version is current is not read from it."
    made_at = models.DateTimeField("établi le")

    class Meta:
        verbose_name = "contenu d'un papier"
        verbose_name_plural = "contenus de papiers"
        ordering = ("kind", "row_id")
        constraints = [models.UniqueConstraint(fields=["kind", "row_id"], name="vaccination_papersnapshot_once")]
        triggers = [pgtrigger.Protect(name="never_changed", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"papier de la {self.Kind(self.kind).label} n° {self.row_id}"


class ImportedFile(models.Model):
    """A file of doses as it was sent (VC-61); its lines are read once, and the refused ones wait for their correction."""

    name = models.CharField("nom du fichier", max_length=200)
    content_hash = models.CharField("empreinte", max_length=64)
    sent_at = models.DateTimeField("envoyé le")
    sent_by = models.CharField("par", max_length=200)
    structure_code = models.CharField("structure", max_length=40, blank=True, default="")
    encoding = models.CharField("encodage", max_length=20)
    separator = models.CharField("séparateur", max_length=1)
    header = ArrayField(models.CharField(max_length=200), verbose_name="colonnes")
    lines = models.PositiveIntegerField("lignes")
    unrecognised = models.PositiveIntegerField("lignes sans patient reconnu", default=0)
    batch = models.OneToOneField(RecordingBatch, models.PROTECT, null=True, blank=True, related_name="imported_file")

    allant_kind = "mutable"  # written on arrival, completed with its batch

    class Meta:
        verbose_name = "fichier de doses"
        verbose_name_plural = "fichiers de doses"
        ordering = ("-sent_at", "-id")
        constraints = [models.UniqueConstraint(fields=["content_hash", "sent_by"], name="vaccination_importedfile_once")]

    def __str__(self) -> str:
        return f"fichier n° {self.pk}"


class RefusedLine(models.Model):
    """A line that could not be recorded: as it was sent, with what to correct. Erased with `forget`, never changed."""

    file = models.ForeignKey(ImportedFile, models.PROTECT, related_name="refused_lines", db_index=False)
    line = models.PositiveIntegerField("ligne")
    fields = ArrayField(models.TextField(), verbose_name="contenu")
    reasons = models.JSONField("motifs")
    "Each as `{code, column, message}`."

    allant_kind = "mutable"  # erased once the file was corrected: it holds identities as typed

    class Meta:
        verbose_name = "ligne à corriger"
        verbose_name_plural = "lignes à corriger"
        ordering = ("file_id", "line")
        constraints = [models.UniqueConstraint(fields=["file", "line"], name="vaccination_refusedline_once")]

    def __str__(self) -> str:
        return f"ligne {self.line}"


class VaccinationSession(models.Model):
    """What everybody in one sitting shares (VC-60): vaccine, lot, place, day. Its doses bear its id in their source key."""

    location_id: int | None
    organisation_id: int | None

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    opened_at = models.DateTimeField("ouverte le")
    opened_by = models.CharField("par", max_length=200)
    practitioner = models.ForeignKey(Practitioner, models.PROTECT, null=True, blank=True, related_name="+")
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="+")
    structure_name = models.CharField("structure", max_length=200, blank=True, default="")
    occurred_on = models.DateField("date")
    vaccine = models.CharField("vaccin", max_length=20)
    lot = models.CharField("lot", max_length=40)
    site = models.CharField("site d'injection", max_length=40, blank=True, default="")
    place_kind = models.CharField("lieu", max_length=40)
    location = models.ForeignKey(Location, models.PROTECT, null=True, blank=True, related_name="+")
    am_number = models.CharField("N°AM", max_length=9, blank=True, default="")
    eligibility = models.JSONField("déclaration d'éligibilité", null=True, blank=True)
    "What is declared for each patient who has no declaration yet, as `sessions.Shared`; null when nothing is."
    closed_at = models.DateTimeField("fermée le", null=True, blank=True)

    allant_kind = "mutable"  # opened, then closed; never changed in between

    class Meta:
        verbose_name = "séance de vaccination"
        verbose_name_plural = "séances de vaccination"
        ordering = ("-opened_at", "id")
        indexes = [models.Index(fields=["opened_by", "-opened_at"], name="vaccination_session_mine")]

    def __str__(self) -> str:
        return f"séance du {self.occurred_on:%d/%m/%Y}"

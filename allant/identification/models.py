"""Identification files, their documents, what was exchanged about them, and what was paid meanwhile."""

from __future__ import annotations

import uuid

import pghistory
import pgtrigger
from django.db import models
from django.db.models import Q

from allant.casework.models import Case, CaseEvent
from allant.identification.querysets import IdentityFileQuerySet
from allant.people.models import Matricule, MatriculeKind, Person


def never_changed() -> pgtrigger.Protect:
    """Rows are added, never edited."""
    return pgtrigger.Protect(name="never_changed", operation=pgtrigger.Update | pgtrigger.Delete)


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class IdentityFile(models.Model):
    """A request for a number (dossier d'identification); followed by a case once the number is given."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="identity_files")
    circumstance = models.CharField("situation", max_length=30)
    "A code of the doctrine `identification.matricule_choice`."
    requested_on = models.DateField("demandé le")
    body = models.CharField("organisme", max_length=10)
    fund_code = models.CharField("caisse", max_length=10, blank=True, default="", db_default="")
    kind = models.CharField("nature du matricule", max_length=3, choices=MatriculeKind)
    flow = models.CharField("circuit", max_length=5)
    rule_id = models.CharField("règle", max_length=120)
    key = models.UUIDField(default=uuid.uuid4, unique=True)
    "Names the request to SNGI: asked again, it is the same request."
    numbered_on = models.DateField("numéro donné le", null=True, blank=True)
    "Empty while SNGI has not answered."
    case = models.OneToOneField(Case, models.PROTECT, null=True, blank=True, related_name="identity_file")

    objects = IdentityFileQuerySet.as_manager()

    class Meta:
        verbose_name = "dossier d'identification"
        verbose_name_plural = "dossiers d'identification"
        ordering = ("requested_on", "id")
        constraints = [
            models.CheckConstraint(
                condition=Q(case__isnull=True) | Q(numbered_on__isnull=False), name="identification_file_numbered_before_its_case"
            )
        ]
        indexes = [models.Index(fields=["id"], name="identification_file_waiting", condition=Q(numbered_on__isnull=True))]

    def __str__(self) -> str:
        return f"dossier d'identification n° {self.pk}"


class Document(models.Model):
    """A document of a file, scanned before it was kept; its content is encrypted (`DocumentContent`)."""

    file = models.ForeignKey(IdentityFile, models.PROTECT, related_name="documents")
    kind = models.CharField("nature", max_length=30)
    "A code of the doctrine `identification.documents`."
    name = models.CharField("nom du fichier", max_length=120)
    content_type = models.CharField(max_length=60)
    size = models.PositiveIntegerField("octets")
    sha256 = models.CharField(max_length=64)
    valid_until = models.DateField("valable jusqu'au", null=True, blank=True)
    received_on = models.DateField("reçu le")
    recorded_at = models.DateTimeField("enregistré le")
    recorded_by = models.CharField("par", max_length=200)

    class Meta:
        verbose_name = "pièce"
        ordering = ("file_id", "id")
        constraints = [models.UniqueConstraint(fields=["file", "kind", "sha256"], name="identification_document_once")]
        triggers = [never_changed()]

    def __str__(self) -> str:
        return f"pièce n° {self.pk}"


class DocumentContent(models.Model):
    """What the document says, encrypted: nonce and AES-GCM, under a key that the database does not hold."""

    document = models.OneToOneField(Document, models.PROTECT, primary_key=True, related_name="content")
    key_version = models.PositiveSmallIntegerField()
    sealed = models.BinaryField()

    class Meta:
        verbose_name = "contenu d'une pièce"
        verbose_name_plural = "contenus des pièces"
        ordering = ("document_id",)
        triggers = [never_changed()]

    def __str__(self) -> str:
        return f"contenu de la pièce n° {self.document_id}"


class Submission(models.Model):
    """A complete file to send to SANDIA: written with the step that completes it, sent when SANDIA can be reached."""

    file = models.ForeignKey(IdentityFile, models.PROTECT, related_name="submissions")
    event = models.OneToOneField(CaseEvent, models.PROTECT, related_name="+")
    key = models.UUIDField(unique=True)
    written_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0, db_default=0)

    allant_kind = "mutable"  # an outbox

    class Meta:
        verbose_name = "envoi au SANDIA"
        ordering = ("id",)
        indexes = [models.Index(fields=["id"], name="identification_to_send", condition=Q(sent_at__isnull=True))]

    def __str__(self) -> str:
        return f"envoi n° {self.pk}"


class SandiaAnswer(models.Model):
    """What SANDIA said of a submission, once each, in whatever order it came; `effect`: what it changed, or why nothing."""

    key = models.CharField(max_length=60, unique=True)
    submission = models.ForeignKey(Submission, models.PROTECT, related_name="answers")
    kind = models.CharField(max_length=12)
    number = models.CharField(max_length=13, blank=True, default="", db_default="")
    reasons = models.JSONField(default=list)
    received_at = models.DateTimeField()
    effect = models.CharField(max_length=120)

    class Meta:
        verbose_name = "réponse du SANDIA"
        ordering = ("submission_id", "id")
        triggers = [never_changed()]

    def __str__(self) -> str:
        return f"réponse n° {self.pk}"


class SandiaCursor(models.Model):
    """How far SANDIA's answers were read: one row."""

    seq = models.PositiveBigIntegerField(default=0)

    allant_kind = "mutable"

    class Meta:
        verbose_name = "lecture des réponses du SANDIA"
        verbose_name_plural = "lectures des réponses du SANDIA"
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="identification_one_cursor")]

    def __str__(self) -> str:
        return f"réponse {self.seq}"


class DocumentRefusal(models.Model):
    """A document that SANDIA refused, and why: another one is expected."""

    document = models.ForeignKey(Document, models.PROTECT, related_name="refusals")
    answer = models.ForeignKey(SandiaAnswer, models.PROTECT, related_name="refusals")
    reason = models.CharField("motif", max_length=200)

    class Meta:
        verbose_name = "pièce refusée"
        verbose_name_plural = "pièces refusées"
        ordering = ("document_id", "id")
        constraints = [models.UniqueConstraint(fields=["document", "answer"], name="identification_refusal_once")]
        triggers = [never_changed()]

    def __str__(self) -> str:
        return f"refus de la pièce n° {self.document_id}"


class KnowingBody(models.Model):
    """A social protection body that knows a person, and is told of a new number."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    body = models.CharField("organisme", max_length=10)
    since = models.DateField("depuis le")

    class Meta:
        verbose_name = "organisme qui connaît la personne"
        verbose_name_plural = "organismes qui connaissent la personne"
        ordering = ("person_id", "body")
        constraints = [models.UniqueConstraint(fields=["person", "body"], name="identification_body_once")]
        triggers = [never_changed()]

    def __str__(self) -> str:
        return self.body


class BodyNotice(models.Model):
    """A body to tell that a number was certified: one a body and event, sent under a key until it is acknowledged."""

    event = models.ForeignKey(CaseEvent, models.PROTECT, related_name="+", db_index=False)
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    body = models.CharField("organisme", max_length=10)
    former = models.ForeignKey(Matricule, models.PROTECT, related_name="+", null=True, blank=True)
    matricule = models.ForeignKey(Matricule, models.PROTECT, related_name="+")
    key = models.UUIDField(unique=True)
    written_at = models.DateTimeField("écrit le")
    attempts = models.PositiveIntegerField("essais", default=0, db_default=0)
    acknowledged_at = models.DateTimeField("accusé le", null=True, blank=True)

    allant_kind = "mutable"  # an outbox

    class Meta:
        verbose_name = "avis à un organisme"
        verbose_name_plural = "avis aux organismes"
        ordering = ("id",)
        constraints = [models.UniqueConstraint(fields=["event", "body"], name="identification_notice_once")]
        indexes = [models.Index(fields=["id"], name="identification_notice_waiting", condition=Q(acknowledged_at__isnull=True))]

    def __str__(self) -> str:
        return f"avis n° {self.pk}"


class BenefitPayment(models.Model):
    """A benefit paid to a person, as the fund's payment system tells it."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="+", db_index=False)
    paid_on = models.DateField("payé le")
    amount_cents = models.PositiveBigIntegerField("montant en centimes")
    label = models.CharField("nature", max_length=100)
    source_key = models.CharField(max_length=60, unique=True)

    class Meta:
        verbose_name = "prestation versée"
        verbose_name_plural = "prestations versées"
        ordering = ("paid_on", "id")
        indexes = [models.Index(fields=["person", "paid_on"], name="identification_paid_to")]
        triggers = [never_changed()]

    def __str__(self) -> str:
        return f"versement n° {self.pk}"


class UndueClaim(models.Model):
    """What is claimed back when rights end: exactly the payments that its lines list."""

    event = models.OneToOneField(CaseEvent, models.PROTECT, related_name="undue_claim")
    since = models.DateField("depuis le")
    total_cents = models.PositiveBigIntegerField("total en centimes")

    class Meta:
        verbose_name = "indu réclamé"
        verbose_name_plural = "indus réclamés"
        ordering = ("id",)
        triggers = [never_changed()]

    def __str__(self) -> str:
        return f"indu n° {self.pk}"


class UndueLine(models.Model):
    """One payment of a claim; a payment is claimed back once."""

    claim = models.ForeignKey(UndueClaim, models.PROTECT, related_name="lines")
    payment = models.OneToOneField(BenefitPayment, models.PROTECT, related_name="undue_line")
    amount_cents = models.PositiveBigIntegerField("montant en centimes")

    class Meta:
        verbose_name = "ligne d'un indu"
        verbose_name_plural = "lignes des indus"
        ordering = ("claim_id", "id")
        triggers = [never_changed()]

    def __str__(self) -> str:
        return f"ligne n° {self.pk}"


class LinkageReading(models.Model):
    """What the linkage last read of a person (ID-09): one whose fingerprint has not changed is not compared again."""

    allant_kind = "mutable"

    person = models.OneToOneField(Person, models.PROTECT, primary_key=True, related_name="linkage_reading")
    fingerprint = models.BigIntegerField("empreinte")
    model = models.CharField("modèle", max_length=20)
    read_at = models.DateTimeField("lu le")

    class Meta:
        verbose_name = "lecture par le rapprochement"
        verbose_name_plural = "lectures par le rapprochement"

    def __str__(self) -> str:
        return f"lecture n° {self.pk}"

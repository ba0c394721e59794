"""The register: persons, their numbers, how to reach them, what is known of their situation.

An insert keeps no event: the row itself tells it, and a load of a million persons writes one `LoadBatch`. An update or a delete
keeps the former row (django-pghistory), whatever wrote it.
"""

from __future__ import annotations

import pghistory
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Concat

from allant.directory.models import Practitioner
from allant.people.querysets import (
    DuplicateCandidateQuerySet,
    MatriculeQuerySet,
    PersonQuerySet,
    RepresentationQuerySet,
    SituationQuerySet,
)


class Sex(models.TextChoices):
    """Administrative sex."""

    MALE = "M", "Homme"
    FEMALE = "F", "Femme"


class BirthPrecision(models.TextChoices):
    """How much of the birth date is known."""

    DAY = "day", "Jour"
    MONTH = "month", "Mois"
    YEAR = "year", "Année"
    NONE = "none", "Inconnue"


class Scheme(models.TextChoices):
    """Health insurance scheme."""

    GENERAL = "general", "Régime général"
    MSA = "msa", "Mutualité sociale agricole"
    MGEN = "mgen", "MGEN"
    CNMSS = "cnmss", "Caisse nationale militaire"
    OTHER = "other", "Autre régime"


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent(), exclude=["search_name"])
class Person(models.Model):
    """An insured person (FHIR Patient).

    `merged_into` names the record that stands for this one: acts stay where they were recorded, so undoing a merge is clearing
    the pointer. A record that absorbed others is never itself merged (`actions.merge`), so one step always finds the survivor.
    """

    merged_into_id: int | None  # Django's own column, for the type checker

    id = models.BigAutoField(primary_key=True)
    family_name = models.CharField("nom", max_length=100)
    given_names = models.CharField("prénoms", max_length=200)
    birth_date = models.DateField("date de naissance", null=True, blank=True)
    birth_precision = models.CharField(
        "précision", max_length=5, choices=BirthPrecision, default=BirthPrecision.DAY, db_default=BirthPrecision.DAY
    )
    birth_rank = models.PositiveSmallIntegerField("rang de naissance", default=1, db_default=1)
    "Among those born of one delivery: 1, 2 for a twin, 3 for a triplet; with number and birth date it tells a person."
    sex = models.CharField("sexe", max_length=1, choices=Sex, null=True, blank=True)
    died_on = models.DateField("date de décès", null=True, blank=True)
    commune_code = models.CharField("commune", max_length=5, null=True, blank=True)
    departement_code = models.CharField("département", max_length=3, null=True, blank=True)
    postcode = models.CharField("code postal", max_length=5, null=True, blank=True)
    scheme = models.CharField("régime", max_length=10, choices=Scheme, default=Scheme.GENERAL, db_default=Scheme.GENERAL)
    fund_code = models.CharField("caisse", max_length=10, null=True, blank=True)
    household_key = models.BigIntegerField("foyer", null=True, blank=True)
    policyholder = models.ForeignKey(
        "self", models.PROTECT, verbose_name="ouvrant droit", null=True, blank=True, related_name="dependants", db_index=False
    )
    treating_practitioner = models.ForeignKey(
        Practitioner,
        models.PROTECT,
        verbose_name="médecin traitant",
        null=True,
        blank=True,
        related_name="patients",
        db_index=False,
    )
    rights_open = models.BooleanField("droits ouverts", default=True, db_default=True)
    language = models.CharField("langue", max_length=5, default="fr", db_default="fr")
    "In which messages are written, where they exist in it (ISO 639-1)."
    merged_into = models.ForeignKey(
        "self", models.PROTECT, verbose_name="fusionné dans", null=True, blank=True, related_name="absorbed", db_index=False
    )
    search_name = models.GeneratedField(
        verbose_name="nom pour la recherche",
        expression=Func(Concat("family_name", Value(" "), "given_names"), function="people_search_key"),
        output_field=models.TextField(),
        db_persist=True,
    )

    objects: PersonQuerySet = PersonQuerySet.as_manager()  # type: ignore[assignment]  # it has the methods of the queryset

    class Meta:
        verbose_name = "assuré"
        ordering = ("search_name", "id")
        constraints = [
            models.CheckConstraint(
                condition=Q(birth_date__isnull=False) | Q(birth_precision=BirthPrecision.NONE), name="people_person_birth_known"
            ),
            models.CheckConstraint(
                condition=Q(died_on__isnull=True) | Q(birth_date__isnull=True) | Q(died_on__gte=F("birth_date")),
                name="people_person_died_after_birth",
            ),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | ~Q(merged_into=F("id")), name="people_person_not_merged_into_itself"
            ),
        ]
        indexes = [
            # text_pattern_ops: a search by the beginning of a name uses the index whatever the collation.
            models.Index(fields=["search_name"], name="people_person_search", opclasses=["text_pattern_ops"]),
            models.Index(fields=["departement_code", "birth_date"], name="people_person_place_birth"),
            models.Index(fields=["birth_date"], name="people_person_birth"),  # a caller says it with a name (AV-30)
            models.Index(fields=["policyholder"], name="people_person_policyholder", condition=Q(policyholder__isnull=False)),
            models.Index(fields=["household_key"], name="people_person_household", condition=Q(household_key__isnull=False)),
            models.Index(
                fields=["treating_practitioner"], name="people_person_treating", condition=Q(treating_practitioner__isnull=False)
            ),
            models.Index(fields=["merged_into"], name="people_person_merged", condition=Q(merged_into__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.given_names} {self.family_name}"


class MatriculeKind(models.TextChoices):
    """Kind of number. Digits cannot tell a NIA from a NIR (ID-03): the kind is stored."""

    NIR = "NIR", "NIR"
    NIA = "NIA", "NIA (numéro identifiant d'attente)"
    NNP = "NNP", "NNP (numéro national provisoire)"
    MIG = "MIG", "Migrant de passage"


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class Matricule(models.Model):
    """A number a person bears, or bore: history is kept, `[starts_on, ends_on)`."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="matricules", db_index=False)
    value = models.CharField("matricule", max_length=13)
    kind = models.CharField("nature", max_length=3, choices=MatriculeKind)
    starts_on = models.DateField("depuis")
    ends_on = models.DateField("jusqu'au (exclu)", null=True, blank=True)

    objects = MatriculeQuerySet.as_manager()

    class Meta:
        verbose_name = "matricule"
        ordering = ("person_id", "starts_on", "id")
        constraints = [
            models.UniqueConstraint(fields=["value"], condition=Q(ends_on__isnull=True), name="people_matricule_one_bearer"),
            models.UniqueConstraint(fields=["person", "kind", "value", "starts_on"], name="people_matricule_once"),
            models.CheckConstraint(condition=Q(value__regex="^[125678][0-9]{5}[0-9AB][0-9]{6}$"), name="people_matricule_shape"),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gt=F("starts_on")), name="people_matricule_period"
            ),
        ]
        indexes = [
            models.Index(fields=["value"], name="people_matricule_former", condition=Q(ends_on__isnull=False)),
        ]

    def __str__(self) -> str:
        # Never the value: a printed object ends in a log.
        return f"{self.kind} n° {self.pk}"


class ContactKind(models.TextChoices):
    """How a person can be reached."""

    LANDLINE = "landline", "Téléphone fixe"
    MOBILE = "mobile", "Téléphone mobile"
    EMAIL = "email", "Courriel"
    POSTAL = "postal", "Adresse postale"
    ACCOUNT = "account", "Compte en ligne"


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class ContactPoint(models.Model):
    """A telephone number, an e-mail address or the street lines of a postal address (FHIR ContactPoint).

    `invalid_since` of a postal address: the day a letter came back (NPAI). An account has no value: its row holds a refusal.
    """

    person = models.ForeignKey(Person, models.PROTECT, related_name="contact_points", db_index=False)
    kind = models.CharField("nature", max_length=8, choices=ContactKind)
    value = models.CharField("valeur", max_length=254)
    opted_out_on = models.DateField("refus reçu le", null=True, blank=True)
    invalid_since = models.DateField("invalide depuis", null=True, blank=True)

    class Meta:
        verbose_name = "moyen de contact"
        verbose_name_plural = "moyens de contact"
        ordering = ("person_id", "kind", "id")
        constraints = [models.UniqueConstraint(fields=["person", "kind", "value"], name="people_contactpoint_once")]
        # Who answers from this number, who called, whose address bounced.
        indexes = [models.Index(fields=["value"], name="people_contactpoint_value")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} n° {self.pk}"


class SituationKind(models.TextChoices):
    """What may be known of a person's situation."""

    INSTITUTION = "institution", "En établissement"
    GUARDIANSHIP = "guardianship", "Sous tutelle"
    ALD = "ald", "Affection de longue durée"
    IMMUNODEPRESSED = "immunodepressed", "Immunodépression sévère"
    PREGNANCY = "pregnancy", "Grossesse"
    C2S = "c2s", "Complémentaire santé solidaire"
    AME = "ame", "Aide médicale de l'État"
    PROFESSION = "profession", "Profession"
    OPTED_OUT = "opted_out", "Opposition aux sollicitations"
    NURSING_CARE = "nursing_care", "Soins infirmiers à domicile"
    OBESITY = "obesity", "Obésité"
    RSA = "rsa", "Revenu de solidarité active"
    ASPA = "aspa", "Allocation de solidarité aux personnes âgées"


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class Situation(models.Model):
    """Something true of a person over a half-open period `[starts_on, ends_on)`; an empty bound is open."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="situations", db_index=False)
    kind = models.CharField("nature", max_length=16, choices=SituationKind)
    code = models.CharField("précision", max_length=40, blank=True, default="", db_default="")
    starts_on = models.DateField("depuis", null=True, blank=True)
    ends_on = models.DateField("jusqu'au (exclu)", null=True, blank=True)

    objects = SituationQuerySet.as_manager()

    class Meta:
        verbose_name = "situation"
        ordering = ("person_id", "kind", "id")
        constraints = [
            models.UniqueConstraint(
                fields=["person", "kind", "code", "starts_on"], name="people_situation_once", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(starts_on__isnull=True) | Q(ends_on__gt=F("starts_on")),
                name="people_situation_period",
            ),
        ]
        indexes = [models.Index(fields=["kind", "code"], name="people_situation_kind")]

    def __str__(self) -> str:
        return self.get_kind_display()


class RepresentationKind(models.TextChoices):
    """By what right one person acts for another."""

    PARENT = "parent", "Parent titulaire de l'autorité parentale"
    GUARDIAN = "guardian", "Tuteur"
    CURATOR = "curator", "Curateur chargé de représenter la personne"
    FAMILY = "family", "Proche habilité à représenter la personne (habilitation familiale)"


class RepresentationSource(models.TextChoices):
    """What the register knows it from."""

    CIVIL_STATUS = "civil_status", "État civil"
    COURT = "court", "Décision de justice"
    DECLARED = "declared", "Déclaration à la caisse, pièces à l'appui"


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class Representation(models.Model):
    """One person may act for another over a half-open period `[starts_on, ends_on)`; an empty bound is open.

    A measure that ends, or an authority that a judge withdraws, is a row that ends: never a row deleted. Who so represents may do
    what the doctrine says (`insured.representatives`), asked anew at each act (`representation`).
    """

    person = models.ForeignKey(Person, models.PROTECT, related_name="representations", db_index=False)
    representative = models.ForeignKey(Person, models.PROTECT, verbose_name="représentant", related_name="represents")
    kind = models.CharField("qualité", max_length=8, choices=RepresentationKind)
    source = models.CharField("connu par", max_length=12, choices=RepresentationSource)
    starts_on = models.DateField("depuis", null=True, blank=True)
    ends_on = models.DateField("jusqu'au (exclu)", null=True, blank=True)

    objects = RepresentationQuerySet.as_manager()

    class Meta:
        verbose_name = "représentation"
        ordering = ("person_id", "kind", "id")
        constraints = [
            models.UniqueConstraint(
                fields=["person", "representative", "kind", "starts_on"], name="people_representation_once", nulls_distinct=False
            ),
            models.CheckConstraint(condition=~Q(person=F("representative")), name="people_representation_of_another"),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(starts_on__isnull=True) | Q(ends_on__gt=F("starts_on")),
                name="people_representation_period",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} n° {self.pk}"


class DuplicateVerdict(models.TextChoices):
    """What was decided of a proposed pair; empty while nobody decided."""

    MERGED = "merged", "Fusionnées"
    DIFFERENT = "different", "Personnes différentes"


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class DuplicateCandidate(models.Model):
    """Two records that may be one person (VC-63, ID-09): the lower id first; `rule` says why, `linkage` being the model."""

    first = models.ForeignKey(Person, models.PROTECT, related_name="+")
    second = models.ForeignKey(Person, models.PROTECT, related_name="+")
    rule = models.CharField("règle", max_length=40)
    found_at = models.DateTimeField("proposé le")
    verdict = models.CharField("décision", max_length=9, choices=DuplicateVerdict, blank=True, default="", db_default="")
    decided_at = models.DateTimeField("décidé le", null=True, blank=True)
    decided_by = models.CharField("par", max_length=100, blank=True, default="", db_default="")
    weight = models.FloatField("poids", null=True, blank=True)
    "log2 of the odds that both are one person, when the linkage proposed or weighed the pair (ID-09)."
    levels = models.JSONField("niveaux", null=True, blank=True)
    "What the weight is made of: {comparison: level}, codes of the linkage model; an unknown comparison is left out."
    postponed_until = models.DateField("à revoir à partir du", null=True, blank=True)

    objects = DuplicateCandidateQuerySet.as_manager()

    class Meta:
        verbose_name = "doublon proposé"
        verbose_name_plural = "doublons proposés"
        ordering = ("found_at", "id")
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="people_duplicatecandidate_once"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="people_duplicatecandidate_order"),
        ]

    def __str__(self) -> str:
        return f"paire n° {self.pk}"

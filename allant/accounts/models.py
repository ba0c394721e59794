"""Accounts, what each may do, and the log of who did what."""

from __future__ import annotations

import pghistory
import pgtrigger
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models
from django.db.models.functions import Now

from allant.accounts.querysets import AccessLogQuerySet, MembershipQuerySet, UserManager
from allant.accounts.roles import Role


class User(AbstractBaseUser):
    """Someone who signs in through an identity provider; no local password is ever usable.

    `username` is `<provider>:<subject>`: two providers never share an account.
    """

    username = models.CharField("identifiant", max_length=200, unique=True)
    family_name = models.CharField("nom", max_length=100, blank=True)
    given_names = models.CharField("prénoms", max_length=200, blank=True)
    email = models.EmailField("adresse électronique", blank=True)
    organisation = models.ForeignKey(
        "directory.Organisation", on_delete=models.PROTECT, null=True, blank=True, verbose_name="organisme"
    )
    practitioner = models.ForeignKey(
        "directory.Practitioner", on_delete=models.PROTECT, null=True, blank=True, verbose_name="professionnel de santé"
    )
    person = models.ForeignKey("people.Person", on_delete=models.PROTECT, null=True, blank=True, verbose_name="assuré")
    is_active = models.BooleanField("actif", default=True)
    joined_at = models.DateTimeField("première connexion", db_default=Now())

    objects = UserManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    allant_kind = "mutable"

    class Meta:
        verbose_name = "compte"
        ordering = ("username",)

    def __str__(self) -> str:
        return self.get_full_name() or self.username

    def get_full_name(self) -> str:
        """Given names and family name as the provider wrote them."""
        return f"{self.given_names} {self.family_name}".strip()


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class Membership(models.Model):
    """A role held in a structure. Rewritten at each sign-in from the provider's claims; its history is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships", verbose_name="compte")
    role = models.CharField("rôle", max_length=24, choices=Role)
    structure_code = models.CharField("code de la structure", max_length=40, blank=True)
    structure_name = models.CharField("structure", max_length=200, blank=True)
    departement_code = models.CharField("département", max_length=3, blank=True)
    profession = models.CharField("profession", max_length=8, blank=True, help_text="Code de profession de l'Annuaire santé.")
    am_number = models.CharField("N°AM", max_length=9, blank=True, default="", db_default="")
    postcode = models.CharField("code postal", max_length=5, blank=True, default="", db_default="")
    exercise_mode = models.CharField(
        "mode d'exercice", max_length=8, blank=True, default="", db_default="", help_text="Code de l'Annuaire santé : L, S, B."
    )
    organisation = models.ForeignKey(
        "directory.Organisation", on_delete=models.PROTECT, null=True, blank=True, verbose_name="organisme"
    )

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = "habilitation"
        ordering = ("structure_name", "role", "id")
        constraints = (
            models.UniqueConstraint(fields=("user", "role", "structure_code"), name="one_membership_per_role_and_structure"),
        )

    def __str__(self) -> str:
        return f"{self.get_role_display()}, {self.structure_name}" if self.structure_name else self.get_role_display()


class LoggedAction(models.TextChoices):
    """What was done to the data."""

    READ = "read", "Consultation"
    SEARCH = "search", "Recherche"
    WRITE = "write", "Écriture"
    BULK = "bulk", "Traitement en nombre"
    REFUSED = "refused", "Accès refusé"


class AccessLogEntry(models.Model):
    """Who did what, about whom, when, from which structure and why.

    Append-only and without foreign keys, so that nothing else's life changes it. It holds no name and no matricule; `path`
    is the pattern of the address, never the address. A bulk action is one entry whose `batch_id` is on the rows it wrote.
    """

    at = models.DateTimeField("date", db_default=Now())
    actor_id = models.BigIntegerField("compte", null=True)
    actor = models.CharField("auteur", max_length=200)
    role = models.CharField("rôle", max_length=24, blank=True)
    structure = models.CharField("structure", max_length=40, blank=True)
    action = models.CharField("action", max_length=8, choices=LoggedAction)
    purpose = models.CharField("motif", max_length=200)
    subject_kind = models.CharField("objet", max_length=40)
    person_id = models.BigIntegerField("personne", null=True)
    representative_id = models.BigIntegerField("représentant", null=True)
    "The person who acted for `person_id` from their own account: named by the log itself, whatever the account becomes."
    batch_id = models.UUIDField("lot", null=True)
    path = models.CharField("page", max_length=200, blank=True)

    objects = AccessLogQuerySet.as_manager()

    class Meta:
        verbose_name = "entrée du journal des accès"
        verbose_name_plural = "journal des accès"
        ordering = ("-at", "-id")
        indexes = (
            models.Index(fields=("person_id", "at"), name="access_by_person", condition=models.Q(person_id__isnull=False)),
            models.Index(fields=("actor_id", "at"), name="access_by_actor"),
        )
        triggers = (pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),)

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.actor} {self.action} {self.subject_kind}"

"""Who comes when (FHIR Appointment), what happened to each appointment, and who waits for a seat."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import Q

from allant.appointments.models.places import Place, Service, Share, Slot
from allant.appointments.querysets import AppointmentQuerySet, WaitingQuerySet
from allant.people.models import Person


class Origin(models.TextChoices):
    """How the appointment came about (AP-12, AV-30)."""

    CALL = "call", "Appel de l'Assurance Maladie"
    INBOUND = "inbound", "Appel de la personne"
    INBOUND_SMS = "inbound_sms", "Appel après un SMS"
    INBOUND_VOICEMAIL = "inbound_voicemail", "Appel après un message vocal"
    INBOUND_3646 = "inbound_3646", "Appel transféré par le 3646"
    SELF = "self", "En ligne"
    SMS = "sms", "SMS"
    LETTER = "letter", "Courrier avec créneau"
    PARTNER = "partner", "Partenaire"
    WAITING_LIST = "waiting_list", "Liste d'attente"
    DESK = "desk", "Sur place"


class End(models.TextChoices):
    """Why an appointment is over."""

    DONE = "done", "Venu"
    ABSENT = "absent", "Absent"
    CANCELLED = "cancelled", "Annulé"
    MOVED = "moved", "Déplacé"
    EXPIRED = "expired", "Réservation expirée"
    CLOSED = "closed", "Créneau fermé par le lieu"
    REFUSED = "refused", "Refusé par le partenaire"


FREEING = (End.CANCELLED, End.MOVED, End.EXPIRED, End.CLOSED, End.REFUSED)
"""Ends that gave the seat back."""


class PartnerState(models.TextChoices):
    """Where a booking in a partner's calendar stands; only `booked` is told to the person as taken."""

    ASKED = "asked", "Demandé au partenaire"
    UNKNOWN = "unknown", "Sans réponse du partenaire"
    BOOKED = "booked", "Pris chez le partenaire"
    TO_CANCEL = "to_cancel", "Annulation à transmettre au partenaire"
    CANCELLED = "cancelled", "Annulé chez le partenaire"


class Appointment(models.Model):
    """A seat taken: held until an instant, or confirmed; over once `ended_as` says why.

    The seat is counted down in the statement that inserts the row (AP-04); `key` makes a second sending harmless.
    """

    first_id: int | None

    id = models.BigAutoField(primary_key=True)
    key = models.CharField(max_length=64, unique=True)
    slot = models.ForeignKey(Slot, models.PROTECT, related_name="appointments")
    share = models.ForeignKey(Share, models.PROTECT, related_name="+", db_index=False)
    person = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="appointments", db_index=False)
    "None: booked online by somebody whom no code or number tied to a record; see `Guest`."
    service = models.CharField(max_length=20, choices=Service)
    rank = models.PositiveSmallIntegerField()
    "Which injection of the series, 1 for anything else."
    origin = models.CharField(max_length=20, choices=Origin)
    cause_kind = models.CharField(max_length=20, blank=True, default="", db_default="")
    cause_id = models.BigIntegerField(null=True, blank=True)
    "The campaign's invitation it came from, where there is one."
    first = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="chained", db_index=False)
    "Of a second injection: the appointment of the first."
    booked_at = models.DateTimeField()
    booked_by = models.CharField(max_length=200)
    held_until = models.DateTimeField(null=True, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    arrived_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_as = models.CharField(max_length=10, choices=End, blank=True, default="", db_default="")
    ended_by = models.CharField(max_length=200, blank=True, default="", db_default="")
    partner_state = models.CharField(max_length=10, choices=PartnerState, blank=True, default="", db_default="")
    "Empty: in Allant's own calendar."
    partner_reference = models.CharField(max_length=100, blank=True, default="", db_default="")

    objects = AppointmentQuerySet.as_manager()
    allant_kind = "mutable"  # its changes are AppointmentEvent rows

    class Meta:
        verbose_name = "rendez-vous"
        verbose_name_plural = "rendez-vous"
        ordering = ("slot__starts_at", "id")
        constraints = [
            models.UniqueConstraint(
                fields=["person", "service", "rank"], condition=Q(ended_at=None), name="appointments_one_open_a_rank"
            ),
            models.CheckConstraint(
                condition=Q(held_until__isnull=False) | Q(confirmed_at__isnull=False), name="appointments_held_or_confirmed"
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_as="") | Q(ended_at__isnull=False) & ~Q(ended_as=""),
                name="appointments_ended_says_why",
            ),
        ]
        indexes = [
            models.Index(fields=["held_until"], condition=Q(confirmed_at=None, ended_at=None), name="appointments_holds"),
            models.Index(
                fields=["booked_at"],
                condition=Q(partner_state__in=("asked", "unknown", "to_cancel")),
                name="appointments_to_settle",
            ),
            models.Index(fields=["person"], condition=Q(person__isnull=False), name="appointments_of_person"),
        ]

    def __str__(self) -> str:
        return f"rendez-vous {self.pk}"


class Guest(models.Model):
    """Who booked online without being known to the register (AP-12). Erased some days after the appointment (`forgetting`)."""

    appointment = models.OneToOneField(Appointment, models.PROTECT, related_name="guest")
    family_name = models.CharField("nom", max_length=100)
    given_names = models.CharField("prénoms", max_length=200)
    birth_date = models.DateField("date de naissance")

    class Meta:
        verbose_name = "personne inscrite en ligne"
        verbose_name_plural = "personnes inscrites en ligne"
        triggers = [pgtrigger.Protect(name="never_changed", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"inscription {self.pk}"


class ToldAt(models.Model):
    """Where one appointment is told when it is no contact point of the register: a guest's, or a relative's address (AV-24).

    Erased some days after the appointment (`forgetting`).
    """

    class Kind(models.TextChoices):
        """As `people.ContactKind` names them."""

        MOBILE = "mobile", "Mobile"
        EMAIL = "email", "Courriel"

    appointment = models.ForeignKey(Appointment, models.PROTECT, related_name="told_at")
    kind = models.CharField("nature", max_length=6, choices=Kind)
    value = models.CharField("valeur", max_length=254)
    relative = models.BooleanField("d'un proche", default=False)
    "Of a relative: for the confirmation and what belies it, never for a reminder."
    given_at = models.DateTimeField()
    given_by = models.CharField(max_length=200)
    refused_on = models.DateField(null=True, blank=True)
    "A STOP from there."
    invalid_since = models.DateField(null=True, blank=True)

    allant_kind = "mutable"  # refused, invalid, then erased

    class Meta:
        verbose_name = "adresse d'un rendez-vous"
        verbose_name_plural = "adresses des rendez-vous"
        ordering = ("appointment_id", "id")
        constraints = [models.UniqueConstraint(fields=["appointment", "kind"], name="appointments_told_once")]
        indexes = [models.Index(fields=["value"], name="appointments_told_value")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} n° {self.pk}"


class AppointmentEvent(models.Model):
    """What happened to an appointment, in order."""

    appointment = models.ForeignKey(Appointment, models.PROTECT, related_name="events")
    kind = models.CharField(max_length=12)
    "`held`, `booked`, `confirmed`, `arrived`, or how it ended."
    at = models.DateTimeField()
    by = models.CharField(max_length=200)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = "suite d'un rendez-vous"
        verbose_name_plural = "suites des rendez-vous"
        ordering = ("at", "id")
        triggers = [pgtrigger.Protect(name="never_changed", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.kind}, rendez-vous {self.appointment_id}"


class PartnerFeed(models.Model):
    """How the exchanges with one booking partner go: one row a partner, brought up to date at each exchange (AP-06)."""

    code = models.CharField(max_length=40, unique=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    failure = models.CharField(max_length=200, blank=True, default="", db_default="")
    "What went wrong last, as the connector says it."
    failures = models.PositiveIntegerField(default=0, db_default=0)
    "Since the last answer."
    settled_at = models.DateTimeField(null=True, blank=True)
    "When its bookings without answer were last looked at."

    allant_kind = "mutable"  # a state, not a history

    class Meta:
        verbose_name = "échanges avec un partenaire"
        verbose_name_plural = "échanges avec les partenaires"
        ordering = ("code",)

    def __str__(self) -> str:
        return self.code


class Waiting(models.Model):
    """Somebody who asks to be told of a freed seat (AP-08)."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    service = models.CharField(max_length=20, choices=Service)
    rank = models.PositiveSmallIntegerField(default=1)
    place = models.ForeignKey(Place, models.PROTECT, null=True, blank=True, related_name="waiting")
    "None: any place within the distance."
    latitude = models.FloatField()
    longitude = models.FloatField()
    within_km = models.PositiveSmallIntegerField()
    vaccines = models.JSONField(default=list)
    "Empty: any."
    not_before = models.DateField()
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=200)
    offered = models.ForeignKey(Appointment, models.PROTECT, null=True, blank=True, related_name="+")
    "The seat held for them, to confirm."
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = WaitingQuerySet.as_manager()
    allant_kind = "mutable"  # waits, is offered a seat, is closed

    class Meta:
        verbose_name = "inscription en liste d'attente"
        verbose_name_plural = "liste d'attente"
        ordering = ("asked_at", "id")
        constraints = [
            models.UniqueConstraint(
                fields=["person", "service", "rank"], condition=Q(closed_at=None), name="appointments_waits_once"
            ),
        ]

    def __str__(self) -> str:
        return f"attente {self.pk}"

"""Where and when one can come: places, their weekly schedules, and the slots these make (FHIR Location, Schedule, Slot)."""

from __future__ import annotations

import pghistory
from django.db import models
from django.db.models import F, Q

from allant.appointments.querysets import PlaceQuerySet, SlotQuerySet
from allant.directory.models import Location


class Service(models.TextChoices):
    """What one comes for: the engine is the same (AP-11)."""

    VACCINATION = "vaccination", "Vaccination"
    RECEPTION = "reception", "Accueil de la caisse"
    PERMANENCE = "permanence", "Permanence chez un partenaire"
    CHECK_UP = "check_up", "Bilan de santé"


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class Place(models.Model):
    """A place that takes appointments (AP-01), in Allant's own calendar (AP-07) or in a partner's (AP-06)."""

    location = models.OneToOneField(Location, models.PROTECT, related_name="bookable", verbose_name="lieu")
    address = models.CharField("adresse", max_length=200, blank=True)
    latitude = models.FloatField("latitude")
    longitude = models.FloatField("longitude")
    accessible = models.BooleanField("accessible en fauteuil roulant", default=False)
    phone = models.CharField("téléphone", max_length=20, blank=True)
    opening = models.CharField("horaires", max_length=200, blank=True)
    books_second = models.BooleanField("prend aussi le second rendez-vous", default=True)
    "Where not, the place itself books the second injection, and the person is told so (AP-05)."
    partner = models.CharField("système partenaire", max_length=40, blank=True, default="", db_default="")
    "Code of the booking partner whose calendar it is; empty: Allant's own."
    partner_reference = models.CharField("référence du partenaire", max_length=100, blank=True, default="", db_default="")
    closed_on = models.DateField("fermé depuis", null=True, blank=True)

    objects = PlaceQuerySet.as_manager()

    class Meta:
        verbose_name = "lieu de rendez-vous"
        verbose_name_plural = "lieux de rendez-vous"
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(
                fields=["partner", "partner_reference"], condition=~Q(partner=""), name="appointments_place_of_partner"
            ),
            models.CheckConstraint(
                condition=Q(latitude__range=(-90, 90), longitude__range=(-180, 180)), name="appointments_place_on_earth"
            ),
        ]

    def __str__(self) -> str:
        return str(self.location)


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class Schedule(models.Model):
    """One weekly opening of a place: it makes the slots of each week it is in force (AP-02)."""

    place = models.ForeignKey(Place, models.PROTECT, related_name="schedules", verbose_name="lieu")
    service = models.CharField("pour", max_length=20, choices=Service)
    vaccine = models.CharField("vaccin", max_length=20, blank=True)
    "Code of `covid.vaccines`; empty where nothing is injected."
    weekday = models.PositiveSmallIntegerField("jour")  # ISO: 1 is Monday
    opens_at = models.TimeField("de")
    closes_at = models.TimeField("à")
    minutes = models.PositiveSmallIntegerField("minutes par créneau")
    capacity = models.PositiveSmallIntegerField("personnes par créneau")
    quotas = models.JSONField("réservé", default=dict)
    "Audience → seats of each slot kept for it (`assurance_maladie`, a partner's code); the rest is for everybody."
    release_days = models.PositiveSmallIntegerField("jours avant libération", default=0)
    "How many days before the slot its reserved seats are everybody's."
    starts_on = models.DateField("en vigueur le")
    ends_on = models.DateField("jusqu'au (exclu)", null=True, blank=True)

    class Meta:
        verbose_name = "plage d'ouverture"
        verbose_name_plural = "plages d'ouverture"
        ordering = ("place", "weekday", "opens_at", "id")
        constraints = [
            models.CheckConstraint(condition=Q(weekday__range=(1, 7)), name="appointments_schedule_weekday"),
            models.CheckConstraint(condition=Q(closes_at__gt=F("opens_at")), name="appointments_schedule_hours"),
            models.CheckConstraint(
                condition=Q(capacity__gt=0, minutes__gt=0), name="appointments_schedule_not_empty"
            ),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gt=F("starts_on")), name="appointments_schedule_period"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.place_id}, jour {self.weekday}, {self.opens_at:%H:%M}"


class Slot(models.Model):
    """One time at one place. Its seats are its shares; closed by the place, it takes nobody more."""

    id = models.BigAutoField(primary_key=True)
    place = models.ForeignKey(Place, models.PROTECT, related_name="slots", db_index=False)
    schedule = models.ForeignKey(Schedule, models.PROTECT, null=True, blank=True, related_name="slots", db_index=False)
    service = models.CharField("pour", max_length=20, choices=Service)
    vaccine = models.CharField("vaccin", max_length=20, blank=True)
    starts_at = models.DateTimeField("début")
    minutes = models.PositiveSmallIntegerField("minutes")
    closed_at = models.DateTimeField("fermé le", null=True, blank=True)
    partner_reference = models.CharField(max_length=100, blank=True, default="", db_default="")
    "Of a slot in a partner's calendar, kept here once somebody asked for it; the partner counts its seats."

    objects = SlotQuerySet.as_manager()
    allant_kind = "mutable"  # made by its schedule; only closed afterwards

    class Meta:
        verbose_name = "créneau"
        verbose_name_plural = "créneaux"
        ordering = ("starts_at", "id")
        constraints = [
            models.UniqueConstraint(fields=["place", "starts_at", "service", "vaccine"], name="appointments_slot_once"),
        ]

    def __str__(self) -> str:
        return f"créneau {self.pk}"


class Share(models.Model):
    """The seats of a slot for one audience (AP-02): everybody's (''), or reserved until they are released."""

    id = models.BigAutoField(primary_key=True)
    slot = models.ForeignKey(Slot, models.PROTECT, related_name="shares", db_index=False)
    audience = models.CharField("réservé à", max_length=40, blank=True)
    capacity = models.PositiveSmallIntegerField("places")
    remaining = models.PositiveSmallIntegerField("places libres")
    released_on = models.DateField("libéré le", null=True, blank=True)
    "From this day everybody may take them; never for the seats that are everybody's already."

    allant_kind = "mutable"  # a counter: it moves in the statement that books or frees

    class Meta:
        verbose_name = "places d'un créneau"
        verbose_name_plural = "places des créneaux"
        constraints = [
            models.UniqueConstraint(fields=["slot", "audience"], name="appointments_share_once"),
            # The last guard of AP-04, behind the conditional UPDATE.
            models.CheckConstraint(condition=Q(remaining__lte=F("capacity")), name="appointments_share_not_over"),
        ]

    def __str__(self) -> str:
        return f"places {self.pk}"


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class Closure(models.Model):
    """Days on which a place makes no slots: a holiday of its own, works."""

    place = models.ForeignKey(Place, models.PROTECT, related_name="closures")
    starts_on = models.DateField("du")
    ends_on = models.DateField("au (exclu)")
    reason = models.CharField("motif", max_length=200, blank=True)

    class Meta:
        verbose_name = "fermeture"
        ordering = ("starts_on",)
        constraints = [
            models.CheckConstraint(condition=Q(ends_on__gt=F("starts_on")), name="appointments_closure_period"),
        ]

    def __str__(self) -> str:
        return f"fermeture {self.pk}"


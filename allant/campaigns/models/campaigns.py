"""Campaigns, the versions of their targets, waves and invitations.

States are computed from dates and rows, never edited. What a campaign was before a change is kept (django-pghistory); target
versions never change, waves are only completed, invitations only revoked: triggers see to it.
"""

from datetime import date

import pghistory
import pgtrigger
from django.db import models
from django.db.models import F, Q

from allant.people.models import Person
from allant.targeting import Definition
from allant.targeting.moving import moved


class CampaignQuerySet(models.QuerySet["Campaign"]):
    def running_on(self, day: date) -> "CampaignQuerySet":
        """Open on this day: begun, not ended, not stopped."""
        return self.filter(starts_on__lte=day, stopped_at=None).filter(Q(ends_on=None) | Q(ends_on__gt=day))

    def with_counts(self) -> "CampaignQuerySet":
        """Adds `wave_count`, `invited` (valid invitations) and `last_wave_on`, in the one query."""
        waves = Wave.objects.filter(campaign=models.OuterRef("pk")).order_by().values("campaign")
        invitations = Invitation.objects.valid().filter(campaign=models.OuterRef("pk")).order_by().values("campaign")
        return self.annotate(
            wave_count=models.functions.Coalesce(models.Subquery(waves.annotate(n=models.Count("pk")).values("n")), 0),
            invited=models.functions.Coalesce(models.Subquery(invitations.annotate(n=models.Count("pk")).values("n")), 0),
            last_wave_on=models.Subquery(waves.annotate(day=models.Max("planned_on")).values("day")),
        )


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class Campaign(models.Model):
    """What is to be done for whom, where and when (TG-01)."""

    slug = models.SlugField(unique=True)
    programme = models.CharField(max_length=40)
    title = models.CharField(max_length=200)
    objective = models.TextField(blank=True)
    objective_share = models.DecimalField(max_digits=5, decimal_places=4, null=True, blank=True)
    "Share of the concerned population to reach, 0 to 1; none when the campaign sets no figure."
    source = models.TextField(blank=True)
    territory = models.CharField(max_length=100, default="France entière")
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)
    channels = models.JSONField(default=list)
    "Channels by order of preference: the first for which the person has contact data is used."
    channel_ends = models.JSONField(default=dict, blank=True, db_default={})
    "Channel → its last day, as text, when it stops before the campaign does (the SMS of a first week)."
    template = models.CharField(max_length=60)
    act = models.CharField(max_length=60, blank=True)
    "The fact that tells when an invited person did what the campaign is for, as `table.column`; none: no effect is measured."
    weekly_capacity = models.PositiveIntegerField(null=True, blank=True)
    "Invitations a week; none: no limit."
    daily_calls = models.PositiveIntegerField(null=True, blank=True)
    "Calls that the desk makes a day for it; none: no limit. Doses and slots are those of its programme (`WeeklyCapacity`)."
    medical = models.BooleanField(default=False, db_default=False)
    "Its target tells an illness: only the medical service sees it (AV-27)."
    offers = models.CharField(max_length=10, blank=True, default="", db_default="")
    "What its letters bear besides a code (AV-40): `slot`, held for the person, with transport; `home`, a nurse who comes."
    stopped_at = models.DateTimeField(null=True, blank=True)
    stopped_by = models.CharField(max_length=100, blank=True)

    objects = CampaignQuerySet.as_manager()

    class Meta:
        verbose_name = "campagne"
        ordering = ("starts_on", "slug")

    def __str__(self) -> str:
        return self.title

    def state_on(self, day: date) -> str:
        """`stopped`, `planned`, `ended` or `running`."""
        if self.stopped_at is not None:
            return "stopped"
        if day < self.starts_on:
            return "planned"
        return "ended" if self.ends_on is not None and day >= self.ends_on else "running"

    def channels_on(self, day: date) -> list[str]:
        """The channels still used on a day, by order of preference."""
        return [name for name in self.channels if day.isoformat() <= self.channel_ends.get(name, "9999")]

    @property
    def current_target(self) -> "TargetVersion":
        """The last version; a campaign is created with its first."""
        return self.target_versions.latest("number")


class TargetVersion(models.Model):
    """A target definition as data, with the campaign; a change is a new version (TG-03)."""

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="target_versions")
    number = models.PositiveIntegerField()
    definition = models.JSONField()
    objective_definition = models.JSONField(null=True, blank=True)
    "The population the objective speaks of: the target without the act and without exclusions."
    written_on = models.DateField()
    "The day on which the definition counts ages, durations and situations; each wave counts them on its own day."
    sentence = models.TextField()
    content_hash = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=100)

    class Meta:
        verbose_name = "version de la cible"
        ordering = ("campaign", "number")
        constraints = [models.UniqueConstraint(fields=["campaign", "number"], name="one_target_version_a_number")]
        triggers = [pgtrigger.Protect(name="never_changed", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.campaign.slug} v{self.number}"

    def on(self, day: date) -> Definition:
        """The target as it is asked on a day."""
        return moved(Definition.from_json(self.definition), self.written_on, day)

    def objective_on(self, day: date) -> Definition | None:
        """The population the objective speaks of, as it is asked on a day."""
        if self.objective_definition is None:
            return None
        return moved(Definition.from_json(self.objective_definition), self.written_on, day)


class TargetDraft(models.Model):
    """A target being built in the workshop by one person; saving it writes a version, the draft may go on."""

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, null=True, blank=True, related_name="drafts")
    "None: for a campaign that does not exist yet."
    owner = models.CharField(max_length=200)
    tree = models.JSONField()
    former = models.JSONField(default=list, db_default=[])
    "Its trees before the last changes, the latest last: what « annuler » gives back."
    written_on = models.DateField()
    "The day on which its ages, durations and situations count."
    updated_at = models.DateTimeField()

    allant_kind = "mutable"  # a draft: its versions are kept once saved

    class Meta:
        verbose_name = "brouillon de cible"
        verbose_name_plural = "brouillons de cible"
        ordering = ("-updated_at", "-id")
        constraints = [
            models.UniqueConstraint(fields=["owner", "campaign"], name="one_draft_an_owner_and_campaign", nulls_distinct=False)
        ]

    def __str__(self) -> str:
        return f"brouillon {self.pk}"


class Wave(models.Model):
    """People of one target on one day, frozen as a list; invited by chunks until `completed_at`."""

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="waves")
    target_version = models.ForeignKey(TargetVersion, on_delete=models.PROTECT)
    number = models.PositiveIntegerField()
    planned_on = models.DateField()
    as_of = models.DateField()
    "The day whose facts chose the people."
    found = models.PositiveIntegerField()
    "People in the target that day, before the weekly capacity was applied."
    size = models.PositiveIntegerField()
    target_hash = models.CharField(max_length=64)
    target_file = models.CharField(max_length=200)
    by_channel = models.JSONField(default=dict)
    first_serial = models.BigIntegerField()
    key_version = models.PositiveSmallIntegerField()
    launched_at = models.DateTimeField()
    launched_by = models.CharField(max_length=100)
    completed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "vague"
        ordering = ("campaign", "number")
        constraints = [
            models.UniqueConstraint(fields=["campaign", "number"], name="one_wave_a_number"),
            models.UniqueConstraint(fields=["campaign", "planned_on"], name="one_wave_a_day"),
        ]
        triggers = [
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="only_completed", exclude=["completed_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.campaign.slug}, vague {self.number}"


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def valid(self) -> "InvitationQuerySet":
        """Not revoked."""
        return self.filter(revoked_at=None)

    def of_person(self, person: Person) -> "InvitationQuerySet":
        """Those of a person, under their own record or one merged into it; their own first, then the last one."""
        mine = self.filter(Q(person=person) | Q(person__merged_into=person))
        return mine.order_by(F("person__merged_into").asc(nulls_first=True), "-invited_on", "-pk")


class Invitation(models.Model):
    """One person invited by one campaign, with the serial of their code (never the code itself)."""

    id = models.BigAutoField(primary_key=True)
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="invitations", db_index=False)
    wave = models.ForeignKey(Wave, on_delete=models.PROTECT, related_name="invitations")
    person = models.ForeignKey("people.Person", on_delete=models.PROTECT, related_name="invitations")
    channel = models.CharField(max_length=10)
    invited_on = models.DateField()
    code_serial = models.BigIntegerField(unique=True)
    code_key_version = models.PositiveSmallIntegerField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.CharField(max_length=100, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = "invitation"
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "person"], condition=Q(revoked_at=None), name="one_valid_invitation_a_campaign"
            )
        ]
        triggers = [
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="only_revoked", exclude=["revoked_at", "revoked_by"]),
            pgtrigger.Protect(
                name="revoked_once", operation=pgtrigger.Update, condition=pgtrigger.Q(old__revoked_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"invitation {self.pk}"


class HeldOut(models.Model):
    """Somebody of a wave's target kept aside at random, not invited by this campaign, to compare with (TG-10)."""

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="+", db_index=False)
    wave = models.ForeignKey(Wave, on_delete=models.PROTECT, related_name="held_out")
    person = models.ForeignKey("people.Person", on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = "personne du groupe de comparaison"
        verbose_name_plural = "groupe de comparaison"
        constraints = [models.UniqueConstraint(fields=["campaign", "person"], name="one_held_out_a_campaign")]
        triggers = [pgtrigger.Protect(name="never_changed", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"comparaison {self.pk}"


class SchemeFile(models.Model):
    """The list of a campaign's target given to a scheme that contacts its own insured (TG-05): one a day, and its receipt."""

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="scheme_files")
    scheme = models.CharField(max_length=10)
    as_of = models.DateField()
    name = models.CharField(max_length=100, unique=True)
    persons = models.PositiveIntegerField()
    content_hash = models.CharField(max_length=64)
    "SHA-256 of the CSV."
    written_at = models.DateTimeField()
    written_by = models.CharField(max_length=200)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_persons = models.PositiveIntegerField(null=True, blank=True)
    "How many the scheme read and kept."
    acknowledgment = models.CharField(max_length=500, blank=True)

    allant_kind = "mutable"  # written, then acknowledged once

    class Meta:
        verbose_name = "fichier pour un autre régime"
        verbose_name_plural = "fichiers pour les autres régimes"
        ordering = ("-as_of", "scheme")
        constraints = [models.UniqueConstraint(fields=["campaign", "scheme", "as_of"], name="one_scheme_file_a_day")]

    def __str__(self) -> str:
        return self.name

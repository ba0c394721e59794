"""Writes of a campaign: create it, launch a wave, revoke and re-issue an invitation, stop and resume."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import pghistory
from django.db import connection, transaction
from django.db.models import Q, QuerySet

from allant import clock
from allant.appointments.models import Appointment
from allant.campaigns import enclosures, keyring
from allant.campaigns.models import Campaign, Invitation, TargetVersion, Wave
from allant.outreach.actions import drop_messages, queue_messages, release_causes, suspend_causes
from allant.outreach.holds import take_turn
from allant.outreach.models import Channel
from allant.people.models import Person
from allant.targeting import Definition, sentence

HANDED_OVER = "hand"
"""The channel of an invitation whose code a professional hands over: no message leaves."""
STOPPED = "campagne arrêtée"
"""Why its messages are held."""


@dataclass(frozen=True)
class CampaignPlan:
    """What a campaign is made of before it is a row: read from a file or from a page."""

    slug: str
    programme: str
    title: str
    starts_on: date
    target: Definition
    channels: tuple[str, ...]
    template: str
    act: str
    objective: str = ""
    objective_share: Decimal | None = None
    objective_population: Definition | None = None
    ends_on: date | None = None
    weekly_capacity: int | None = None
    daily_calls: int | None = None
    territory: str = "France entière"
    source: str = ""
    channel_ends: Mapping[str, date] = field(default_factory=dict)
    "The last day of a channel that stops before the campaign does."
    medical: bool = False
    offers: str = ""
    "What its letters bear besides a code: `slot` or `home` (AV-40)."
    schemes_apart: bool = True
    "Whether the schemes that contact their own insured are given their list, instead of being contacted here (TG-05)."


_COLUMNS = (
    "programme", "title", "starts_on", "ends_on", "template", "act", "objective", "objective_share", "weekly_capacity",
    "daily_calls", "territory", "source", "medical", "offers",
)  # fmt: skip


@transaction.atomic
def save_campaign(plan: CampaignPlan, *, by: str) -> Campaign:
    """Create the campaign, or bring the one of this slug to the plan; a changed target becomes a new version (TG-03).

    Raises ValueError when a channel is unknown, or when there is none.
    """
    if not plan.channels or not set(plan.channels) <= set(Channel.values):
        seen = ", ".join(plan.channels) or "aucun"
        raise ValueError(f"Campagne « {plan.slug} », canaux : {seen} ; attendu au moins un parmi {', '.join(Channel.values)}.")
    ends = {name: day.isoformat() for name, day in plan.channel_ends.items()}
    values = {name: getattr(plan, name) for name in _COLUMNS} | {"channels": list(plan.channels), "channel_ends": ends}
    with pghistory.context(by=by):
        campaign, _ = Campaign.objects.update_or_create(slug=plan.slug, defaults=values)
    save_target(campaign, plan.target, plan.objective_population, written_on=plan.starts_on, by=by)
    campaign.refresh_from_db()  # as stored: shares are decimals
    return campaign


@transaction.atomic
def save_target(
    campaign: Campaign, target: Definition, objective: Definition | None, *, written_on: date, by: str
) -> TargetVersion:
    """Write the target as the next version, unless the last one says the same that day; the version that stands.

    `objective`: the population its objective speaks of; `written_on`: the day its ages and delays count on.
    """
    Campaign.objects.select_for_update().get(pk=campaign.pk)  # versions are numbered in turn
    population = None if objective is None else objective.to_json()
    last = campaign.target_versions.order_by("number").last()
    if last and (last.on(written_on).content_hash, last.objective_on(written_on)) == (target.content_hash, objective):
        return last
    return TargetVersion.objects.create(
        campaign=campaign,
        number=last.number + 1 if last else 1,
        definition=target.to_json(),
        objective_definition=population,
        written_on=written_on,
        sentence=sentence(target),
        content_hash=target.content_hash,
        created_at=clock.now(),
        created_by=by,
    )


@transaction.atomic
def reissue_code(invitation: Invitation, *, by: str, on: date) -> Invitation:
    """Revoke an invitation's code and give the person a new one (TG-07): one valid code a campaign, the former is dead.

    A message that still waits to carry the former one is withdrawn.
    """
    locked = Invitation.objects.select_for_update().get(pk=invitation.pk)
    if locked.revoked_at is not None:
        raise ValueError("Cette invitation est déjà révoquée : partez de l'invitation en cours de validité.")
    locked.revoked_at, locked.revoked_by = clock.now(), by
    locked.save(update_fields=["revoked_at", "revoked_by"])
    drop_messages(cause_kind="invitation", cause_id=locked.pk, reason="code réémis")
    fresh = Invitation.objects.create(
        campaign_id=locked.campaign_id, wave_id=locked.wave_id, person_id=locked.person_id, channel=locked.channel,
        invited_on=on, code_serial=reserve_serials(1), code_key_version=keyring.current().version,
    )
    # The seat that the former letter held is that of the new one (AV-40).
    held = Appointment.objects.open().filter(cause_kind="invitation", cause_id=locked.pk)
    held.update(cause_id=fresh.pk)
    if enclosure := enclosures.of(locked.campaign):
        enclosure.replace(locked, fresh, by)
    queue_messages(
        cause_kind="invitation",
        select="""SELECT i.person_id, i.id AS cause_id, i.channel, c.template, i.invited_on AS created_on,
                         i.invited_on AS send_after
                  FROM campaigns_invitation i JOIN campaigns_campaign c ON c.id = i.campaign_id WHERE i.id = %s""",
        parameters=[fresh.pk],
    )
    return fresh


@transaction.atomic
def give_code(*, campaign: Campaign, person: Person, by: str, on: date) -> Invitation:
    """The person's last valid invitation of any campaign of this programme, else a new one of `campaign`, handed over that day.

    Merged records are one person. No message leaves; the invitation stands in a wave of the day that has no list.
    """
    survivor = Person.objects.select_for_update(no_key=True).get(pk=person.merged_into_id or person.pk)
    borne_by = Q(person=survivor.pk) | Q(person__in=Person.objects.filter(merged_into=survivor.pk).values("pk"))
    given = Invitation.objects.valid().filter(borne_by, campaign__programme=campaign.programme)
    return given.order_by("-invited_on", "-pk").first() or Invitation.objects.create(
        campaign=campaign, wave=_open_wave(campaign, by=by, on=on), person=survivor, channel=HANDED_OVER, invited_on=on,
        code_serial=reserve_serials(1), code_key_version=keyring.current().version,
    )  # fmt: skip


def _open_wave(campaign: Campaign, *, by: str, on: date) -> Wave:
    """The wave of a day under which codes are handed over one by one: nobody was chosen by a target."""
    if (wave := campaign.waves.filter(planned_on=on).first()) is not None:
        return wave
    Campaign.objects.select_for_update().get(pk=campaign.pk)  # the number of a wave is taken in turn
    now = clock.now()
    wave, _ = campaign.waves.get_or_create(
        planned_on=on,
        defaults={
            "target_version": campaign.current_target, "number": campaign.waves.count() + 1, "as_of": on, "found": 0, "size": 0,
            "target_hash": "", "target_file": "", "first_serial": 0, "key_version": keyring.current().version,
            "launched_at": now, "launched_by": by, "completed_at": now,
        },
    )  # fmt: skip
    return wave


def reserve_serials(count: int) -> int:
    """Take `count` consecutive serials nobody else will get; returns the first."""
    with connection.cursor() as cursor:
        if count == 1:
            # One after another needs no turn of its own: only a range must not be entered meanwhile.
            cursor.execute("SELECT pg_advisory_xact_lock_shared(hashtext('campaigns_code_serial'))")
            cursor.execute("SELECT nextval('campaigns_code_serial')")
            return int(cursor.fetchone()[0])
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('campaigns_code_serial'))")
        cursor.execute("SELECT nextval('campaigns_code_serial')")
        first = cursor.fetchone()[0]
        # The lock keeps reservations in line, so setval cannot step back over another one.
        cursor.execute("SELECT setval('campaigns_code_serial', %s)", [first + count - 1])
        return first


@transaction.atomic
def stop_campaign(campaign: Campaign, *, by: str) -> int:
    """No further wave leaves, nobody more is called, and what waits in the outbox is held; how many messages are.

    A wave that is being prepared stops after its chunk, and is finished by the next one. What was sent stays sent.
    """
    take_turn()
    with pghistory.context(by=by):
        Campaign.objects.filter(pk=campaign.pk, stopped_at=None).update(stopped_at=clock.now(), stopped_by=by)
    return suspend_causes(cause_kind="invitation", causes=_invitations(campaign), reason=STOPPED)


@transaction.atomic
def resume_campaign(campaign: Campaign, *, by: str) -> int:
    """Waves and held messages may leave again, how many; who stopped it, and who resumed it, stays in its history."""
    with pghistory.context(by=by):
        Campaign.objects.filter(pk=campaign.pk).exclude(stopped_at=None).update(stopped_at=None, stopped_by="")
    return release_causes(cause_kind="invitation", causes=_invitations(campaign))


def _invitations(campaign: Campaign) -> QuerySet[Invitation, int]:
    return Invitation.objects.filter(campaign=campaign).values_list("pk", flat=True)

"""Launching a wave: the target is frozen as a list, then people are invited by chunks (TG-09).

Killed anywhere and launched again: the list and the range of code serials are fixed by the wave's row, each chunk is one
transaction that repeats harmlessly, so each person ends in exactly one wave with exactly one code.
"""

import hashlib
import os
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from django.conf import settings
from django.db import connection, transaction

from allant import bulk, clock
from allant.campaigns import enclosures, keyring, territories
from allant.campaigns.actions import HANDED_OVER, reserve_serials
from allant.campaigns.models import Campaign, Invitation, Wave
from allant.campaigns.planner import bounds
from allant.campaigns.proposals.slot_letters import SLOT
from allant.outreach.actions import queue_messages
from allant.outreach.reaching import FACTS, channel_sql
from allant.targeting import Definition, engine_postgres

CHUNK = 100_000
MOST_HELD_OUT = 0.5
Progress = Callable[[int, int], None]

_NOT_OPEN = {"stopped": "est arrêtée", "planned": "n'a pas encore commencé", "ended": "est terminée"}

READ_ONCE = ("person", "dose_summary")
"""Fact tables that every target of a programme asks: computed once for all the targets of a statement."""

_LIST = pa.schema([("person_id", pa.int64()), ("channel", pa.string())])
_FOUND = pa.field("found", pa.int64())
_FAIR = "hashint8extended(person_id, hashtextextended(%s, 0)), person_id"


class CampaignClosed(ValueError):
    """The campaign is not running on that day; the message says why, in French."""


class TargetLost(RuntimeError):
    """The frozen list of a wave that was not finished is not there as it was; the message says what to do, in French."""


def launch_wave(
    campaign: Campaign,
    *,
    on: date,
    by: str,
    capacity: int | None = None,
    held_out: float = 0.0,
    progress: Progress | None = None,
) -> Wave | None:
    """Invite the people of the campaign's target on this day, at most `capacity` of them; None when there is nobody.

    Without `capacity`, at most what the campaign's own capacity still lets it invite that week. The adopted plan of the week
    bounds each département (TG-08). `held_out`: the share (0 to 0.5) of the wave kept aside at random to compare with (TG-10):
    this campaign never invites them. A wave of the same day is completed or returned, never doubled. Raises CampaignClosed,
    TargetLost.
    """
    _refuse_closed(Campaign.objects.get(pk=campaign.pk), on)
    complete_waves(campaign, progress=progress)
    wave = _frozen(campaign, on, by, capacity, held_out)
    if wave is not None and wave.completed_at is None:
        _invite(wave, progress)
    return wave


def complete_waves(campaign: Campaign, *, progress: Progress | None = None) -> int:
    """Finish the waves that a stopped process left in the middle; returns how many there were."""
    unfinished = list(campaign.waves.filter(completed_at=None).select_related("campaign").order_by("number"))
    for wave in unfinished:
        _invite(wave, progress)
    return len(unfinished)


def _refuse_closed(campaign: Campaign, on: date) -> None:
    if (state := campaign.state_on(on)) != "running":
        raise CampaignClosed(f"La campagne « {campaign.title} » {_NOT_OPEN[state]} : pas de vague le {on:%d/%m/%Y}.")
    if (enclosure := enclosures.of(campaign)) and (reason := enclosure.refusal(campaign, on)):
        raise CampaignClosed(f"La campagne « {campaign.title} » : {reason}")


@transaction.atomic
def _frozen(campaign: Campaign, on: date, by: str, capacity: int | None, held_out: float = 0.0) -> Wave | None:
    _refuse_closed(Campaign.objects.select_for_update().get(pk=campaign.pk), on)
    if (wave := campaign.waves.filter(planned_on=on).first()) is not None:
        return wave
    version = campaign.current_target
    people, found = _select(campaign, version.on(on), on, left_of_week(campaign, on) if capacity is None else capacity)
    people, aside = _drawn(people, campaign, on, held_out)
    if not people.num_rows:
        return None
    number = campaign.waves.count() + 1
    path, digest = _write_list(f"{campaign.slug}-{number:03d}", people)
    by_channel = {row["values"]: row["counts"] for row in pc.value_counts(people["channel"]).to_pylist()}
    wave = Wave.objects.create(
        campaign=campaign, target_version=version, number=number, planned_on=on, as_of=on, found=found, size=people.num_rows,
        target_hash=digest, target_file=path, by_channel=by_channel, first_serial=reserve_serials(people.num_rows),
        key_version=keyring.current().version, launched_at=clock.now(), launched_by=by,
    )
    _keep_aside(wave, aside)
    return wave


def left_of_week(campaign: Campaign, on: date) -> int | None:
    """How many more the weekly capacity lets it invite in the week of this day, codes handed over aside; None: no limit."""
    if campaign.weekly_capacity is None:
        return None
    monday = bounds.monday(on)
    gone = Invitation.objects.filter(campaign=campaign, invited_on__gte=monday, invited_on__lt=monday + bounds.WEEK)
    return max(0, campaign.weekly_capacity - gone.valid().exclude(channel=HANDED_OVER).count())


def _drawn(people: pa.Table, campaign: Campaign, on: date, share: float) -> tuple[pa.Table, pa.Table]:
    """Those invited and those held out: drawn without replacement, from a seed that the wave makes, so that it can be checked."""
    if not 0 <= share <= MOST_HELD_OUT:
        raise ValueError(f"Groupe de comparaison : une part de 0 à {MOST_HELD_OUT:.0%} est attendue.")
    aside = round(people.num_rows * share)
    seed = int.from_bytes(hashlib.sha256(f"{campaign.slug} {on}".encode()).digest()[:8])
    order = np.random.default_rng(seed).permutation(people.num_rows)
    return people.take(np.sort(order[aside:])), people.take(np.sort(order[:aside]))


def _keep_aside(wave: Wave, people: pa.Table) -> None:
    if people.num_rows:
        ids = [pa.array([number] * people.num_rows, pa.int64()) for number in (wave.campaign_id, wave.pk)]
        rows = pa.table([*ids, people["person_id"]], names=["campaign_id", "wave_id", "person_id"])
        bulk.copy_in("campaigns_heldout", rows)


def _select(campaign: Campaign, definition: Definition, on: date, capacity: int | None) -> tuple[pa.Table, int]:
    """The people still to invite that a channel can reach, ascending, and how many there are without capacity nor plan."""
    planned = bounds.planned(campaign, on)
    if planned is not None:
        return _found(bulk.copy_out(*planned_sql(campaign, definition, planned, on, capacity), _LIST.append(_FOUND)))
    waiting, parameters = waiting_sql(campaign, definition, on)
    reachable = f"SELECT * FROM ({waiting}) AS q WHERE channel IS NOT NULL"
    if capacity is None:
        people = bulk.copy_out(f"SELECT person_id, channel FROM ({reachable}) AS r", parameters, _LIST)
        return people.sort_by("person_id"), people.num_rows
    # The order among equals is drawn once for all by a hash: fair, and the same when run again.
    people = bulk.copy_out(
        f"SELECT person_id, channel, count(*) OVER () FROM ({reachable}) AS r ORDER BY {_FAIR} LIMIT %s",
        [*parameters, campaign.slug, capacity], _LIST.append(_FOUND),
    )  # fmt: skip
    return _found(people)


def planned_sql(
    campaign: Campaign, definition: Definition, planned: bounds.Planned, on: date, capacity: int | None
) -> tuple[str, list[object]]:
    """A SELECT of person_id, channel and found: of each département, what the adopted plan leaves this week, in the fair order.

    Whoever a more urgent group of the plan still waits for, or has invited since, is its own. The register is read once for all.
    """
    waiting, parameters = waiting_sql(campaign, definition, on, bare=True)
    people = f"""SELECT * FROM ({waiting}) AS q WHERE channel IS NOT NULL AND NOT EXISTS (
        SELECT FROM campaigns_invitation i JOIN campaigns_campaign c ON c.id = i.campaign_id
        WHERE i.person_id = q.person_id AND i.wave_id > %s AND i.revoked_at IS NULL AND c.slug = ANY(%s))"""
    parameters += [planned.last_wave, planned.before]
    for former in planned.more_urgent:
        theirs, their_parameters = waiting_sql(former, former.current_target.on(on), on, bare=True)
        people += f""" AND NOT EXISTS (SELECT FROM ({theirs}) AS former
                       WHERE former.person_id = q.person_id AND former.channel IS NOT NULL)"""
        parameters += their_parameters
    query = f"""{engine_postgres.sources(READ_ONCE if planned.more_urgent else ())}, placed AS (
            SELECT person_id, channel, coalesce(departement, '') AS departement, count(*) OVER () AS found,
                   row_number() OVER (PARTITION BY coalesce(departement, '') ORDER BY {_FAIR}) AS place
            FROM ({people}) AS r)
        SELECT person_id, channel, found FROM placed
        JOIN unnest(%s::text[], %s::int[]) AS share (departement, persons) USING (departement)
        WHERE place <= persons ORDER BY {_FAIR} LIMIT %s"""
    return query, [campaign.slug, *parameters, list(planned.left), list(planned.left.values()), campaign.slug, capacity]


def _found(people: pa.Table) -> tuple[pa.Table, int]:
    found = people["found"][0].as_py() if people.num_rows else 0
    return people.drop_columns("found").sort_by("person_id"), found


def reach(campaign: Campaign, on: date) -> dict[str | None, int]:
    """How many people a wave of this day would find by channel (None: no channel reaches them), those invited before left out."""
    waiting, parameters = waiting_sql(campaign, campaign.current_target.on(on), on)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT channel, count(*) FROM ({waiting}) AS q GROUP BY 1 ORDER BY 2 DESC, 1", parameters)
        return dict(cursor.fetchall())


def waiting_sql(campaign: Campaign, definition: Definition, on: date, *, bare: bool = False) -> tuple[str, list[object]]:
    """A SELECT of person_id, departement and channel: the target, less who was invited or held out by this campaign.

    An experiment means only the départements where it runs that day (TG-14). `bare`: as `engine_postgres.sql` says.
    """
    narrowed = territories.narrowed(campaign, definition, on)
    target, parameters = engine_postgres.sql(narrowed, [*FACTS, "departement"], bare=bare)
    query = f"""
        SELECT person_id, departement, {channel_sql(campaign.channels_on(on))} AS channel FROM ({target}) AS t
        WHERE NOT EXISTS (SELECT FROM campaigns_invitation i
                          WHERE i.person_id = t.person_id AND i.campaign_id = %s AND i.revoked_at IS NULL)
          AND NOT EXISTS (SELECT FROM campaigns_heldout h WHERE h.person_id = t.person_id AND h.campaign_id = %s)"""
    return query, [*parameters, campaign.pk, campaign.pk]


def _write_list(name: str, people: pa.Table) -> tuple[str, str]:
    """Freeze the people in a file, on the disk before the wave's row is committed; its name and its content's hash."""
    digest = _digest(people)
    folder = _folder()
    folder.mkdir(parents=True, exist_ok=True)
    file = f"{name}-{digest[:12]}.parquet"
    draft = folder / f"{file}.{os.getpid()}"
    with draft.open("wb") as out:
        pq.write_table(people, out)
        out.flush()
        os.fsync(out.fileno())
    os.replace(draft, folder / file)
    return file, digest


def _read_list(wave: Wave) -> pa.Table:
    file = _folder() / wave.target_file
    people = pq.read_table(file) if file.is_file() else None
    if people is None or _digest(people) != wave.target_hash:
        seen = "manque" if people is None else "a changé"
        raise TargetLost(f"{wave} : le fichier {file} {seen}. Remettez-le depuis sa sauvegarde, puis relancez la vague.")
    return people


def _digest(people: pa.Table) -> str:
    """SHA-256 of the ascending numbers of the people, 8 bytes each."""
    return hashlib.sha256(np.ascontiguousarray(people["person_id"].to_numpy())).hexdigest()


def _folder() -> Path:
    return Path(settings.ALLANT_HOME) / "targets"


def _invite(wave: Wave, progress: Progress | None) -> None:
    people = _read_list(wave)
    serials = np.arange(wave.first_serial, wave.first_serial + people.num_rows, dtype=np.int64)
    people = people.append_column("code_serial", pa.array(serials))
    for start in range(0, people.num_rows, CHUNK):
        _invite_chunk(wave, people.slice(start, CHUNK))
        if progress:
            progress(min(start + CHUNK, people.num_rows), people.num_rows)
    _complete(wave)


@transaction.atomic
def _complete(wave: Wave) -> None:
    # By serial: a code re-issued meanwhile is of the same wave, but not one of its first.
    last = wave.first_serial + wave.size - 1
    arrived = Invitation.objects.filter(code_serial__range=(wave.first_serial, last)).count()
    if arrived != wave.size:
        raise RuntimeError(f"{wave} : {arrived} invitations pour {wave.size} personnes.")
    Wave.objects.filter(pk=wave.pk, completed_at=None).update(completed_at=clock.now())
    wave.refresh_from_db()


@transaction.atomic
def _invite_chunk(wave: Wave, people: pa.Table) -> None:
    # Whoever stops the campaign waits for this chunk, and then holds its messages too.
    campaign = Campaign.objects.select_for_update(no_key=True).get(pk=wave.campaign_id)
    if campaign.stopped_at is not None:
        raise CampaignClosed(f"La campagne « {campaign.title} » {_NOT_OPEN['stopped']} : le reste de la vague attend sa reprise.")
    with connection.cursor() as cursor:
        cursor.execute(
            """CREATE TEMP TABLE IF NOT EXISTS wave_staging (person_id bigint, channel text, code_serial bigint)
               ON COMMIT DELETE ROWS"""
        )
        bulk.copy_in("wave_staging", people)
        cursor.execute(
            """INSERT INTO campaigns_invitation
                   (campaign_id, wave_id, person_id, channel, invited_on, code_serial, code_key_version, revoked_by)
               SELECT %s, %s, person_id, channel, %s, code_serial, %s, '' FROM wave_staging
               ORDER BY code_serial ON CONFLICT DO NOTHING""",
            [wave.campaign_id, wave.pk, wave.planned_on, wave.key_version],
        )
    if wave.campaign.offers == SLOT:
        return  # each letter is written with the slot it bears (proposals.slot_letters)
    first, last = people["code_serial"][0].as_py(), people["code_serial"][-1].as_py()
    if enclosure := enclosures.of(wave.campaign):
        enclosure.write(wave, first, last)
    queue_messages(
        cause_kind="invitation",
        select="""SELECT i.person_id, i.id AS cause_id, i.channel, %s AS template, i.invited_on AS created_on,
                         i.invited_on AS send_after
                  FROM campaigns_invitation i WHERE i.code_serial BETWEEN %s AND %s AND i.revoked_at IS NULL
                  ORDER BY i.code_serial""",
        parameters=[wave.campaign.template, first, last],
    )

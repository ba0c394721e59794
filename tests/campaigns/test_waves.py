"""TG-09: waves are resumable; TG-07: one valid code a campaign."""

from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from allant import clock
from allant.campaigns import keyring, reads, waves
from allant.campaigns.actions import reissue_code, resume_campaign, save_campaign, stop_campaign
from allant.campaigns.codes import render
from allant.campaigns.models import Campaign, Invitation, Wave
from allant.outreach.actions import load_templates
from allant.outreach.claiming import claim
from allant.outreach.file_channel import send_to_files
from allant.outreach.models import Message
from allant.outreach.waiting import held_back
from allant.targeting import define, tables
from tests import another_process

from .conftest import OPENING, persons, plan


def test_tg_09_everybody_in_the_target_is_invited_once_with_one_message(campaign):
    persons(50)
    wave = waves.launch_wave(campaign, on=OPENING, by="test")
    assert (wave.size, wave.found, wave.by_channel) == (50, 50, {"sms": 25, "letter": 25})
    assert Counter(Message.objects.values_list("channel", flat=True)) == {"sms": 25, "letter": 25}
    assert Invitation.objects.values("person").distinct().count() == 50
    assert waves.launch_wave(campaign, on=OPENING, by="test") == wave
    assert waves.launch_wave(campaign, on=OPENING + timedelta(7), by="test") is None
    assert Invitation.objects.count() == 50


def test_tg_09_the_capacity_leaves_the_others_for_the_next_wave(campaign):
    persons(50)
    first = waves.launch_wave(campaign, on=OPENING, by="test", capacity=30)
    second = waves.launch_wave(campaign, on=OPENING + timedelta(7), by="test", capacity=30)
    assert [(w.number, w.found, w.size) for w in (first, second)] == [(1, 50, 30), (2, 20, 20)]


def test_tg_01_the_weekly_capacity_bounds_the_week_not_each_wave(campaign):
    """TG-01: Monday to Sunday; a capacity given for one wave takes its place."""
    persons(40)
    campaign = save_campaign(plan(weekly_capacity=10), by="test")
    sizes = [
        wave.size if (wave := waves.launch_wave(campaign, on=OPENING + timedelta(after), by="test", capacity=capacity)) else 0
        for after, capacity in ((0, 6), (1, None), (6, None), (7, None), (8, 12))
    ]
    assert sizes == [6, 4, 0, 10, 12]


def test_tg_01_nobody_is_invited_outside_the_dates_or_after_a_stop(campaign):
    persons(5)
    with pytest.raises(waves.CampaignClosed, match="pas encore commencé"):
        waves.launch_wave(campaign, on=OPENING - timedelta(1), by="test")
    stop_campaign(campaign, by="test")
    campaign.refresh_from_db()
    with pytest.raises(waves.CampaignClosed, match="arrêtée"):
        waves.launch_wave(campaign, on=OPENING, by="test")
    resume_campaign(campaign, by="test")
    campaign.refresh_from_db()
    assert waves.launch_wave(campaign, on=OPENING, by="test").size == 5


def test_tg_01_what_waits_is_held_by_a_stop_and_leaves_after_it(campaign: Campaign, tmp_path: Path) -> None:
    """TG-01: what left stays sent; neither the files nor the senders take what a stopped campaign wrote."""
    persons(10)
    waves.launch_wave(campaign, on=OPENING, by="test")
    at = datetime(2021, 1, 19, 10, tzinfo=clock.PARIS)

    def posted(channel: str) -> int:
        return send_to_files(channel=channel, on=at.date(), at=at, directory=tmp_path)

    assert posted("sms") == 5
    assert stop_campaign(campaign, by="test") == 5
    assert set(Message.objects.pending().values_list("held_reason", flat=True)) == {"campagne arrêtée"}
    assert posted("letter") == 0 and claim("letter", at, 10, "test") == []
    assert [(held.reason, held.messages, held.next_at) for held in held_back()] == [("campagne arrêtée", 5, None)]
    assert resume_campaign(campaign, by="test") == 5
    assert posted("letter") == 5 and not Message.objects.pending().exists()


def test_tg_01_a_stop_in_the_middle_of_a_wave_holds_what_is_written_and_the_next_wave_ends_it(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TG-01, TG-09: the people of the wave are frozen, each is invited once."""
    persons(10)
    monkeypatch.setattr(waves, "CHUNK", 2)
    with pytest.raises(waves.CampaignClosed, match="attend sa reprise"):
        waves.launch_wave(
            campaign, on=OPENING, by="test", progress=lambda done, total: done == 4 and stop_campaign(campaign, by="manager")
        )
    assert Message.objects.pending().filter(held_reason="campagne arrêtée").count() == Invitation.objects.count() == 4
    resume_campaign(campaign, by="manager")
    assert waves.launch_wave(campaign, on=OPENING + timedelta(1), by="test") is None
    assert Invitation.objects.count() == Message.objects.filter(held_reason="").count() == 10


def test_tg_07_a_code_finds_its_invitation_and_a_reissue_kills_the_former(campaign):
    persons(3)
    waves.launch_wave(campaign, on=OPENING, by="test")
    invitation = Invitation.objects.first()
    old = render([invitation.code_serial], keyring.current())[0]
    assert reads.invitation_of_code(old.lower()) == invitation
    fresh = reissue_code(invitation, by="test", on=OPENING + timedelta(1))
    assert reads.invitation_of_code(old) is None
    assert reads.invitation_of_code(render([fresh.code_serial], keyring.current())[0]) == fresh
    with pytest.raises(ValueError, match="déjà révoquée"):
        reissue_code(invitation, by="test", on=OPENING)
    with pytest.raises(IntegrityError), transaction.atomic():
        Invitation.objects.create(
            campaign=campaign, wave=fresh.wave, person=fresh.person, channel="sms", invited_on=OPENING, code_serial=999_999,
            code_key_version=1,
        )


def test_tg_07_the_database_holds_no_code(campaign):
    persons(20)
    waves.launch_wave(campaign, on=OPENING, by="test")
    codes = render(list(Invitation.objects.values_list("code_serial", flat=True)), keyring.current())
    with connection.cursor() as cursor:
        cursor.execute("SELECT i::text FROM campaigns_invitation i UNION ALL SELECT m::text FROM outreach_message m")
        stored = " ".join(row for (row,) in cursor.fetchall())
    assert not [code for code in codes if code in stored]


def test_tg_02_the_gap_to_the_objective(campaign):
    persons(100)
    gap = reads.gap(campaign, OPENING)
    assert (gap.concerned, gap.done, gap.to_reach) == (100, 0, 80)


def test_tg_06_why_lists_each_criterion_with_the_value_found(campaign):
    persons(1)
    verdict = reads.why_for(campaign, 1, OPENING)
    assert verdict.holds is True
    waves.launch_wave(campaign, on=OPENING, by="test")
    assert "75 ans" in str(verdict)


def test_tg_03_a_changed_target_is_a_new_version(campaign):
    t = tables()
    assert save_campaign(plan(), by="test").target_versions.count() == 1
    seventy = define((t.person.age_on(OPENING) >= 70) & ~t.dose.exists())
    assert save_campaign(plan(target=seventy), by="test").target_versions.count() == 2
    other_population = define(t.person.age_on(OPENING) >= 70)
    changed = save_campaign(plan(target=seventy, objective_population=other_population), by="test")
    assert changed.target_versions.count() == 3
    assert changed.current_target.objective_on(OPENING) == other_population


_LAUNCH = """
from datetime import date
from allant.campaigns import waves
from allant.campaigns.models import Campaign
waves.CHUNK = 20
said = lambda done, total: print(done, flush=True)
waves.launch_wave(Campaign.objects.get(slug="essai"), on=date(2021, 1, 18), by="test", progress=said)
"""


def settled() -> None:
    """One wave, whole, and one code for each of the 600 persons."""
    assert Campaign.objects.get().waves.get().completed_at is not None
    assert Invitation.objects.count() == Invitation.objects.values("person").distinct().count() == 600
    assert Invitation.objects.values("code_serial").distinct().count() == Message.objects.count() == 600


@pytest.mark.django_db(transaction=True)
def test_tg_09_killed_in_the_middle_and_started_again_each_person_has_one_code():
    """TG-09: once here, in the middle; test_kills.py kills at drawn instants and compares every row."""
    kill_after = 180
    load_templates(by="test")
    campaign = save_campaign(plan(), by="test")
    persons(600)
    with another_process.running(_LAUNCH) as process:
        while int(process.stdout.readline()) < kill_after:
            pass
        process.kill()
    assert kill_after <= Invitation.objects.count() < 600
    assert campaign.waves.get().completed_at is None
    waves.launch_wave(campaign, on=date(2021, 1, 18), by="test")
    settled()


@pytest.mark.django_db(transaction=True)
def test_tg_09_two_processes_launch_the_same_wave():
    load_templates(by="test")
    save_campaign(plan(), by="test")
    persons(600)
    with another_process.running(_LAUNCH) as first, another_process.running(_LAUNCH) as second:
        assert [process.communicate(timeout=60) and process.returncode for process in (first, second)] == [0, 0]
    settled()


def unfinished(campaign: Campaign) -> Wave:
    """A wave whose people are frozen, and of whom none is invited yet."""
    persons(50)
    wave = waves._frozen(campaign, OPENING, "test", None)
    assert wave and wave.completed_at is None and not Invitation.objects.exists()
    return wave


def test_tg_09_the_next_wave_first_finishes_the_one_that_was_stopped(campaign):
    former = unfinished(campaign)
    assert waves.launch_wave(campaign, on=OPENING + timedelta(7), by="test") is None
    former.refresh_from_db()
    assert former.completed_at and former.invitations.count() == 50


def test_tg_09_a_code_reissued_before_the_wave_is_whole_does_not_hold_it_up(campaign):
    wave = unfinished(campaign)
    people = waves._read_list(wave).append_column("code_serial", pa.array(range(wave.first_serial, wave.first_serial + 50)))
    waves._invite_chunk(wave, people.slice(0, 20))
    reissue_code(Invitation.objects.first(), by="test", on=OPENING)
    assert waves.launch_wave(campaign, on=OPENING, by="test").completed_at
    assert Invitation.objects.count() == 51 and Invitation.objects.valid().count() == 50
    assert Message.objects.pending().count() == 50


@pytest.mark.parametrize(("spoil", "said"), [
    (lambda file: file.unlink(), "manque"),
    (lambda file: pq.write_table(pq.read_table(file).slice(1), file), "a changé"),
])  # fmt: skip
def test_tg_09_a_list_that_is_not_what_was_frozen_is_refused(campaign, settings, spoil, said):
    wave = unfinished(campaign)
    spoil(Path(settings.ALLANT_HOME) / "targets" / wave.target_file)
    with pytest.raises(waves.TargetLost, match=f"{said}. Remettez-le"):
        waves.launch_wave(campaign, on=OPENING, by="test")
    assert not Invitation.objects.exists()


def test_av_01_the_first_channel_that_reaches_the_person_is_used(db):
    load_templates(by="test")
    persons(12)  # a mobile for 2, 4…; a landline for 3, 6, 9, 12
    expected = {
        ("sms", "letter"): {"sms": 6, "letter": 6},
        ("call", "sms"): {"call": 4, "sms": 4},
        ("letter", "sms"): {"letter": 12},
        ("email",): {},
    }
    for number, (channels, counts) in enumerate(expected.items()):
        campaign = save_campaign(plan(slug=f"essai-{number}", channels=channels), by="test")
        wave = waves.launch_wave(campaign, on=OPENING, by="test")
        assert (wave.by_channel if wave else {}) == counts


def test_tg_01_a_campaign_without_a_known_channel_is_refused(db):
    for channels, seen in (((), "aucun"), (("sms", "fax"), "sms, fax")):
        with pytest.raises(ValueError, match=f"canaux : {seen} ; attendu"):
            save_campaign(plan(channels=channels), by="test")


def test_tg_01_who_stopped_and_resumed_a_campaign_stays_known(campaign):
    stop_campaign(campaign, by="agent:1")
    resume_campaign(campaign, by="agent:2")
    save_campaign(plan(), by="rejeu")  # nothing changes, nothing is kept
    kept = campaign.events.order_by("pgh_id").values_list("stopped_by", "pgh_context__metadata__by")
    assert list(kept) == [("", "agent:1"), ("agent:1", "agent:2")]


def test_tg_07_what_was_invited_is_only_ever_revoked(campaign):
    persons(2)
    waves.launch_wave(campaign, on=OPENING, by="test")
    revoked = Invitation.objects.first()
    reissue_code(revoked, by="test", on=OPENING)
    for change in (
        lambda: Invitation.objects.filter(pk=revoked.pk).update(revoked_at=None),
        lambda: Invitation.objects.update(channel="letter"),
        lambda: Invitation.objects.all().delete(),
        lambda: campaign.waves.update(size=1),
        lambda: campaign.target_versions.update(sentence=""),
    ):
        with pytest.raises(DatabaseError, match="Cannot"), transaction.atomic():
            change()


def test_tg_07_no_new_key_is_made_while_codes_circulate(campaign, settings, tmp_path):
    persons(1)
    waves.launch_wave(campaign, on=OPENING, by="test")
    settings.ALLANT_HOME = tmp_path
    with pytest.raises(keyring.KeyMissing, match="remettez ce fichier"):
        keyring.current()
    assert not (tmp_path / "keys" / "codes.json").exists()

"""TG-09: waves are resumable; TG-07: one valid code a campaign."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from allant.campaigns import keyring, reads, waves
from allant.campaigns.actions import reissue_code, resume_campaign, save_campaign, stop_campaign
from allant.campaigns.codes import render
from allant.campaigns.models import Invitation
from allant.outreach.actions import load_templates
from allant.outreach.models import Message

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
    t_plan = plan()
    assert save_campaign(t_plan, by="test").target_versions.count() == 1
    from allant.targeting import define, tables

    changed = plan(target=define((tables().person.age_on(OPENING) >= 70) & ~tables().dose.exists()))
    assert save_campaign(changed, by="test").target_versions.count() == 2


_LAUNCH = """
import os, sys
from datetime import date
import django
from django.conf import settings
name = sys.argv[1]
import tests.settings
tests.settings.DATABASES["default"]["NAME"] = name
django.setup()
from allant.campaigns import waves
from allant.campaigns.models import Campaign
waves.CHUNK = 20
waves.launch_wave(Campaign.objects.get(slug="essai"), on=date(2021, 1, 18), by="test", progress=lambda done, total: print(done, flush=True))
"""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kill_after", [0, 20, 180, 560])
def test_tg_09_killed_in_the_middle_and_started_again_each_person_has_one_code(kill_after):
    load_templates(by="test")
    campaign = save_campaign(plan(), by="test")
    persons(600)
    process = subprocess.Popen(
        [sys.executable, "-c", _LAUNCH, connection.settings_dict["NAME"]], stdout=subprocess.PIPE, text=True,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings"},
    )
    if kill_after == 0:
        time.sleep(0.9)
    else:
        while int(process.stdout.readline()) < kill_after:
            pass
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert Invitation.objects.count() < 600 or kill_after == 0
    waves.launch_wave(campaign, on=date(2021, 1, 18), by="test")
    assert campaign.waves.count() == 1 and campaign.waves.get().completed_at is not None
    assert Invitation.objects.count() == Invitation.objects.values("person").distinct().count() == 600
    assert Invitation.objects.values("code_serial").distinct().count() == Message.objects.count() == 600

"""AV-14: the outbox and the file channel. Each message leaves once, whatever is killed or runs at the same time."""

import csv
import hashlib
import json
import subprocess
import time
from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection

from allant import clock
from allant.campaigns import keyring, waves
from allant.campaigns.actions import reissue_code, save_campaign
from allant.campaigns.codes import read, render
from allant.campaigns.models import Invitation
from allant.outreach import file_channel
from allant.outreach.actions import load_templates, queue_messages
from allant.outreach.file_channel import send_to_files
from allant.outreach.holds import place_hold, release_hold
from allant.outreach.models import Message, Template
from allant.outreach.texts import NoTemplate
from allant.people.models import ContactPoint, Person, Situation
from tests import another_process
from tests.campaigns.conftest import OPENING, persons, plan

PEOPLE = 40
AT = datetime(2021, 1, 18, 9, tzinfo=clock.PARIS)

GO_ON = "\n" * 20
_SEND = """
from datetime import date, datetime
from pathlib import Path
from allant import clock
from allant.outreach import file_channel

def pause(name):
    if name == {pause!r}:
        print(name, flush=True)
        input()

def pausing(name):
    real = getattr(file_channel, name)
    def paused(*arguments):
        pause(name)
        answer = real(*arguments)
        if name == "_write" and str(arguments[0]).endswith({after!r}):
            pause("written")
        return answer
    setattr(file_channel, name, paused)

for name in ("_send", "_publish", "_write"):
    pausing(name)
sent = file_channel.send_to_files(
    channel="sms", on=date(2021, 1, 18), at=datetime(2021, 1, 18, 9, tzinfo=clock.PARIS), directory=Path({folder!r}), batch=7,
)
print("sent", sent, flush=True)
"""


def sender(folder: Path, pause: str = "", after: str = "-") -> str:
    """The work of another sender; it waits for a line each time it comes to `pause` (`written`: a file ending with `after`)."""
    return _SEND.format(pause=pause, after=after, folder=str(folder))


def until(process: subprocess.Popen[str], pause: str) -> None:
    """Wait until it has come there."""
    while process.stdout.readline().strip() != pause:
        assert process.poll() is None


@pytest.fixture
def outbox() -> None:
    """One wave of 40 people: 20 SMS, 20 letters waiting."""
    load_templates(by="test")
    persons(PEOPLE)
    waves.launch_wave(save_campaign(plan(), by="test"), on=OPENING, by="test")


def send(folder: Path, channel: str = "sms", on: date = OPENING, batch: int = 7) -> int:
    return send_to_files(channel=channel, on=on, at=AT, directory=folder, batch=batch)


def written(folder: Path, channel: str = "sms") -> list[dict[str, str]]:
    """The rows of every published file, its manifest checked."""
    rows = []
    for manifest in sorted((folder / channel).glob("*.json")):
        content, promised = manifest.with_suffix(".csv").read_bytes(), json.loads(manifest.read_text())
        found = list(csv.DictReader(content.decode().splitlines(keepends=True), delimiter=";"))
        assert promised["sha256"] == hashlib.sha256(content).hexdigest()
        assert promised["messages"] == len(found) and promised["columns"] == list(found[0])
        rows += found
    assert {file.suffix for file in (folder / channel).glob("*")} <= {".csv", ".json"}
    assert len(list((folder / channel).glob("*.csv"))) == len(list((folder / channel).glob("*.json")))
    return rows


def waiting() -> bool:
    """Whether a session waits for another's lock."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return cursor.fetchone() != (0,)


def each_once(folder: Path) -> None:
    """Every SMS is in exactly one file, and marked."""
    counted = Counter(int(row["message"]) for row in written(folder))
    assert set(counted.values()) == {1}
    assert set(counted) == set(Message.objects.filter(channel="sms").values_list("pk", flat=True))
    assert Message.objects.sent().count() == PEOPLE / 2 and Message.objects.pending().filter(channel="sms").count() == 0


@pytest.mark.django_db
def test_av_14_messages_leave_once_with_code_and_address(outbox, tmp_path):
    assert send(tmp_path) == 20
    each_once(tmp_path)
    assert send(tmp_path) == 0
    rows = written(tmp_path)
    assert len(list((tmp_path / "sms").glob("*.csv"))) == 3  # 7 + 7 + 6
    for row in rows:
        invitation = Invitation.objects.get(pk=Message.objects.get(pk=row["message"]).cause_id)
        code = render([invitation.code_serial], keyring.current())[0]
        assert f"{code[:4]} {code[4:8]} {code[8:]}" in row["texte"]
        assert row["adresse"] == ContactPoint.objects.get(person_id=invitation.person_id, kind="mobile").value
        assert read(row["texte"].split("code : ")[1][:14], keyring.current()) == invitation.code_serial


@pytest.mark.django_db
def test_av_14_a_message_waits_for_its_day(outbox, tmp_path):
    assert send(tmp_path, on=OPENING - timedelta(1)) == 0
    assert not list(tmp_path.rglob("*"))
    assert send(tmp_path) == 20


@pytest.mark.django_db
def test_letters_keep_their_lines_and_carry_the_postcode(outbox, tmp_path):
    assert send(tmp_path, "letter") == 20
    rows = written(tmp_path, "letter")
    assert {row["adresse"] for row in rows} == {"01000"}
    assert all(row["texte"].startswith("Jeanne Martin,\n\n") for row in rows)


@pytest.mark.django_db
def test_calls_do_not_leave_as_files(outbox, tmp_path):
    with pytest.raises(ValueError, match="« call » ne part pas en fichier ; attendu : sms, email, letter"):
        send(tmp_path, "call")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("pause", "after", "claimed", "published"), [
    ("_send", "-", 7, 0),  # claimed, nothing written
    ("_publish", "-", 7, 0),  # rows locked, about to write
    ("written", ".csv", 7, 0),  # the file is there without its manifest
    ("written", ".json", 7, 1),  # published, and not marked sent
])  # fmt: skip
def test_av_14_killed_between_claim_write_and_mark(outbox, tmp_path, pause, after, claimed, published):
    with another_process.running(sender(tmp_path, pause, after)) as process:
        until(process, pause)
        process.kill()
    assert Message.objects.pending().exclude(sent_in="").count() == claimed
    assert len(list(tmp_path.rglob("*.json"))) == published
    before = {file: file.read_bytes() for file in tmp_path.rglob("*.json")}
    assert send(tmp_path) == 20
    each_once(tmp_path)
    assert {file: file.read_bytes() for file in before} == before  # what was published never changes


@pytest.mark.django_db(transaction=True)
def test_av_14_two_senders_at_once_never_send_one_message_twice(outbox, tmp_path):
    work = sender(tmp_path)
    with another_process.running(work) as first, another_process.running(work) as second:
        said = [process.communicate(timeout=60)[0].split() for process in (first, second)]
    assert sum(int(words[-1]) for words in said) == 20
    each_once(tmp_path)


@pytest.mark.django_db(transaction=True)
def test_av_14_a_batch_claimed_by_one_sender_and_written_by_another_leaves_once(outbox, tmp_path):
    """The first has claimed seven and pauses before writing: the second takes them over; woken, the first finds nothing."""
    with another_process.running(sender(tmp_path, "_send")) as first:
        until(first, "_send")
        assert send(tmp_path) == 20
        assert first.communicate(GO_ON, timeout=60)[0].split()[-1] == "0"
    each_once(tmp_path)


@pytest.mark.django_db(transaction=True)
def test_av_14_a_second_sender_waits_for_the_batch_that_the_first_is_writing(outbox, tmp_path):
    with another_process.running(sender(tmp_path, "_publish")) as first:
        until(first, "_publish")
        with another_process.running(sender(tmp_path)) as second:
            while not waiting():
                assert second.poll() is None, "the second did not wait"
                time.sleep(0.02)
            said = [process.communicate(GO_ON, timeout=60)[0].split() for process in (first, second)]
    assert sum(int(words[-1]) for words in said) == 20
    each_once(tmp_path)


@pytest.mark.django_db
def test_av_14_a_published_file_that_was_altered_is_not_believed(outbox, tmp_path, monkeypatch):
    monkeypatch.setattr(file_channel, "_published", lambda file: None)
    assert send(tmp_path) == 20
    monkeypatch.undo()
    file = next(tmp_path.rglob("*.csv"))
    Message.objects.filter(sent_in=file.stem).update(status="pending", sent_at=None)
    file.write_text("autre chose")
    with pytest.raises(ValueError, match="ne correspond plus à son manifeste"):
        send(tmp_path)


@pytest.mark.django_db
def test_tg_07_a_code_reissued_before_its_message_left_is_sent_once_and_new(outbox, tmp_path):
    former = Invitation.objects.filter(channel="sms").first()
    fresh = reissue_code(former, by="test", on=OPENING)
    assert Message.objects.get(cause_id=former.pk).drop_reason == "code réémis"
    assert send(tmp_path) == 20
    texts = " ".join(row["texte"] for row in written(tmp_path)).replace(" ", "")
    old, new = render([former.code_serial, fresh.code_serial], keyring.current())
    assert new in texts and old not in texts


@pytest.mark.django_db
def test_av_03_nobody_is_reached_who_refused_died_or_lost_their_number_meanwhile(outbox, tmp_path):
    reached = list(Message.objects.filter(channel="sms").order_by("person_id").values_list("person_id", flat=True))
    opted_out, gone, died, refuses, merged, revoked, *others = reached
    ContactPoint.objects.filter(person_id=opted_out).update(opted_out_on=OPENING)
    ContactPoint.objects.filter(person_id=gone).update(invalid_since=OPENING)
    Person.objects.filter(pk=died).update(died_on=OPENING)
    Situation.objects.create(person_id=refuses, kind="opted_out", starts_on=OPENING)
    Person.objects.filter(pk=merged).update(merged_into_id=others[0])
    Invitation.objects.filter(person_id=revoked).update(revoked_at=AT)
    assert send(tmp_path) == len(others)
    dropped = dict(Message.objects.filter(status="dropped").values_list("person_id", "drop_reason"))
    assert dropped == {
        opted_out: "refus de ce moyen de contact (STOP)", gone: "numéro ou adresse invalide", died: "personne décédée",
        refuses: "opposition aux sollicitations", merged: "dossier réuni à un autre", revoked: "cause révoquée",
    }  # fmt: skip
    assert {Message.objects.get(pk=row["message"]).person_id for row in written(tmp_path)} == set(others)


@pytest.mark.django_db
def test_av_16_what_waited_too_long_and_who_left_home_are_in_no_file(outbox, tmp_path):
    """The one policy holds for files too: an information is useful for twenty-eight days, an NPAI stops letters."""
    late, useless, *_ = Message.objects.filter(channel="sms").order_by("pk")
    Message.objects.filter(pk=late.pk).update(send_after=OPENING - timedelta(29))
    Message.objects.filter(pk=useless.pk).update(useful_until=AT - timedelta(days=1))
    returned = Message.objects.filter(channel="letter").first()
    ContactPoint.objects.create(person_id=returned.person_id, kind="postal", value="12 rue des Lilas", invalid_since=OPENING)
    assert send(tmp_path) == 18 and send(tmp_path, "letter") == 19
    dropped = dict(Message.objects.filter(status="dropped").values_list("pk", "drop_reason"))
    too_late = "trop tard : durée d'utilité dépassée"
    assert dropped == {late.pk: too_late, useless.pk: too_late, returned.pk: "courrier revenu (NPAI)"}


@pytest.mark.django_db
def test_av_04_a_stop_holds_files_too_even_what_was_claimed_before(outbox, tmp_path):
    hold = place_hold(channel="", template="", reason="essai", at=AT, by="test")
    Message.objects.filter(pk__in=Message.objects.filter(channel="sms").values("pk")[:7]).update(sent_in="2021-01-18-stopped")
    assert send(tmp_path) == 0 and not list(tmp_path.rglob("*"))
    assert Message.objects.pending().filter(channel="sms", sent_in="").count() == 20
    release_hold(hold.pk, at=AT, by="test")
    assert send(tmp_path) == 20
    each_once(tmp_path)


@pytest.mark.django_db
def test_av_03_a_refusal_that_has_ended_counts_no_more(outbox, tmp_path):
    person = Message.objects.filter(channel="sms").first().person_id
    Situation.objects.create(person_id=person, kind="opted_out", starts_on=OPENING - timedelta(30), ends_on=OPENING)
    assert send(tmp_path) == 20


@pytest.mark.django_db
def test_a_letter_without_a_postcode_is_dropped_with_its_reason(outbox, tmp_path):
    person = Message.objects.filter(channel="letter").first().person_id
    Person.objects.filter(pk=person).update(postcode=None)
    assert send(tmp_path, "letter") == 19
    assert Message.objects.get(status="dropped").drop_reason == "plus d'adresse"


@pytest.mark.django_db
def test_a_merged_record_lends_its_number_to_the_one_that_stands_for_it(outbox, tmp_path):
    message = Message.objects.filter(channel="sms").first()
    lender = Person.objects.create(family_name="Martin", given_names="Jeanne", birth_date=date(1940, 5, 17))
    ContactPoint.objects.filter(person_id=message.person_id).update(person_id=lender.pk)
    Person.objects.filter(pk=lender.pk).update(merged_into_id=message.person_id)
    assert send(tmp_path) == 20


@pytest.mark.django_db
def test_av_13_a_missing_wording_is_named_and_nothing_is_lost(outbox, tmp_path):
    Message.objects.filter(channel="sms").update(template="covid-aller-verre")
    with pytest.raises(NoTemplate, match="« covid-aller-verre » pour le canal sms"):
        send(tmp_path)
    Template.objects.create(
        slug="covid-aller-verre", channel="sms", body="Bonjour", source="assumption: essai", loaded_at=AT, loaded_by="test"
    )
    assert send(tmp_path) == 20


@pytest.mark.django_db
def test_av_14_a_cause_is_written_once_a_channel(outbox):
    select = "SELECT person_id, cause_id, channel, template, created_on, send_after FROM outreach_message"
    assert queue_messages(cause_kind="invitation", select=select, parameters=[]) == 0
    assert Message.objects.count() == PEOPLE


@pytest.mark.django_db(transaction=True)
def test_av_14_a_message_is_written_with_the_event_that_causes_it():
    with pytest.raises(RuntimeError, match="transaction of the event"):
        queue_messages(cause_kind="invitation", select="SELECT 1", parameters=[])

"""AV-14: the health address says whether the database answers, whether senders live, what waits, which jobs are stalled."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from allant import clock
from allant.outreach import holds
from allant.outreach.models import Message, Worker
from tests.outreach.people import message, person, template

pytestmark = pytest.mark.django_db
NOON = clock.now().astimezone(clock.PARIS).replace(hour=12, minute=0, second=0, microsecond=0)


@pytest.fixture(autouse=True)
def at_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    """A time of its own, and the jobs' process alive."""
    monkeypatch.setattr(clock, "now", lambda: NOON)
    beat(NOON)


def beat(at: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_workers")
        cursor.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (%s)", [at])


def alive(channel: str = "sms", ago: int = 1) -> Worker:
    seen = NOON - timedelta(seconds=ago)
    return Worker.objects.create(name=f"{channel}-{ago}", channel=channel, started_at=seen, seen_at=seen)


def health(client: Client, channel: str = "sms") -> tuple[int, dict[str, Any], dict[str, Any]]:
    """Status of the senders' address, what `/sante/` says (always 200), and of one channel."""
    answer, senders = client.get("/sante/"), client.get("/sante/envois/")
    said = answer.json()
    assert answer.status_code == 200 and said["base"] == "ok"
    assert {"base": "ok", **senders.json()} == said
    return senders.status_code, said, next(each for each in said["canaux"] if each["canal"] == channel)


def test_health_is_ok_when_the_database_answers_and_nothing_waits(client: Client) -> None:
    status, said, sms = health(client)
    assert (status, said["envois"], said["taches"]["etat"], sms["processus_vivants"]) == (200, "ok", "ok", 0)


def test_a_message_due_without_a_living_process_is_late(client: Client) -> None:
    template()
    message(person("mobile"), on=NOON.date())
    assert health(client)[0] == 503
    alive(ago=120)
    status, _, sms = health(client)
    assert (status, sms["processus_silencieux"], sms["plus_ancien_prevu_le"]) == (503, 1, NOON.date().isoformat())
    alive()
    status, _, sms = health(client)
    assert (status, sms["etat"], sms["processus_vivants"]) == (200, "ok", 1)


@pytest.mark.parametrize(("channel", "columns", "late"), [
    ("sms", {"on": 1}, True), ("sms", {"next_at": 20}, True), ("sms", {"next_at": 5}, False), ("sms", {"next_at": -60}, False),
    ("letter", {"on": 1}, False), ("letter", {"on": 2}, True),
])  # fmt: skip
def test_what_is_due_for_too_long_is_late(client: Client, channel: str, columns: dict[str, int], late: bool) -> None:
    template(channel=channel)
    alive()
    held = {"next_at": NOON - timedelta(minutes=columns["next_at"])} if "next_at" in columns else {}
    message(person("mobile"), channel=channel, on=NOON.date() - timedelta(columns.get("on", 0)), **held)
    assert health(client, channel)[2]["etat"] == ("en retard" if late else "ok")


def test_what_an_emergency_stop_holds_is_not_late(client: Client) -> None:
    template()
    message(person("mobile"), on=NOON.date() - timedelta(3))
    assert health(client)[0] == 503
    holds.place_hold(channel="", template="", reason="essai", at=NOON, by="test")
    assert health(client)[:1] == (200,) and client.get("/sante/").json()["arrets_en_vigueur"] == 1


def test_messages_in_the_hands_of_the_dead_are_told(client: Client) -> None:
    template()
    one = message(person("mobile"), on=NOON.date(), status="sending", sent_in="mort")
    Message.objects.filter(pk=one.pk).update(claimed_at=NOON - timedelta(minutes=11))
    status, said, _ = health(client)
    assert (status, said["messages_d_un_processus_mort"]) == (503, 1)


def test_jobs_that_no_process_runs_or_that_one_left_in_the_middle_are_told(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status) VALUES ('outreach', 'essai', '{}', 'doing')"
        )
    status, said, _ = health(client)
    assert (status, said["taches"]["bloquees"]) == (503, 1)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
    assert health(client)[0] == 200
    beat(NOON - timedelta(minutes=6))
    assert health(client)[1]["taches"]["etat"] == "en retard"


def test_it_names_no_machine_and_costs_a_fixed_number_of_queries(client: Client, django_assert_max_num_queries: Any) -> None:
    template()
    alive()
    for _ in range(5):
        message(person("mobile"), on=NOON.date())
    with django_assert_max_num_queries(9):
        said = client.get("/sante/").content.decode()
    assert "sms-1" not in said

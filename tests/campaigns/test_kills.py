"""TG-09: from definition to outbox, killed anywhere and run again, the same rows come out."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from pytest_django import DjangoDbBlocker

from allant.campaigns import keyring
from allant.campaigns.codes import render
from allant.campaigns.models import Invitation, Wave
from allant.outreach.actions import load_templates
from allant.site.postgres import Cluster
from tests import killing
from tests.site.clusters import MakeCluster

from .conftest import persons

PEOPLE = 3000
WORK = """
from datetime import date
from allant.campaigns import waves
from allant.campaigns.actions import save_campaign
from tests.campaigns.conftest import OPENING, plan
waves.CHUNK = 75
campaign = save_campaign(plan(), by="test")
for day, capacity in ((18, 1500), (25, None)):
    waves.launch_wave(campaign, on=date(2021, 1, day), by="test", capacity=capacity, held_out=0.1)
"""
# Serials are counted from the first of their wave: a range reserved by a killed process is never given out again.
QUERIES = {
    "targets": "SELECT number, definition::text, sentence FROM campaigns_targetversion ORDER BY 1",
    "waves": """SELECT number, planned_on, as_of, found, size, target_hash, target_file, by_channel::text, key_version,
                       completed_at IS NOT NULL FROM campaigns_wave ORDER BY 1""",
    "held out": "SELECT person_id, number FROM campaigns_heldout h JOIN campaigns_wave w ON w.id = h.wave_id ORDER BY 1",
    "invitations": """SELECT person_id, number, channel, invited_on, code_serial - first_serial, code_key_version, revoked_at
                      FROM campaigns_invitation i JOIN campaigns_wave w ON w.id = i.wave_id ORDER BY 1, 2""",
    "messages": """SELECT m.person_id, m.cause_kind, number, code_serial - first_serial, m.channel, template, status,
                          m.created_on, send_after, sent_at, sent_in, drop_reason
                   FROM outreach_message m JOIN campaigns_invitation i ON i.id = m.cause_id
                   JOIN campaigns_wave w ON w.id = i.wave_id ORDER BY 1, 2, 3""",
}  # fmt: skip


def content() -> killing.Content:
    """Every row of every table that the work writes, and of the list files."""
    return {name: _rows(query) for name, query in QUERIES.items()} | {"lists": _lists(), "codes": _codes()}


def _rows(query: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


def _lists() -> list[Any]:
    folder = Path(settings.ALLANT_HOME) / "targets"
    waves = Wave.objects.order_by("number").values_list("target_file", flat=True)
    return [(name, *row.values()) for name in waves for row in pq.read_table(folder / name).to_pylist()]


def _codes() -> list[Any]:
    """The persons whose code, as it would be printed, is theirs alone."""
    people = list(Invitation.objects.valid().order_by("person_id").values_list("person_id", "code_serial"))
    codes = render([serial for _, serial in people], keyring.current()) if people else []
    owner = dict(zip(codes, people, strict=True))
    return [person for code, (person, serial) in zip(codes, people, strict=True) if owner[code] == (person, serial)]


def clean() -> None:
    """No campaign, no message, no list; the sequences go on."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE campaigns_campaign, outreach_message CASCADE")
    for file in (Path(settings.ALLANT_HOME) / "targets").iterdir():
        file.unlink()


def settle() -> None:
    """People of 80, and the wordings."""
    load_templates(by="test")
    persons(PEOPLE)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE people_person, people_contactpoint")


@pytest.mark.timeout(300)
@pytest.mark.django_db(transaction=True)
def test_tg_09_killed_at_three_instants_the_rows_are_those_of_an_uninterrupted_run() -> None:
    """TG-09: kill -9 of the process group; two waves with a capacity and a comparison group."""
    settle()
    kills = killing.trials(WORK, seeds=range(3), content=content, clean=clean)
    assert kills[0].whole > 4 * PEOPLE * 0.9, "invitations, messages, codes and lists were compared"


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.django_db(transaction=True)
def test_tg_09_killed_at_twenty_instants() -> None:
    """TG-09."""
    settle()
    assert len(killing.trials(WORK, seeds=range(100, 120), content=content, clean=clean)) == 20


@pytest.fixture
def own_server(make_cluster: MakeCluster, django_db_blocker: DjangoDbBlocker) -> Iterator[Cluster]:
    """A PostgreSQL of this test alone, to be killed: durable, as in production."""
    cluster = make_cluster()
    cluster.start()
    cluster.ensure_database("kills")
    former = dict(connection.settings_dict)
    with django_db_blocker.unblock():
        connection.close()
        connection.settings_dict.update(NAME="kills", HOST=str(cluster.socket_folder))
        call_command("migrate", verbosity=0)
        yield cluster
        connection.close()
        connection.settings_dict.update(former)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_tg_09_postgresql_killed_under_a_wave(own_server: Cluster) -> None:
    """TG-09: kill -9 of the server itself; what it said was written is there when it comes back."""

    def strike() -> None:
        os.kill(int((own_server.data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        connection.close()
        own_server.start()

    settle()
    killing.trials(WORK, seeds=range(5), content=content, clean=clean, strike=strike)


TWICE = """
from django.db import connection
with connection.cursor() as cursor:
    for number in range(200):
        cursor.execute("INSERT INTO kills_scratch VALUES (%s)", [number])
"""


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_work_that_does_again_what_was_done_is_caught() -> None:
    def sql(text: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(text)

    sql("CREATE TABLE kills_scratch (number int)")
    try:
        with pytest.raises(AssertionError, match="not as uninterrupted: numbers"):
            killing.trials(
                TWICE,
                seeds=range(1),
                content=lambda: {"numbers": _rows("SELECT number FROM kills_scratch ORDER BY 1")},
                clean=lambda: sql("TRUNCATE kills_scratch"),
            )
    finally:
        sql("DROP TABLE kills_scratch")

"""VC-39, VC-61: the same file sent by several connections at once, and an import killed in the middle."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from allant.immunizations.models import Dose, RecordingBatch
from allant.vaccination.models import ImportedFile
from tests.another_process import running
from tests.vaccination.imports import register
from tests.vaccination.imports.rendering import table

pytestmark = pytest.mark.django_db(transaction=True)

# The import stops just before its end, where the lines to correct are kept: the lock that it waits for is ours.
KILLED = """
from tests.vaccination.imports import register
from allant.vaccination.imports.importing import Sender
print("ready", flush=True)
sys.stdin.readline()
register.send(open(os.environ["DOSES"], "rb").read(), Sender("psc:test", "CABINET", "Cabinet des Lilas"))
"""


def content() -> bytes:
    """Twin lines: one right, one wrong."""
    usual = table()["usual"]
    return register.text([usual, {**usual, "nom": "DURAND"}]).encode()


def test_ten_sendings_at_once_are_one() -> None:
    """One file, one batch, one dose; everybody gets the same report."""
    sender = register.settle()
    together = Barrier(10)

    def send(_: int) -> int:
        together.wait()
        try:
            return register.send(content(), sender).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as threads:
        files = set(threads.map(send, range(10)))
    assert len(files) == ImportedFile.objects.count() == RecordingBatch.objects.count() == 1
    assert Dose.objects.filter(person=1).count() == 1
    assert ImportedFile.objects.get().refused_lines.count() == 1


def test_an_import_killed_before_its_end_leaves_nothing(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed while it waits for its last table: nothing is there, and the file is simply sent again."""
    sender = register.settle()
    path = tmp_path / "doses.csv"  # type: ignore[operator]
    path.write_bytes(content())
    monkeypatch.setenv("DOSES", str(path))
    with running(KILLED) as process:
        assert process.stdin and process.stdout and process.stdout.readline() == "ready\n"
        with connection.cursor() as cursor:
            cursor.execute("BEGIN; LOCK TABLE vaccination_refusedline IN EXCLUSIVE MODE")
            process.stdin.write("go\n")
            process.stdin.flush()
            _wait_until_blocked()
            process.kill()
            process.wait()
            cursor.execute("ROLLBACK")
    assert not ImportedFile.objects.exists() and not Dose.objects.filter(person=1).exists()
    assert register.send(content(), sender).refused_lines.count() == 1
    assert Dose.objects.filter(person=1).count() == 1


def _wait_until_blocked() -> None:
    """Until the other process waits for the table that we hold."""
    with connection.cursor() as cursor:
        for _ in range(300):
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'vaccination_refusedline'::regclass")
            if cursor.fetchone()[0]:
                return
            cursor.execute("SELECT pg_sleep(0.1)")
    raise AssertionError("l'import n'a jamais atteint la dernière table")

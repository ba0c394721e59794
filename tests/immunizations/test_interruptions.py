"""VC-39: nothing is lost or done twice, whatever runs at the same time or is killed in the middle."""

import json
import signal

import pytest

from allant.immunizations.actions import record_doses_in_bulk
from allant.immunizations.models import Dose, RecordingBatch, RejectedRow
from tests.immunizations.builders import TODAY, rows
from tests.immunizations.other_process import TWO_DOSES, blocked_at, start
from tests.people.builders import load

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_processes_recording_the_same_dose(cluster_dsn: str) -> None:
    """VC-39: two tabs or two machines, each with its key, at the same moment: one dose, told to both."""
    load(2)
    with blocked_at(cluster_dsn, "SELECT FROM people_person WHERE id = 1 FOR UPDATE") as wait_for:
        both = [start(cluster_dsn, "dose", key) for key in ("tab-1", "tab-2")]
        wait_for(2)
    answers = [json.loads(process.communicate(timeout=60)[0]) for process in both]
    assert answers[0] == answers[1] == {"dose": Dose.objects.get().pk}


WAYS = pytest.mark.parametrize("way", ["batch", "tables"])


@WAYS
def test_two_batches_with_the_same_doses(cluster_dsn: str, way: str) -> None:
    """VC-39: both have passed the checks when the first one writes; the second finds the doses there."""
    load(2)
    with blocked_at(cluster_dsn, "LOCK TABLE immunizations_dose IN SHARE MODE") as wait_for:
        both = [start(cluster_dsn, way, key) for key in ("server-1", "server-2")]
        wait_for(2)
    answers = sorted(json.loads(process.communicate(timeout=60)[0])["recorded"] for process in both)
    assert answers == [0, 3]
    assert sorted(RecordingBatch.objects.values_list("recorded", "already_there", "refused")) == [(0, 3, 1), (3, 0, 1)]


def test_the_same_batch_in_two_processes(cluster_dsn: str) -> None:
    """The second waits for the first and returns its report."""
    load(2)
    with blocked_at(cluster_dsn, "LOCK TABLE immunizations_dose IN SHARE MODE") as wait_for:
        both = [start(cluster_dsn, "batch", "same") for _ in range(2)]
        wait_for(2)
    answers = [json.loads(process.communicate(timeout=60)[0]) for process in both]
    assert answers[0] == answers[1] == {"recorded": 3, "already_there": 0, "refused": 1}
    assert Dose.objects.count() == 3


@WAYS
@pytest.mark.parametrize(
    "table",
    ["recordingbatch", pytest.param("lot", marks=pytest.mark.long), "dose", pytest.param("rejectedrow", marks=pytest.mark.long)],
)
def test_killed_in_the_middle_and_run_again(cluster_dsn: str, table: str, way: str) -> None:
    """kill -9 before the batch is noted, while it is judged, before and after the doses are written: then one run does it all."""
    load(2)
    with blocked_at(cluster_dsn, f"LOCK TABLE immunizations_{table} IN ACCESS EXCLUSIVE MODE") as wait_for:
        process = start(cluster_dsn, way, "week-1")
        wait_for(1)
        process.kill()
        assert process.wait(timeout=60) == -signal.SIGKILL
        process.communicate()
    assert not Dose.objects.exists() and not RejectedRow.objects.exists()
    for _ in range(2):
        report = record_doses_in_bulk(rows(TWO_DOSES), source="csv", by="test", batch_key="week-1", today=TODAY)
        assert (report.recorded, report.refused) == (3, 1)
    assert sorted(Dose.objects.values_list("source_key", flat=True)) == ["a1", "a2", "b1"]
    assert RecordingBatch.objects.count() == 1

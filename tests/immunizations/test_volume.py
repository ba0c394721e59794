"""A stolen session is limited: abnormal volume is raised to an administrator, and stops the account at twice the threshold."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest
from django.db import OperationalError, connection
from pytest_django import DjangoAssertNumQueries

from allant import clock
from allant.doctrine import RuleBook, Rules, rules
from allant.immunizations import volume
from allant.immunizations.actions import (
    AlertRefused,
    BatchRefused,
    BulkReport,
    DoseRefused,
    close_alert,
    is_blocked,
    record_dose,
    record_doses_in_bulk,
    watch_volume,
)
from allant.immunizations.models import Dose, RecordingBatch, VolumeAlert
from allant.people.models import Person
from tests.immunizations.builders import TODAY, act, rows
from tests.immunizations.other_process import blocked_at
from tests.people.builders import load

pytestmark = pytest.mark.django_db

SMALL = """
        - {source: teleservice, per_hour: 3, per_day: 5, blocks_at: 2, counted_every: 1}
        - {source: fhir, per_hour: 3, per_day: 5, counted_every: 1}
      assumption: petits seuils pour un essai
"""


@cache
def book() -> RuleBook:
    """The doctrine with small thresholds: three acts an hour, five a day; software is never stopped."""
    with TemporaryDirectory() as folder:
        books = shutil.copytree(rules.folder, f"{folder}/books")
        page = Path(books) / "teleservice" / "volume.yaml"
        head, value, _ = page.read_text("utf-8").partition("      value:\n")
        page.write_text(head + value + SMALL.lstrip("\n"), "utf-8")
        known = Rules(Path(books)).as_known_on(TODAY)
        assert known.value("teleservice.volume", TODAY)
    return known


def record(first: int, count: int, by: str = "ps:1", source: str = "teleservice") -> None:
    """First doses of as many persons, from that id on."""
    for someone in Person.objects.filter(pk__gte=first).order_by("pk")[:count]:
        key = f"{source}:{someone.pk}"
        record_dose(person=someone, act=act(), source=source, source_key=key, by=by, today=TODAY, book=book())


def batch(first: int, count: int, by: str = "app:1", source: str = "fhir") -> BulkReport:
    """The same as one sending."""
    text = "\n".join(f"{source}{person} {person} 2021-03-01 comirnaty 1 primary 2" for person in range(first, first + count))
    return record_doses_in_bulk(rows(text), source=source, by=by, batch_key=f"{source}:{first}", today=TODAY, book=book())


def alerts() -> list[tuple[str, str, int, int]]:
    """Account, length of the window, acts and threshold of each alert."""
    spans = {timedelta(hours=1): "hour", timedelta(days=1): "day"}
    return [
        (alert.actor, spans[alert.window_end - alert.window_start], alert.recorded, alert.threshold)
        for alert in VolumeAlert.objects.order_by("threshold")
    ]


def test_an_ordinary_volume_raises_nothing() -> None:
    """Up to the threshold, and each account for itself."""
    load(6)
    record(1, 3, by="ps:1")
    record(4, 3, by="ps:2")
    assert not VolumeAlert.objects.exists()


def test_one_alert_a_window_kept_up_to_date() -> None:
    """Beyond the threshold one alert is raised; what follows counts in it; the day has its own."""
    load(6)
    record(1, 4)
    assert alerts() == [("ps:1", "hour", 4, 3)]
    record(5, 2)
    assert alerts() == [("ps:1", "hour", 6, 3), ("ps:1", "day", 6, 5)]


def test_an_account_at_twice_the_threshold_records_nothing_more() -> None:
    """Until an administrator closes the alert; what is there is told, no reason lets more in, others go on."""
    load(9)
    record(1, 6)
    assert is_blocked("ps:1")
    with pytest.raises(DoseRefused, match="administrateur") as refusal:
        record(7, 1)
    assert (refusal.value.codes, refusal.value.forceable) == (["volume_blocked"], False)
    record(1, 1)
    record(8, 1, by="ps:2")
    assert Dose.objects.count() == 7
    close_alert(alert=VolumeAlert.objects.get(threshold=3), decision="séance d'EHPAD, vérifiée avec le médecin", by="admin:1")
    record(7, 1)
    assert Dose.objects.count() == 8
    assert VolumeAlert.objects.open().get().threshold == 5, "the alert of the day stays, and stops at ten"


def test_an_alert_is_closed_once_with_its_decision() -> None:
    """Closing again changes nothing; another decision is refused."""
    load(4)
    record(1, 4)
    alert = VolumeAlert.objects.get()
    with pytest.raises(AlertRefused, match="décision"):
        close_alert(alert=alert, decision=" ", by="admin:1")
    for _ in range(2):
        closed = close_alert(alert=alert, decision="vérifié", by="admin:1")
    with pytest.raises(AlertRefused, match="déjà close"):
        close_alert(alert=alert, decision="autre chose", by="admin:2")
    assert (closed.closed_by, closed.decision, VolumeAlert.objects.open().count()) == ("admin:1", "vérifié", 0)
    limits = volume.limits_of("teleservice", TODAY, book())
    watch_volume(by_actor="ps:1", source="teleservice", at=clock.now(), limits=limits)
    assert VolumeAlert.objects.get().closed_at is not None, "a closed alert is not raised again for its window"


def test_batches_count_too() -> None:
    """The acts of a file or of a bundle; software is signalled, never stopped."""
    load(12)
    batch(1, 2)
    assert not VolumeAlert.objects.exists()
    batch(3, 4)
    assert alerts() == [("app:1", "hour", 6, 3), ("app:1", "day", 6, 5)]
    assert batch(7, 6).recorded == 6
    assert alerts()[0] == ("app:1", "hour", 12, 3)
    assert not is_blocked("app:1")


def test_a_blocked_account_sends_no_batch() -> None:
    """Nothing of it is recorded; the same sending goes through once the alert is closed."""
    load(9)
    batch(1, 6, by="ps:1", source="teleservice")
    with pytest.raises(BatchRefused, match="administrateur"):
        batch(7, 2, by="ps:1", source="teleservice")
    assert RecordingBatch.objects.count() == 1
    assert batch(1, 6, by="ps:1", source="teleservice").recorded == 6, "a retry of the first one gives its report"
    for alert in VolumeAlert.objects.open():
        close_alert(alert=alert, decision="vérifié", by="admin:1")
    assert batch(7, 2, by="ps:1", source="teleservice").recorded == 2


def test_an_account_stopped_one_way_is_stopped_every_way() -> None:
    """VC-61: stopped on the pages, it sends no file; stopped for what it sent, it records nothing on the pages."""
    load(15)
    record(1, 6)
    with pytest.raises(BatchRefused, match="administrateur"):
        batch(7, 2, by="ps:1", source="csv")
    assert batch(7, 2, by="ps:2", source="csv").recorded == 2, "another account goes on"
    batch(9, 6, by="ps:3", source="teleservice")
    with pytest.raises(DoseRefused, match="administrateur"):
        record(15, 1, by="ps:3", source="csv")
    assert RecordingBatch.objects.filter(source="csv").count() == 1


def test_the_replay_is_not_watched() -> None:
    """A source that the doctrine does not name raises nothing."""
    load(8)
    batch(1, 8, by="replay", source="official_series")
    assert not VolumeAlert.objects.exists()


def test_windows_are_those_of_paris() -> None:
    """Midnight in Paris, also when the clocks change."""
    day, hour = volume.windows(datetime(2021, 3, 28, 1, 30, tzinfo=UTC))
    assert day == (datetime(2021, 3, 27, 23, tzinfo=UTC), datetime(2021, 3, 28, 22, tzinfo=UTC))
    assert hour == (datetime(2021, 3, 28, 1, tzinfo=UTC), datetime(2021, 3, 28, 2, tzinfo=UTC))
    _, hour = volume.windows(datetime(2021, 10, 31, 0, 30, tzinfo=UTC))
    in_utc = [moment.astimezone(UTC) for moment in hour]
    assert in_utc == [datetime(2021, 10, 31, tzinfo=UTC), datetime(2021, 10, 31, 1, tzinfo=UTC)]


def test_the_thresholds_are_the_doctrine_s() -> None:
    """A person who records by hand is stopped; software is not."""
    on = clock.today()
    book = rules.as_known_on(on)
    by_hand, software = (volume.limits_of(source, on, book) for source in ("teleservice", "fhir"))
    assert by_hand and software
    assert by_hand.blocks_at == 2 and by_hand.counted_every == 1 and by_hand.per_hour < by_hand.per_day < software.per_hour
    assert software.blocks_at is None
    assert volume.limits_of("official_series", on, book) is None
    assert volume.limits_of("teleservice", on.replace(year=2020, month=1), rules.as_known_on(on)) is None


def test_an_alert_comes_with_the_act_that_went_too_far(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    """VC-90: one statement writes both, so a crash leaves both or neither, even where no transaction holds the act."""
    load(4)
    record(1, 3)
    with django_assert_num_queries(2) as asked:  # the person read by the test, then the act
        record(4, 1)
    assert "EXECUTE record_dose" in asked[-1]["sql"]
    assert alerts() == [("ps:1", "hour", 4, 3)]


@pytest.mark.django_db(transaction=True)
def test_killed_while_the_alert_is_raised_there_is_neither_act_nor_alert(cluster_dsn: str) -> None:
    """The session dies while the alert is written, no transaction being around: sent again, the act raises it."""
    load(4)
    record(1, 3, source="teleservice")
    lock = "LOCK TABLE immunizations_volumealert IN EXCLUSIVE MODE"
    with blocked_at(cluster_dsn, lock) as wait_for, ThreadPoolExecutor(1) as pool:
        sent = pool.submit(_sent_alone)
        with psycopg.connect(cluster_dsn, autocommit=True) as other:
            for _ in range(2):  # sent again on a new session, it is stopped again
                wait_for(1)
                other.execute(_STOP)
        assert isinstance(sent.exception(timeout=60), OperationalError)
    assert (Dose.objects.count(), VolumeAlert.objects.count()) == (3, 0)
    record(4, 1)
    assert (Dose.objects.count(), alerts()) == (4, [("ps:1", "hour", 4, 3)])


_STOP = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


def _sent_alone() -> None:
    try:
        record(4, 1)
    finally:
        connection.close()

"""The sweep: it changes only what is due, once, whatever stops it, fails in it or runs beside it."""

from datetime import date, timedelta

import pytest
import typer
from django.db import ProgrammingError, connection
from django.test.utils import CaptureQueriesContext
from typer.testing import CliRunner

from allant.accounts.models import AccessLogEntry
from allant.casework.commands import sweep_command
from allant.casework.forecast import preview
from allant.casework.models import Case, CaseEvent, Sweep, SweepChunk
from allant.casework.opening import open_case, open_cases
from allant.casework.signals import signal
from allant.casework.sweep import SweepIncomplete, sweep
from allant.people.models import Person
from tests import another_process
from tests.casework import toys
from tests.casework.conftest import AT
from tests.people.builders import load

DAY = date(2021, 4, 15)
SELECT = """SELECT 1 + n %% 3 AS person_id, n::text AS key, '2021-03-15'::date + (n %% 4) * 100 AS opened_on, '{}'::jsonb AS data
            FROM generate_series(1, %s) AS n"""


@pytest.fixture
def book(toy_rules):
    return toy_rules.as_known_on(DAY)


def opened(count, book):
    """`count` loans of three people, a quarter of them due on DAY."""
    load(3)
    return open_cases(process=toys.LOAN, select=SELECT, parameters=[count], by="test", at=AT, book=book)


@pytest.mark.django_db
def test_only_what_is_due_moves_and_only_once(book, toy_processes):
    assert opened(40, book) == 40 and opened(0, book) == 0
    before = dict(Case.objects.values_list("id", "state"))
    report = sweep(DAY, by="test", book=book, at=AT, size=3)
    assert (report.moved, report.rounds) == (10, 1)
    late = {case.pk for case in Case.objects.filter(state="late")}
    assert len(late) == 10 and all(before[pk] == "lent" for pk in late)
    assert sweep(DAY, by="test", book=book, at=AT).moved == 0
    assert CaseEvent.objects.filter(name="remind").count() == 10
    event = CaseEvent.objects.filter(name="remind").first()
    assert (event.cause, event.by, event.number, event.from_state) == ("due_back", "test", 2, "lent")
    assert Sweep.objects.get(pk=event.sweep).moved == 10 and not SweepChunk.objects.exists()


@pytest.mark.django_db
def test_opening_again_changes_nothing(book, toy_processes):
    opened(8, book)
    assert open_cases(process=toys.LOAN, select=SELECT, parameters=[12], by="test", at=AT, book=book) == 4
    assert CaseEvent.objects.count() == Case.objects.count() == 12


@pytest.mark.django_db
def test_a_preview_counts_and_changes_nothing(book, toy_processes):
    opened(40, book)
    (count,) = preview(DAY)
    assert (count.process, count.state, count.deadline, count.cases, count.first_due_on) == ("loan", "lent", "due_back", 10, DAY)
    assert preview(DAY - timedelta(days=1)) == [] and preview(DAY, "permit") == []
    assert not CaseEvent.objects.exclude(name="opened").exists() and not Sweep.objects.exists()


@pytest.mark.django_db
def test_stopped_between_chunks_it_goes_on(book, toy_processes):
    opened(40, book)
    turns, told = iter(range(99)), []
    stopped = sweep(
        DAY, by="test", book=book, at=AT, size=2, stop=lambda: next(turns) >= 4, progress=lambda *each: told.append(each)
    )
    assert 0 < stopped.moved < 10 and Sweep.objects.open().count() == 1
    assert told[-1] == (stopped.moved, 10)
    assert sweep(DAY, by="test", book=book, at=AT, size=2).moved == 10 - stopped.moved
    assert CaseEvent.objects.filter(name="remind").count() == 10 and not Sweep.objects.open().exists()


@pytest.mark.django_db
def test_a_sweep_left_open_is_taken_over_by_the_next_day(book, toy_processes):
    opened(40, book)
    turns = iter(range(99))
    sweep(DAY, by="test", book=book, at=AT, size=2, stop=lambda: next(turns) >= 4)
    sweep(DAY + timedelta(days=1), by="test", book=book, at=AT)
    assert {event.on for event in CaseEvent.objects.filter(name="remind")} == {DAY}
    assert CaseEvent.objects.filter(name="remind").count() == 10 and not Sweep.objects.open().exists()


@pytest.mark.django_db
def test_an_effect_is_done_once_for_a_chunk_with_its_cases(toy_rules):
    done = []
    with toys.registered(*toys.TOYS, effects={"write": done.append}):
        opened(40, toy_rules.as_known_on(DAY))
        sweep(DAY, by="test", book=toy_rules.as_known_on(DAY), at=AT, size=6)
    assert [len(moved.event_ids) for moved in done] == [6, 4]
    assert {moved.transition.name for moved in done} == {"remind"} and done[0].day == DAY
    assert CaseEvent.objects.filter(pk__in=done[0].event_ids + done[1].event_ids, name="remind").count() == 10


@pytest.mark.django_db
def test_an_effect_that_fails_leaves_its_cases_and_no_others(book):
    def fails_for_the_first(moved):
        if CaseEvent.objects.filter(pk__in=moved.event_ids, case__key="4").exists():
            raise RuntimeError("à la personne de la ligne 4")

    with toys.registered(*toys.TOYS, effects={"write": fails_for_the_first}):
        opened(40, book)
        with pytest.raises(SweepIncomplete, match=r"1 part\(s\) .*loan : RuntimeError") as incomplete:
            sweep(DAY, by="test", book=book, at=AT, size=2)
        assert "ligne 4" not in str(incomplete.value)
    assert CaseEvent.objects.filter(name="remind").count() == 8
    with toys.registered(*toys.TOYS):
        assert sweep(DAY, by="test", book=book, at=AT, size=2).moved == 2
    assert CaseEvent.objects.filter(name="remind").count() == 10


@pytest.mark.django_db
def test_one_process_may_be_swept_alone(book, toy_processes):
    opened(40, book)
    assert sweep(DAY, by="test", book=book, at=AT, scope="permit").moved == 0
    assert sweep(DAY, by="test", book=book, at=AT, scope="loan").moved == 10


@pytest.mark.django_db
def test_what_is_told_twice_happens_once(book, toy_processes):
    opened(4, book)
    case = Case.objects.get(key="4")
    first = signal(case=case, name="breaks", on=DAY, by="a", at=AT, book=book, source_key="message-1")
    again = signal(case=case, name="breaks", on=DAY, by="b", at=AT, book=book, source_key="message-1")
    assert first == again and case.events.count() == 2


@pytest.mark.django_db
def test_the_cost_follows_what_is_due(book, toy_processes):
    """As many statements for 10 cases due among 40 as among 4 000; and none of the sweep's reads the whole table."""
    opened(40, book)
    with CaptureQueriesContext(
        connection,
    ) as few:
        sweep(DAY, by="test", book=book, at=AT)
    load(3, first_id=4)
    more = SELECT.replace("n::text", "'more-' || n").replace("1 + n %% 3", "4 + n %% 3").replace("(n %% 4) * 100", "200")
    open_cases(process=toys.LOAN, select=more, parameters=[4000], by="test", at=AT, book=book)
    again = SELECT.replace("n::text", "'again-' || n").replace("(n %% 4) * 100", "0")
    open_cases(process=toys.LOAN, select=again, parameters=[10], by="test", at=AT, book=book)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE casework_case")
    with CaptureQueriesContext(connection) as many:
        assert sweep(DAY, by="test", book=book, at=AT).moved == 10
    assert len(many) == len(few)
    listing = next(query["sql"] for query in many if "casework_sweepchunk" in query["sql"] and "array_agg" in query["sql"])
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN " + listing)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "casework_case_due" in plan and "Seq Scan on casework_case" not in plan


_SWEEP = """
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from allant.casework.sweep import sweep
from tests.casework import toys
book = toys.rules_in(Path("{folder}")).as_known_on(date(2021, 4, 15))
with toys.registered(*toys.TOYS):
    sys.stdin.readline()
    print(sweep(date(2021, 4, 15), by="other", book=book, at=datetime(2021, 4, 15, tzinfo=UTC), size=5).moved)
"""


@pytest.mark.django_db(transaction=True)
def test_two_sweepers_share_one_list(book, toy_processes, tmp_path):
    opened(2000, book)
    work = _SWEEP.format(folder=tmp_path)
    with another_process.running(work) as one, another_process.running(work) as two:
        for process in (one, two):
            process.stdin.write("go\n")
            process.stdin.flush()
        moved = [int(process.communicate(timeout=100)[0]) for process in (one, two)]
    assert sum(moved) == 500
    assert CaseEvent.objects.filter(name="remind").count() == Case.objects.filter(state="late").count() == 500
    assert not Sweep.objects.open().exists()


@pytest.mark.django_db
def test_the_command_previews_sweeps_and_logs(book, toy_processes, settings, monkeypatch, toy_rules):
    monkeypatch.setattr("allant.casework.commands.rules", toy_rules)
    settings.ALLANT_TODAY = DAY
    app = typer.Typer()
    app.command()(sweep_command)
    runner = CliRunner()
    opened(40, book)
    assert "Prêt de matériel" in runner.invoke(app, ["--preview"]).output
    refused = runner.invoke(app, ["--until", "2021-04-16"])
    assert refused.exit_code == 2 and "est à venir" in refused.output
    assert runner.invoke(app, ["--process", "none"]).exit_code == 2
    assert "10 passage(s)" in runner.invoke(app, []).output
    assert "Rien n'est dû" in runner.invoke(app, []).output
    entry = AccessLogEntry.objects.get(action="bulk")
    assert entry.batch_id == CaseEvent.objects.filter(name="remind").first().sweep


@pytest.mark.django_db
def test_events_never_change(book, toy_processes):
    load(1)
    case = open_case(process=toys.LOAN, person=Person.objects.get(), key="1", on=DAY, by="test", at=AT, book=book)
    with pytest.raises(ProgrammingError, match="Cannot update"):
        case.events.update(by="somebody else")

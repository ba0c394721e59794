"""VC-39 under real concurrency: many connections at once, on one patient."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, transaction

from allant.immunizations.actions import (
    BulkReport,
    CorrectionRefused,
    DoseRefused,
    correct_dose,
    record_dose,
    record_doses_in_bulk,
)
from allant.immunizations.models import Dose
from allant.people.models import Person
from tests.immunizations.builders import TODAY, act, day, rows
from tests.people.builders import load, person

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """Each work in a thread with a connection of its own, started together; their answers, or what they raised."""
    start = Barrier(len(works))

    def run(work: Callable[[], Any]) -> Any:
        try:
            connection.ensure_connection()
            start.wait(timeout=60)
            return work()
        except (DoseRefused, CorrectionRefused) as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def recording(someone: Person, key: str, by: str = "ps:1", **values: Any) -> Callable[[], Dose]:
    """A work that records a dose."""
    told = act(**values)
    return lambda: record_dose(person=someone, act=told, source="teleservice", source_key=key, by=by, today=TODAY)


@pytest.mark.parametrize("keys", [["form"] * 20, [f"tab-{number}" for number in range(20)]], ids=["one key", "20 keys"])
def test_the_same_dose_sent_by_twenty_connections_is_one_dose(keys: list[str]) -> None:
    """VC-39: double click, retry, two tabs, two machines, all at the same moment: one dose, told to all."""
    someone = person()
    answers = at_once(*(recording(someone, key) for key in keys))
    assert answers == [Dose.objects.get()] * 20


def test_a_batch_overtaken_by_a_dose_is_judged_again() -> None:
    """VC-39, VC-61: the dose of a batch that another connection was writing is one dose; the rest of the batch is recorded."""
    load(2)
    told = rows("a 1 2021-03-01 comirnaty 1 primary 2\nb 2 2021-03-01 comirnaty 1 primary 2")

    def batch() -> BulkReport:
        try:
            return record_doses_in_bulk(told, source="csv", by="file", batch_key="k", today=TODAY)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            recording(Person.objects.get(pk=1), "form")()
            pending = pool.submit(batch)
            _wait_until_somebody_waits()
        report = pending.result(timeout=60)
    assert (report.recorded, report.already_there, report.refused) == (1, 1, 0)
    assert Dose.objects.count() == 2


def _wait_until_somebody_waits() -> None:
    """Another connection waits for what this one writes."""
    for _ in range(600):
        with connection.cursor() as cursor:
            cursor.execute("SELECT FROM pg_locks WHERE NOT granted AND transactionid = pg_current_xact_id()::xid")
            if cursor.rowcount:
                return
        time.sleep(0.05)
    raise AssertionError("nobody waits")


def test_twenty_different_first_doses_are_one_dose_and_nineteen_clear_refusals() -> None:
    """VC-39: whoever comes first is recorded; the others are told that the rank is taken."""
    someone = person()
    answers = at_once(*(recording(someone, f"form-{number}", on=f"2021-03-{number + 1:02}") for number in range(20)))
    refusals = [answer for answer in answers if isinstance(answer, DoseRefused)]
    assert (len(refusals), Dose.objects.count()) == (19, 1)
    assert {code for refusal in refusals for code in refusal.codes} == {"rank_taken"}


@pytest.mark.parametrize("_time", range(5))
def test_a_doctor_and_a_nurse_record_different_doses_of_one_patient(_time: int) -> None:
    """VC-39: both succeed, or the second one before the first is told that the first is missing; it then goes through."""
    someone = person()
    first = recording(someone, "doctor", by="ps:1")
    second = recording(someone, "nurse", by="ps:2", on="2021-04-01", dose_number=2)
    answers = at_once(first, second)
    assert isinstance(answers[0], Dose)
    if isinstance(answers[1], DoseRefused):
        assert answers[1].codes == ["rank_skips"]
        second()
    assert [dose.recorded_by for dose in Dose.objects.current()] == ["ps:1", "ps:2"]


def test_a_correction_sent_by_ten_connections_is_one_correction() -> None:
    """VC-39: one new version, told to all."""
    dose = recording(person(), "form")()
    told = replace(act(), occurred_on=day("2021-03-02"))

    def correct() -> Dose:
        return correct_dose(dose=Dose.objects.get(pk=dose.pk), act=told, by="ps:1", reason="erreur de date", today=TODAY)

    answers = at_once(*[correct] * 10)
    assert answers == [Dose.objects.current().get()] * 10
    assert list(Dose.objects.values_list("version", flat=True)) == [1, 2]


def test_ten_different_corrections_are_one_correction_and_nine_clear_refusals() -> None:
    """VC-36: the first one counts; the others are told to read the dose again."""
    dose = recording(person(), "form")()

    def correct(number: int) -> Callable[[], Dose]:
        told = replace(act(), lot=f"LOT{number}")
        return lambda: correct_dose(dose=Dose.objects.get(pk=dose.pk), act=told, by="ps:1", reason="lot", today=TODAY)

    answers = at_once(*(correct(number) for number in range(10)))
    refusals = [answer for answer in answers if isinstance(answer, CorrectionRefused)]
    assert (len(refusals), Dose.objects.count()) == (9, 2)
    assert all("Relisez la dose" in str(refusal) for refusal in refusals)


def test_a_correction_and_the_next_dose_at_once() -> None:
    """VC-36: whichever comes first, the correction is never made under a recorded next dose."""
    someone = person()
    dose = recording(someone, "form")()
    told = replace(act(), occurred_on=day("2021-03-02"))
    corrected, following = at_once(
        lambda: correct_dose(dose=Dose.objects.get(pk=dose.pk), act=told, by="ps:1", reason="date", today=TODAY),
        recording(someone, "next", by="ps:2", on="2021-04-01", dose_number=2),
    )
    assert isinstance(following, Dose)
    if isinstance(corrected, Dose):
        assert corrected.recorded_at < following.recorded_at or corrected.version == 2
    else:
        assert "La dose suivante est enregistrée" in str(corrected)

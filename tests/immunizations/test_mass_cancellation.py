"""Cancelling all that a stolen session recorded: exact, once, and never against somebody else's act."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from allant.immunizations.actions import CorrectionRefused, DoseRefused, correct_dose, record_dose
from allant.immunizations.mass_cancellation import RecordingWindow, cancel_window
from allant.immunizations.models import Dose
from allant.people.models import Person
from tests.immunizations.builders import act
from tests.people.builders import person

THIEF = "ps:stolen"
START = datetime(2021, 6, 14, 10, tzinfo=UTC)
WINDOW = RecordingWindow(actor=THIEF, start=START, end=START + timedelta(hours=1))


def dose(owner: Person, minutes: int = 30, by: str = THIEF) -> Dose:
    """A dose recorded so many minutes after the start."""
    return Dose.objects.create(
        person=owner, occurred_on=date(2021, 6, 1), vaccine="comirnaty", dose_number=1, series="primary", series_doses=2,
        recorded_at=START + timedelta(minutes=minutes), recorded_by=by, source="teleservice", source_key=f"t:{owner.pk}",
    )  # fmt: skip


def cancel(expected: int, reason: str = "session volée") -> list[int]:
    """Cancel the window."""
    return cancel_window(window=WINDOW, expected=expected, by="admin", reason=reason)


@pytest.mark.django_db
def test_the_window_is_half_open_and_of_one_account() -> None:
    inside = [dose(person(), minutes) for minutes in (0, 59)]
    outside = [dose(person(), -1), dose(person(), 60), dose(person(), by="ps:honest")]
    assert cancel(2) == sorted(one.person_id for one in inside)
    assert set(Dose.objects.cancelled_administratively()) == set(inside)
    assert set(Dose.objects.current()) == set(outside)


@pytest.mark.django_db
def test_another_count_or_no_reason_cancels_nothing() -> None:
    dose(person())
    for expected, reason, message in ((2, "x", "et non 2"), (1, "  ", "motif")):
        with pytest.raises(CorrectionRefused, match=message):
            cancel(expected, reason)
    assert Dose.objects.current().count() == 1
    cancel(1)
    with pytest.raises(CorrectionRefused, match="0 dose"):
        cancel(1)


@pytest.mark.django_db
def test_the_cost_does_not_grow_with_the_doses(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    for _ in range(60):
        dose(person())
    with django_assert_num_queries(6):  # savepoint, locks, count, persons, update, release
        assert len(cancel(60)) == 60


@pytest.mark.django_db
def test_a_cancelled_dose_sent_again_is_not_recorded_again() -> None:
    """VC-39: the session's own retry does not bring it back."""
    owner = person()
    dose(owner)
    cancel(1)
    again = record_dose(
        person=owner, act=act("2021-06-01"), source="teleservice", source_key=f"t:{owner.pk}", by=THIEF, today=date(2021, 6, 15)
    )
    assert again.end_kind == "administrative" and not Dose.objects.current().exists()


def together(*works: Callable[[], object]) -> list[object]:
    """Each on its own connection at once; what it gave, or the refusal."""

    def one(work: Callable[[], object]) -> object:
        try:
            return work()
        except (CorrectionRefused, DoseRefused) as refused:
            return refused
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(one, works))


@pytest.mark.django_db(transaction=True)
def test_ten_administrators_at_once_cancel_once() -> None:
    for _ in range(20):
        dose(person())
    given = together(*[lambda: cancel(20)] * 10)
    assert sum(isinstance(one, list) for one in given) == 1
    assert Dose.objects.cancelled_administratively().count() == 20


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", range(3))
def test_a_correction_at_the_same_moment_leaves_one_story(attempt: int) -> None:
    """VC-36: either the correction comes first, and its version stays to be seen, or the dose is cancelled and it is refused."""
    one = dose(person())
    changed = act("2021-06-02")
    given = together(
        lambda: cancel(1),
        lambda: correct_dose(dose=one, act=changed, by=THIEF, reason="date", today=date(2021, 6, 15)),
    )
    one.refresh_from_db()
    if isinstance(given[1], Dose):
        assert one.end_kind == "corrected" and isinstance(given[0], CorrectionRefused)
    else:
        assert one.end_kind == "administrative" and isinstance(given[0], list) and not Dose.objects.current().exists()

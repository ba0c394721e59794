"""Simulated time: sweeps of every day over generated cases equal a plain interpreter that shares no code with them."""

from datetime import date, timedelta

import pytest

from allant.casework.models import Case, CaseEvent
from allant.casework.opening import open_case
from allant.casework.signals import NotExpected, signal
from allant.casework.sweep import sweep
from tests.casework import toys
from tests.casework.conftest import AT
from tests.casework.reference import lives
from tests.casework.worlds import FIRST, doctrine, process, world
from tests.people.builders import person


def played(seed, cases, days, every, tmp_path, size=7):
    """The events of every case as the engine makes them, and as the reference does; swept each `every` days and at the end."""
    made = world(seed, cases, days)
    declared, last = process(made, "random"), FIRST + timedelta(days)
    book = toys.rules_in(tmp_path, doctrine(made, "random")).as_known_on(last)
    somebody, opening = person(), {}
    for number, (day, held) in enumerate(made.cases):
        opening.setdefault(day, []).append((number, held))
    with toys.registered(declared):
        for number in range(days + 1):
            day = FIRST + timedelta(number)
            for case, held in opening.get(day, []):
                open_case(process=declared, person=somebody, key=str(case), on=day, by="test", at=AT, book=book, data=held)
            for case, name, brings in made.told.get(day, []):
                try:
                    signal(case=Case.objects.get(key=str(case)), name=name, on=day, by="agent", at=AT, book=book, data=brings)
                except NotExpected:
                    continue
            if number % every == 0 or number == days:
                sweep(day, by="test", book=book, at=AT, size=size)
    found = [[] for _ in made.cases]
    for key, on, name, state in CaseEvent.objects.order_by("case_id", "number").values_list(
        "case__key", "on", "name", "to_state"
    ):
        found[int(key)].append((on, name, state))
    return found, lives(made, last)


def compare(found, expected):
    different = [number for number, (ours, theirs) in enumerate(zip(found, expected, strict=True)) if ours != theirs]
    assert not different, (different[0], found[different[0]], expected[different[0]])
    assert 2 * sum(map(len, expected)) >= 3 * len(expected), "nothing happens in this world"


@pytest.mark.django_db
@pytest.mark.parametrize("seed", [1, 2])
def test_daily_sweeps_equal_the_reference(seed, tmp_path):
    compare(*played(seed, 25, 300, 1, tmp_path))


@pytest.mark.django_db
@pytest.mark.parametrize("seed", [3, 4])
def test_seldom_sweeps_come_to_the_same(seed, tmp_path):
    """After an outage of weeks, every case is where daily sweeps would have brought it, with the same legal dates."""
    compare(*played(seed, 25, 300, 40, tmp_path))


@pytest.mark.long
@pytest.mark.timeout(7200)
@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(10, 14))
def test_ten_years_of_daily_sweeps_equal_the_reference(seed, tmp_path):
    compare(*played(seed, 600, 3652, 1, tmp_path, size=50))


@pytest.mark.long
@pytest.mark.timeout(7200)
@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(100, 160))
def test_many_processes_swept_seldom_equal_the_reference(seed, tmp_path):
    compare(*played(seed, 40, 700, 31, tmp_path))


def test_a_rule_book_of_random_terms_is_of_use():
    """The worlds have what the engine can do: pauses, restarts, changes of rule, conditions."""
    made = [world(seed, 1, 300) for seed in range(20)]
    assert any(terms["paused_in"] for each in made for terms in each.versions)
    assert any(terms["open_cases"] == "change" for each in made for terms in each.versions[1:])
    assert any(each["given"] for one in made for each in one.transitions)
    assert date(2021, 1, 1) == FIRST

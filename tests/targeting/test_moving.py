"""A target written on one day, asked on another."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from allant.targeting import Definition, define, engine_memory, tables
from allant.targeting.model import ActiveOn, Elapsed
from allant.targeting.moving import moved

from .strategies import definitions
from .vocabulary import REGISTRY

WRITTEN, LATER = date(2021, 1, 18), date(2021, 3, 1)
t = tables(REGISTRY)


def dates(definition: Definition) -> set[date]:
    return {node.on for node in definition.criteria.walk() if isinstance(node, Elapsed | ActiveOn)}


def test_tg_03_ages_durations_and_situations_are_counted_on_the_new_day():
    def target(on: date) -> Definition:
        return define(
            (t.person.age_on(on) >= 75)
            & (t.dose_summary.complete_on.months_on(on) >= 6)
            & ~t.situation.where(kind="institution").active_on(on).exists()
        )

    assert moved(target(WRITTEN), WRITTEN, LATER) == target(LATER)
    assert dates(moved(target(WRITTEN), WRITTEN, LATER)) == {LATER}


def test_days_that_are_part_of_the_rule_stay():
    rule = define(
        (t.person.birth_date < WRITTEN)
        & (t.person.age_on(date(2021, 12, 31)) >= 75)
        & (t.dose.where(t.dose.occurred_on >= WRITTEN).count() == 1)
    )
    assert moved(rule, WRITTEN, LATER) == rule


def test_a_birthday_between_the_two_days_counts():
    born = {"person": [{"person_id": 1, "birth_date": date(1946, 2, 10)}]}
    target = define(t.person.age_on(WRITTEN) >= 75)
    assert engine_memory.people(target, born) == []
    assert engine_memory.people(moved(target, WRITTEN, LATER), born) == [1]


@given(definitions(), st.dates(date(2019, 1, 1), date(2023, 1, 1)))
def test_moving_to_a_day_nobody_speaks_of_and_back_changes_nothing(definition, written_on):
    elsewhere = date(2150, 1, 1)
    there = moved(definition, written_on, elsewhere)
    assert written_on not in dates(there)
    assert moved(there, elsewhere, written_on) == definition
    assert moved(definition, written_on, written_on) == definition

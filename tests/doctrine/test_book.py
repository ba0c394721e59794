"""Look-ups on two axes: the day asked about, the day whose knowledge is taken."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allant.doctrine import NotYetInForce, ReviewOverdue, Rules, UnknownRule, Version, rules
from allant.doctrine.book import effective

from .conftest import Write

BOOK = """
flu.age:
  label: Âge
  unit: years
  versions:
    - {in_force: 2021-01-10, known_from: 2021-01-01, value: 70, source: Avis A}
    - {in_force: 2021-03-01, known_from: 2021-01-20, value: 60, source: Avis B, review_by: 2021-06-30}
    - {in_force: 2021-02-15, known_from: 2021-02-01, value: 65, source: Avis C, withdraws: 2021-03-01}
    - {in_force: 2021-01-10, known_from: 2021-05-01, value: 72, source: Correction rétroactive}
flu.groups:
  label: Groupes
  unit: collection
  fields: {min_age: years}
flu.groups.old:
  label: Âgés
  unit: record
  versions:
    - {in_force: 2021-01-10, known_from: 2021-01-10, value: {min_age: 70}, source: Avis A}
    - {in_force: 2021-04-01, known_from: 2021-02-01, value: {min_age: 65}, source: Avis B}
flu.groups.young:
  label: Jeunes
  unit: record
  versions:
    - {in_force: 2021-02-01, known_from: 2021-02-01, value: {min_age: 18}, source: Avis A}
"""


@pytest.fixture
def shelf(books: Write) -> Rules:
    return books(flu=BOOK)


@pytest.mark.parametrize(
    ("known_on", "on", "value"),
    [
        (date(2021, 1, 1), date(2021, 1, 10), 70),
        (date(2021, 1, 1), date(2021, 3, 2), 70),
        (date(2021, 1, 20), date(2021, 2, 28), 70),
        (date(2021, 1, 20), date(2021, 3, 1), 60),
        (date(2021, 2, 1), date(2021, 2, 15), 65),
        (date(2021, 2, 1), date(2021, 3, 2), 65),
        (date(2021, 4, 30), date(2021, 1, 11), 70),
        (date(2021, 5, 1), date(2021, 1, 11), 72),
        (date(2021, 5, 1), date(2021, 3, 2), 65),
    ],
)
def test_a_value_depends_on_both_days(shelf: Rules, known_on: date, on: date, value: int) -> None:
    """A withdrawn announcement no longer counts; a late correction changes the past for those who know it."""
    assert shelf.as_known_on(known_on).value("flu.age", on) == value


def test_before_the_first_version(shelf: Rules) -> None:
    book = shelf.as_known_on(date(2021, 1, 1))
    with pytest.raises(NotYetInForce, match=r"demandée pour le 09/01/2021, en vigueur à partir du 10/01/2021"):
        book.value("flu.age", date(2021, 1, 9))
    with pytest.raises(NotYetInForce, match="aucune version selon ce qui est connu le 31/12/2020"):
        shelf.as_known_on(date(2020, 12, 31)).value("flu.age", date(2021, 6, 1))
    with pytest.raises(NotYetInForce, match="09/01/2021"):
        book.values("flu.age", np.array(["2021-02-01", "2021-01-09"], dtype="datetime64[D]"))


def test_an_unknown_key_names_the_nearest(shelf: Rules) -> None:
    with pytest.raises(UnknownRule, match=r"« flu\.agge » inconnue\. Vouliez-vous dire « flu\.age »"):
        shelf.as_known_on(date(2021, 1, 1)).value("flu.agge", date(2021, 2, 1))


def test_strict_mode_refuses_a_rule_to_review(shelf: Rules) -> None:
    late, known_on = date(2021, 7, 1), date(2021, 1, 20)
    assert shelf.as_known_on(known_on).value("flu.age", late) == 60
    strict = shelf.as_known_on(known_on, strict=True)
    assert strict.value("flu.age", date(2021, 6, 30)) == 60
    with pytest.raises(ReviewOverdue, match="à revoir avant le 30/06/2021"):
        strict.value("flu.age", late)
    with pytest.raises(ReviewOverdue):
        strict.values("flu.age", np.array([late], dtype="datetime64[D]"))


def test_periods_history_and_announcements(shelf: Rules) -> None:
    book = shelf.as_known_on(date(2021, 1, 20))
    assert [(period.starts_on, period.ends_on, period.value) for period in book.periods("flu.age")] == [
        (date(2021, 1, 10), date(2021, 3, 1), 70),
        (date(2021, 3, 1), None, 60),
    ]
    assert [version.value for version in book.announced("flu.age", date(2021, 2, 1))] == [60]
    later = shelf.as_known_on(date(2021, 12, 31))
    assert [version.value for version in later.history("flu.age")] == [70, 60, 65, 72]
    assert [period.value for period in later.periods("flu.age")] == [72, 65]


def test_a_version_can_be_stored_with_a_decision(shelf: Rules) -> None:
    version = shelf.as_known_on(date(2021, 2, 1)).version("flu.age", date(2021, 2, 20))
    assert version.rule_id == "flu.age@2021-02-15/2021-02-01"
    assert (version.value, version.source, version.ground) == (65, "Avis C", "Avis C")


def test_a_collection_lists_its_members_in_force(shelf: Rules) -> None:
    book = shelf.as_known_on(date(2021, 2, 1))
    assert [dict(item) for item in book.value("flu.groups", date(2021, 4, 1))] == [
        {
            "code": "old",
            "label": "Âgés",
            "opens_on": date(2021, 1, 10),
            "rule_id": "flu.groups.old@2021-04-01/2021-02-01",
            "min_age": 65,
        },
        {
            "code": "young",
            "label": "Jeunes",
            "opens_on": date(2021, 2, 1),
            "rule_id": "flu.groups.young@2021-02-01/2021-02-01",
            "min_age": 18,
        },
    ]
    assert [item["code"] for item in book.value("flu.groups", date(2021, 1, 31))] == ["old"]
    assert [period.starts_on for period in book.periods("flu.groups")] == [date(2021, 1, 10), date(2021, 2, 1), date(2021, 4, 1)]
    assert [version.key for version in book.history("flu.groups")] == ["flu.groups.old", "flu.groups.young", "flu.groups.old"]


def test_values_cannot_be_changed_by_who_reads_them(shelf: Rules) -> None:
    item = shelf.as_known_on(date(2021, 2, 1)).value("flu.groups", date(2021, 4, 1))[0]
    with pytest.raises(TypeError):
        item["min_age"] = 0


def test_unknown_dates_are_refused_by_the_vectorised_look_up(shelf: Rules) -> None:
    with pytest.raises(ValueError, match="NaT"):
        shelf.as_known_on(date(2021, 2, 1)).values("flu.age", np.array(["NaT"], dtype="datetime64[D]"))


DAYS = st.dates(date(2021, 9, 1), date(2022, 6, 1))


@given(known_on=DAYS, days=st.lists(DAYS, max_size=30))
def test_many_days_at_once_give_what_each_day_gives(known_on: date, days: list[date]) -> None:
    book = rules.as_known_on(known_on)
    asked = np.array(days, dtype="datetime64[D]")
    for key in ("covid.booster.delay", "covid.months.counting", "covid.vaccines.spikevax", "figures.secrecy.threshold"):
        assert book.values(key, asked).tolist() == [book.value(key, day) for day in days]


OFFSETS = st.integers(0, 6)


@given(
    drafts=st.lists(
        st.tuples(OFFSETS, OFFSETS, st.one_of(st.none(), OFFSETS)), min_size=1, max_size=8, unique_by=lambda row: row[:2]
    ),
    known=OFFSETS,
    on=OFFSETS,
)
def test_the_timeline_is_what_a_reader_of_the_history_would_say(
    drafts: list[tuple[int, int, int | None]], known: int, on: int
) -> None:
    """Reading the versions in the order they became known: each replaces or withdraws; then the last one begun counts."""
    start = date(2021, 1, 1)

    def day(offset: int) -> date:
        return start + timedelta(days=offset)

    versions = tuple(
        Version("k.k", day(begin), day(said), rank, withdraws=None if gone is None else day(gone))
        for rank, (begin, said, gone) in enumerate(drafts)
    )
    standing: dict[date, Version] = {}
    for moment in range(known + 1):
        announced = [version for version in versions if version.known_from == day(moment)]
        for version in announced:
            if version.withdraws:
                standing.pop(version.withdraws, None)
        standing.update({version.in_force: version for version in announced})
    assert effective(versions, day(known)) == tuple(standing[begin] for begin in sorted(standing))

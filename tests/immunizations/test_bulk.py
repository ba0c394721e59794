"""Bulk recording: the report, the refusals, forcing, doing it again."""

import pyarrow as pa
import pytest

from allant.directory.actions import location_for
from allant.immunizations import bulk
from allant.immunizations.actions import BatchRefused, BulkReport, load_infections, load_lots, record_doses_in_bulk
from allant.immunizations.models import Dose, RecordingBatch, RejectedRow
from allant.people.actions import load_situations, merge
from allant.people.models import Person
from tests.immunizations.builders import TODAY, day, rows
from tests.people.builders import load

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("both_ways")]


@pytest.fixture(params=[(bulk.FEW, bulk.PREPARED), (bulk.FEW, 0), (0, 0)], ids=["prepared", "one statement", "tables"])
def both_ways(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Small batches are judged in one statement, prepared or not, large ones in tables: alike."""
    for name, rows_at_most in zip(("FEW", "PREPARED"), request.param, strict=True):
        monkeypatch.setattr(bulk, name, rows_at_most)


TWO_DOSES = """
a1 1 2021-03-01 comirnaty 1 primary 2
a2 1 2021-04-01 comirnaty 2 primary 2
b1 2 2021-03-01 comirnaty 1 primary 2
"""
FAULTY = """
a1 1  2021-03-01 comirnaty 1 primary 2
a2 1  2021-03-09 comirnaty 2 primary 2
a3 1  2021-10-09 comirnaty 3 booster 2
b1 99 2021-03-01 comirnaty 1 primary 2
c1 3  2021-03-01 pfizer    1 primary 2
d1 4  -          comirnaty 1 primary 2
"""


def record(text: str, key: str = "k", forced_reason: str | None = None) -> BulkReport:
    """Record lines as of the fixed day."""
    return record_doses_in_bulk(rows(text), source="csv", by="test", forced_reason=forced_reason, batch_key=key, today=TODAY)


def test_doses_of_one_batch_follow_each_other() -> None:
    """A batch may hold doses 1 and 2 of a person, in any order of lines."""
    load(2)
    report = record("\n".join(reversed(TWO_DOSES.strip().splitlines())))
    assert (report.received, report.recorded, report.refused, report.forced) == (3, 3, 0, 0)
    assert Dose.objects.primary_complete_on(TODAY).get().person_id == 1


def test_the_same_batch_again_is_the_same_report() -> None:
    """VC-39: resent under its key it returns its report; under another key every row is already there."""
    load(2)
    first = record(TWO_DOSES)
    assert record(TWO_DOSES) == first
    other = record(TWO_DOSES, key="k2")
    assert (other.recorded, other.already_there, other.refused) == (0, 3, 0)
    assert Dose.objects.count() == 3
    assert record(TWO_DOSES.replace("a1", "x1").replace("a2", "x2"), key="k3").already_there == 3


def test_a_batch_key_holds_one_content() -> None:
    """Another content under a used key is a mistake that is said."""
    load(2)
    record(TWO_DOSES)
    with pytest.raises(BatchRefused, match="déjà servi"):
        record(TWO_DOSES.replace("2021-04-01", "2021-04-02"))


def test_bad_rows_are_reported_line_by_line() -> None:
    """VC-61: good rows enter, bad ones are listed with line and reasons, without the person's identity."""
    load(4)
    report = record(FAULTY)
    assert (report.recorded, report.already_there, report.refused) == (1, 0, 5)
    rejected = {row.line: row.reasons for row in RejectedRow.objects.filter(batch_id=report.batch_id)}
    assert rejected == {
        2: ["interval_too_short"],
        3: ["follows_refused"],
        4: ["unknown_person"],
        5: ["unknown_vaccine"],
        6: ["malformed"],
    }
    assert report.refused_by_reason == {reasons[0]: 1 for reasons in rejected.values()}
    assert "person_id" not in RejectedRow.objects.first().payload


def test_forcing_marks_the_rows_that_break_a_rule_and_no_other() -> None:
    """FG-04: acts of the official series are forced with that reason, counted by rule; what is impossible stays refused."""
    load(4)
    report = record(FAULTY, forced_reason="official series")
    assert (report.recorded, report.refused, report.forced) == (3, 3, 1)
    assert report.forced_by_rule == {"interval_too_short": 1}
    forced = Dose.objects.forced().get()
    assert (forced.source_key, forced.forced_reason, forced.forced_rules) == ("a2", "official series", ["interval_too_short"])


def test_conflicts_inside_a_batch() -> None:
    """VC-39: the first line counts; the same dose again is already there, another one with its key, rank or day is refused."""
    load(4)
    report = record(
        """
        a1 1 2021-03-01 comirnaty 1 primary 2
        a1 1 2021-03-01 comirnaty 1 primary 2
        a9 1 2021-03-01 comirnaty 1 primary 2
        a1 2 2021-03-01 comirnaty 1 primary 2
        b1 3 2021-03-01 comirnaty 1 primary 2
        b2 3 2021-03-05 spikevax  1 primary 2
        c1 4 2021-03-01 comirnaty 1 primary 2
        c2 4 2021-03-01 comirnaty 2 primary 2
        """
    )
    assert (report.recorded, report.already_there, report.refused) == (3, 2, 3)
    assert list(RejectedRow.objects.values_list("line", "reasons")) == [
        (4, ["key_reused"]),
        (6, ["rank_taken"]),
        (8, ["same_day"]),
    ]


def test_conflicts_with_what_is_recorded() -> None:
    """Another dose of the same rank or day stands already."""
    load(2)
    record(TWO_DOSES)
    report = record(
        """
        z1 2 2021-03-02 comirnaty 1 primary 2
        z2 1 2021-04-01 spikevax  3 booster 2
        b1 1 2021-05-01 comirnaty 3 booster 2
        """,
        key="k2",
        forced_reason="official series",
    )
    assert report.refused_by_reason == {"rank_taken": 1, "same_day": 1, "key_reused": 1}


def test_what_is_known_of_the_person_is_used() -> None:
    """VC-40 and RP-01: infection, immunodepression and lot come from the register."""
    load(4)
    load_infections(pa.table({"person_id": [1], "occurred_on": [day("2020-04-01")]}), by="test")
    load_situations(pa.table({"person_id": [2], "kind": ["immunodepressed"]}), by="test")
    load_lots(pa.table({"vaccine": ["comirnaty"], "number": ["EX1"], "expires_on": [day("2021-01-01")]}), by="test")
    text = """
    a1 1 2021-03-01 comirnaty 1 primary 1
    b1 2 2021-03-01 comirnaty 1 primary 2
    b2 2 2021-04-01 comirnaty 2 primary 2
    b3 2 2021-05-01 comirnaty 3 primary 2
    c1 3 2021-03-01 comirnaty 1 primary 1
    d1 4 2021-03-01 comirnaty 1 primary 2
    """
    table = rows(text).append_column("lot", pa.array(["", "", "", "", "", "EX1"]))
    report = record_doses_in_bulk(table, source="csv", by="test", batch_key="k", today=TODAY)
    assert report.recorded == 4
    assert report.refused_by_reason == {"series_too_short": 1, "lot_expired": 1}


def test_merged_records_are_one_person() -> None:
    """VC-63: the schedule is that of the survivor, the act stays under the record it names."""
    load(2)
    record("a1 2 2021-03-01 comirnaty 1 primary 2")
    merge(duplicate=Person.objects.get(pk=2), into=Person.objects.get(pk=1), by="agent", reason="x")
    report = record("x1 1 2021-03-01 comirnaty 1 primary 2\na2 2 2021-04-01 comirnaty 2 primary 2", key="k2")
    assert (report.recorded, report.already_there) == (1, 1)
    assert set(Dose.objects.values_list("person_id", flat=True)) == {2}


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (pa.table({"cle": ["a"]}), "Colonnes inconnues : cle"),
        (pa.table({"source_key": ["a"]}), "Colonnes manquantes : person_id"),
        (rows(TWO_DOSES).set_column(2, "occurred_on", pa.array(["hier"] * 3)), "Types illisibles"),
        (rows(TWO_DOSES).set_column(0, "source_key", pa.nulls(3, pa.string())), "« source_key » vide sur 3 ligne"),
    ],
)
def test_unreadable_batches_are_refused_whole(table: pa.Table, message: str) -> None:
    """Nothing is recorded, not even the batch."""
    with pytest.raises(BatchRefused, match=message):
        record_doses_in_bulk(table, source="csv", by="test", batch_key="k", today=TODAY)
    assert not RecordingBatch.objects.exists()


def test_an_empty_batch_is_a_batch() -> None:
    """A day without doses is recorded as such."""
    report = record_doses_in_bulk(rows(TWO_DOSES).slice(0, 0), source="csv", by="test", batch_key="k", today=TODAY)
    assert (report.received, report.recorded, report.forced_by_rule) == (0, 0, {})


def test_several_batches_in_one_transaction() -> None:
    """A caller may hold its own transaction: the temporary tables of one batch do not trouble the next."""
    load(2)
    first = record("a1 1 2021-03-01 comirnaty 1 primary 2", key="monday")
    second = record("a2 1 2021-04-01 comirnaty 2 primary 2", key="tuesday")
    assert (first.recorded, second.recorded) == (1, 1)


def test_text_goes_through_as_it_is() -> None:
    """Quotes, backslashes, commas, braces, an empty text and the word NULL are text; nothing is nothing."""
    load(6)
    proofs = ["l'acte \"vu\"", "a\\b", "x,y", "{z}", "NULL", None]
    text = "\n".join(f"k{number} {number} 2021-03-01 comirnaty 1 primary 2" for number in range(1, 7))
    record_doses_in_bulk(
        rows(text).append_column("proof", pa.array(proofs)), source="csv", by="test", batch_key="k", today=TODAY
    )
    assert list(Dose.objects.order_by("person_id").values_list("proof", flat=True)) == [*proofs[:-1], ""]


def test_the_place_of_a_dose_is_kept() -> None:
    """VC-31: the place and the N°AM come in with the row."""
    load(1)
    place = location_for(kind="ehpad", name="Les Lilas", postcode="01000", commune_code="01053", by="test")
    table = rows("a1 1 2021-03-01 comirnaty 1 primary 2")
    table = table.append_column("location_id", pa.array([place.pk])).append_column("am_number", pa.array(["123456789"]))
    record_doses_in_bulk(table, source="csv", by="test", batch_key="k", today=TODAY)
    assert (Dose.objects.get().location, Dose.objects.get().am_number) == (place, "123456789")

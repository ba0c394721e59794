"""One dose: recorded, corrected, cancelled."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.db import ProgrammingError, transaction

from allant.immunizations.actions import CorrectionRefused, DoseRefused, cancel_dose, correct_dose, load_shipped_lots, record_dose
from allant.immunizations.models import Dose, DoseSummary, Lot
from allant.people.actions import merge
from allant.people.models import Person
from tests.immunizations.builders import TODAY, act, day
from tests.people.builders import person

pytestmark = pytest.mark.django_db


def record(someone: Person, key: str, **values: Any) -> Dose:
    """Record `act(**values)` by the téléservice."""
    forced_reason = values.pop("forced_reason", "")
    return record_dose(
        person=someone,
        act=act(**values),
        source="teleservice",
        source_key=key,
        by="ps:1",
        forced_reason=forced_reason,
        today=TODAY,
    )


def test_the_same_dose_sent_twice_is_one_dose() -> None:
    """VC-39: same key (double click, retry), or another key with the same content (two machines)."""
    someone = person()
    first = record(someone, "form-1")
    assert record(someone, "form-1") == record(someone, "form-2") == first
    assert Dose.objects.count() == 1


def test_a_key_never_serves_twice() -> None:
    """VC-39: the same key with another content is a mistake that is said, not a second dose."""
    someone = person()
    record(someone, "form-1")
    with pytest.raises(DoseRefused) as refusal:
        record(someone, "form-1", on="2021-04-05", dose_number=2)
    assert refusal.value.codes == ["key_reused"]


@pytest.mark.parametrize(
    ("values", "codes"),
    [
        ({"on": "2022-01-02"}, ["in_the_future"]),
        ({"on": "1950-04-30"}, ["before_birth"]),
        ({"on": "2020-12-20"}, ["before_authorisation"]),
        ({"dose_number": 2}, ["rank_skips"]),
        ({"vaccine": "astra"}, ["unknown_vaccine"]),
    ],
)
def test_refusals_are_said_in_french(values: dict[str, Any], codes: list[str]) -> None:
    """VC-38: refused with a clear message, nothing recorded."""
    with pytest.raises(DoseRefused, match=r"[a-zé]+ : |[a-z]+\.") as refusal:
        record(person(), "form-1", **values)
    assert refusal.value.codes == codes
    assert not Dose.objects.exists()


def test_a_forced_entry_needs_a_reason_and_is_marked() -> None:
    """VC-38: forced with a reason; the reason is kept only where a rule was broken."""
    someone = person()
    plain = record(someone, "form-1", forced_reason="sans objet")
    with pytest.raises(DoseRefused) as refusal:
        record(someone, "form-2", on="2021-03-10", dose_number=2)
    assert refusal.value.forceable
    forced = record(someone, "form-2", on="2021-03-10", dose_number=2, forced_reason="départ en mission")
    assert (plain.forced_reason, plain.forced_rules) == ("", [])
    assert (forced.forced_reason, forced.forced_rules) == ("départ en mission", ["interval_too_short"])
    assert list(Dose.objects.forced()) == [forced]


def test_what_is_always_refused_cannot_be_forced() -> None:
    """VC-38: no reason lets in a dose of the future."""
    with pytest.raises(DoseRefused):
        record(person(), "form-1", on="2022-01-02", forced_reason="vraiment")


def test_a_dose_given_abroad_enters_with_its_proof() -> None:
    """VC-42: history is entered with its proof, marked where it breaks a rule."""
    dose = record(person(), "form-1", on="2020-12-10", place_kind="abroad", proof="certificat NHS")
    assert dose.forced_rules == ["before_authorisation"]
    assert dose.forced_reason == "Acte repris sur justificatif : certificat NHS"


def test_an_expired_or_recalled_lot_is_refused_unless_forced() -> None:
    """VC-30: expired or recalled lots; one not in the list is accepted."""
    Lot.objects.create(vaccine="comirnaty", number="EX1", expires_on=day("2021-02-28"))
    Lot.objects.create(vaccine="comirnaty", number="EX2", recalled_on=day("2021-03-01"))
    for number, code in (("EX1", "lot_expired"), ("EX2", "lot_recalled")):
        with pytest.raises(DoseRefused) as refusal:
            record(person(), "form-1", lot=number)
        assert (refusal.value.codes, refusal.value.forceable) == ([code], True)
    assert record(person(), "form-1", lot="ailleurs").lot == "ailleurs"


def test_a_correction_is_a_new_version() -> None:
    """Append-only: the former version stays readable; the summary follows the current one."""
    someone = person()
    former = record(someone, "form-1")
    for _ in range(2):
        current = correct_dose(
            dose=former, act=replace(act(), occurred_on=day("2021-03-02")), by="ps:1", reason="erreur de date", today=TODAY
        )
    former.refresh_from_db()
    assert Dose.objects.count() == 2
    assert (current.version, current.replaces, former.end_reason, former.ended_by) == (2, former, "erreur de date", "ps:1")
    assert DoseSummary.objects.get(person=someone).first_on == date(2021, 3, 2)
    assert record(someone, "form-1") == former, "a late retry of the first sending records nothing (VC-39)"
    with pytest.raises(CorrectionRefused):
        correct_dose(dose=former, act=act(on="2021-03-05"), by="ps:1", reason="encore", today=TODAY)
    with pytest.raises(CorrectionRefused):
        cancel_dose(dose=former, by="ps:1", reason="encore")


def test_a_wrong_correction_changes_nothing() -> None:
    """VC-38 holds for corrections; a refused one leaves the former version current."""
    dose = record(person(), "form-1")
    with pytest.raises(DoseRefused), transaction.atomic():
        correct_dose(dose=dose, act=act(on="2022-01-02"), by="ps:1", reason="erreur", today=TODAY)
    assert Dose.objects.current().get() == dose


def test_a_cancelled_dose_no_longer_counts_and_may_be_given_again() -> None:
    """Removing a dose changes the summary; cancelling twice changes nothing."""
    someone = person()
    dose = record(someone, "form-1")
    for _ in range(2):
        cancel_dose(dose=dose, by="ps:1", reason="mauvaise personne")
    assert not DoseSummary.objects.filter(person=someone).exists()
    again = record(someone, "form-9")
    assert Dose.objects.current().get() == again


def test_the_database_refuses_any_other_change() -> None:
    """A dose is append-only, whatever the tool."""
    dose = record(person(), "form-1")
    for change in (lambda: Dose.objects.all().delete(), lambda: Dose.objects.update(lot="X")):
        with pytest.raises(ProgrammingError, match="pgtrigger"), transaction.atomic():
            change()
    cancel_dose(dose=dose, by="ps:1", reason="erreur")
    with pytest.raises(ProgrammingError, match="pgtrigger"), transaction.atomic():
        Dose.objects.update(ended_at=None, end_reason="")


def test_doses_of_merged_records_count_together() -> None:
    """VC-63: acts are never re-pointed, and yet the survivor's schedule holds them all."""
    kept, duplicate = person(), person()
    record(duplicate, "form-1")
    merge(duplicate=duplicate, into=kept, by="agent", reason="même NIR")
    assert record(kept, "form-2") == Dose.objects.get(), "the same dose under the other record is already there"
    second = record(kept, "form-3", on="2021-04-01", dose_number=2)
    assert (Dose.objects.given_to(kept).count(), second.person) == (2, kept)
    summary = DoseSummary.objects.get()
    assert (summary.person, summary.dose_count, summary.complete_on) == (kept, 2, day("2021-04-01"))


def test_querysets_speak_the_domain() -> None:
    """Complete: primary and rank equal to the doses of the series."""
    someone = person()
    record(someone, "form-1")
    record(someone, "form-2", on="2021-04-01", dose_number=2)
    record(someone, "form-3", on="2021-11-01", dose_number=3, series="booster")
    assert not Dose.objects.primary_complete_on(day("2021-03-31")).exists()
    assert Dose.objects.primary_complete_on(day("2021-04-01")).get().dose_number == 2
    assert Dose.objects.boosters_by(day("2021-11-01")).count() == 1
    assert not Dose.objects.boosters_by(day("2021-10-31")).exists()


def test_the_shipped_lots_load_once() -> None:
    """VC-30: known lots complete as one types; an expired or recalled one is not usable."""
    assert load_shipped_lots(by="test").inserted == Lot.objects.count() > 0
    assert load_shipped_lots(by="test").inserted == 0
    known = Lot.objects.completing("spikevax", "demo-spi")
    assert known.count() == 4
    assert [lot.number for lot in known.usable_on(day("2021-08-15"))] == ["DEMO-SPI-02", "DEMO-SPI-04"]

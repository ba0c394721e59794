"""VC-36: who may change a dose, until when; the history of versions; administrative cancellation."""

from dataclasses import replace

import pytest
from django.db import ProgrammingError, transaction

from allant.directory.actions import location_for
from allant.immunizations.actions import (
    Act,
    CorrectionRefused,
    DoseRefused,
    cancel_administratively,
    cancel_dose,
    correct_dose,
    may_be_changed_by,
    record_dose,
    record_doses_in_bulk,
)
from allant.immunizations.models import Dose, DoseSummary, EndKind
from allant.people.actions import merge
from allant.people.models import Person
from tests.immunizations.builders import TODAY, act, day, rows
from tests.people.builders import load, person

pytestmark = pytest.mark.django_db

OTHER_DAY = replace(act(), occurred_on=day("2021-03-02"))


def recorded(someone: Person, key: str = "a", by: str = "ps:1", **values: object) -> Dose:
    """A dose recorded by a professional."""
    told = act(**values)  # type: ignore[arg-type]
    return record_dose(person=someone, act=told, source="teleservice", source_key=key, by=by, today=TODAY)


def corrected(dose: Dose, told: Act = OTHER_DAY, by: str = "ps:1") -> Dose:
    """The dose after a correction."""
    return correct_dose(dose=dose, act=told, by=by, reason="erreur de date", today=TODAY)


def test_only_the_recorder_changes_a_dose() -> None:
    """VC-36: another professional is told whom to ask; nothing changes."""
    dose = recorded(person())
    for change in (lambda: corrected(dose, by="ps:2"), lambda: cancel_dose(dose=dose, by="ps:2", reason="erreur")):
        with pytest.raises(CorrectionRefused, match="Seul le professionnel"):
            change()
    assert may_be_changed_by(dose, "ps:2").startswith("Seul le professionnel")
    assert may_be_changed_by(dose, "ps:1") == ""
    assert Dose.objects.current().get() == dose


def test_a_dose_is_changed_only_while_the_next_is_not_recorded() -> None:
    """VC-36: whoever recorded the next one, and under whichever record of the person (VC-63)."""
    kept, duplicate = person(), person()
    first = recorded(duplicate)
    merge(duplicate=duplicate, into=kept, by="agent", reason="même NIR")
    second = recorded(kept, "b", by="ps:2", on="2021-04-01", dose_number=2)
    first.refresh_from_db()
    for change in (lambda: corrected(first), lambda: cancel_dose(dose=first, by="ps:1", reason="erreur")):
        with pytest.raises(CorrectionRefused, match="La dose suivante est enregistrée"):
            change()
    assert may_be_changed_by(first, "ps:1").startswith("La dose suivante")
    cancel_dose(dose=second, by="ps:2", reason="mauvaise personne")
    assert corrected(first).version == 2, "the next one cancelled, the dose may be corrected again"


def test_the_history_of_versions_is_read_in_order() -> None:
    """VC-36: whichever version is asked, all of them, first to last, each with how it ended."""
    first = recorded(person())
    second = corrected(first)
    third = corrected(second, replace(OTHER_DAY, lot="AB12"))
    cancel_dose(dose=third, by="ps:1", reason="mauvaise personne")
    recorded(person(), "other")
    for version in (first, second, third):
        history = list(Dose.objects.versions_of(version))
        assert [one.version for one in history] == [1, 2, 3]
        assert [one.end_kind for one in history] == [EndKind.CORRECTED, EndKind.CORRECTED, EndKind.CANCELLED]
    assert {one.recorded_by for one in history} == {"ps:1"}


def test_a_correction_sent_again_after_the_next_dose_is_the_same_correction() -> None:
    """VC-39: the retry of a correction that went through gives its result, even when the next dose came meanwhile."""
    someone = person()
    first = recorded(someone)
    second_version = corrected(first)
    recorded(someone, "b", on="2021-04-01", dose_number=2)
    assert corrected(first) == second_version


def test_a_correction_needs_a_reason_and_a_dose_of_its_own() -> None:
    """VC-36: without a reason, or into the content of another dose, nothing changes."""
    someone = person()
    first = recorded(someone)
    with pytest.raises(CorrectionRefused, match="motif"):
        correct_dose(dose=first, act=OTHER_DAY, by="ps:1", reason=" ", today=TODAY)
    second = recorded(someone, "b", on="2021-04-01", dose_number=2)
    with pytest.raises(DoseRefused, match="rang"):
        corrected(second, act())
    assert list(Dose.objects.current()) == [first, second]


def test_a_correction_that_breaks_a_rule_needs_a_reason() -> None:
    """VC-38 holds for corrections: forced with a reason, and marked."""
    someone = person()
    recorded(someone)
    second = recorded(someone, "b", on="2021-04-01", dose_number=2)
    too_soon = act("2021-03-10", dose_number=2)
    with pytest.raises(DoseRefused) as refusal:
        corrected(second, too_soon)
    assert refusal.value.forceable
    forced = correct_dose(dose=second, act=too_soon, by="ps:1", reason="date", forced_reason="départ en mission", today=TODAY)
    assert (forced.forced_rules, forced.forced_reason) == (["interval_too_short"], "départ en mission")


def test_what_a_dose_says_of_its_place_is_kept_and_corrected() -> None:
    """VC-31: the place, its kind and the N°AM are stored, and may be corrected."""
    place = location_for(kind="ehpad", name="Les Lilas", postcode="01000", commune_code="01053", by="ps:1")
    dose = recorded(person(), place_kind="ehpad", location=place, am_number="123456789")
    dose.refresh_from_db()
    assert (dose.location, dose.am_number, dose.place_kind) == (place, "123456789", "ehpad")
    home = replace(Act.of(dose), place_kind="domicile", location=None, am_number="")
    assert corrected(dose, home).location is None


def test_an_administrative_cancellation_is_irreversible() -> None:
    """Trace « Annulé »: not corrected, not cancelled, not recorded again under its key, counted apart."""
    someone = person()
    dose = recorded(someone)
    recorded(someone, "b", by="ps:2", on="2021-04-01", dose_number=2)
    for _ in range(2):
        cancelled = cancel_administratively(dose=dose, by="admin:1", reason="faux certificat")
    assert (cancelled.end_kind, cancelled.ended_by, cancelled.end_reason) == ("administrative", "admin:1", "faux certificat")
    assert list(Dose.objects.cancelled_administratively()) == [dose]
    for change in (lambda: corrected(dose), lambda: cancel_dose(dose=dose, by="ps:1", reason="erreur")):
        with pytest.raises(CorrectionRefused, match="annulée par l'administration"):
            change()
    assert may_be_changed_by(dose, "ps:1").startswith("Cette dose a été annulée par l'administration")
    assert recorded(someone) == dose, "its key, sent again, records nothing"
    assert Dose.objects.current().count() == 1
    with pytest.raises(ProgrammingError, match="pgtrigger"), transaction.atomic():
        Dose.objects.filter(pk=dose.pk).update(ended_at=None, end_kind="", end_reason="")


def test_an_administrative_cancellation_needs_a_reason_and_a_current_version() -> None:
    """A version already corrected or cancelled is said so."""
    dose = recorded(person())
    with pytest.raises(CorrectionRefused, match="motif"):
        cancel_administratively(dose=dose, by="admin:1", reason="  ")
    corrected(dose)
    with pytest.raises(CorrectionRefused, match="plus en cours"):
        cancel_administratively(dose=dose, by="admin:1", reason="faux")
    assert not Dose.objects.cancelled_administratively().exists()
    assert DoseSummary.objects.get().dose_count == 1


def test_a_cancelled_dose_of_a_batch_is_not_recorded_again() -> None:
    """The line of a file whose dose was cancelled by an administrator stays cancelled, under its key."""
    load(1)
    line = "a1 1 2021-03-01 comirnaty 1 primary 2"
    record_doses_in_bulk(rows(line), source="csv", by="test", batch_key="k", today=TODAY)
    cancel_administratively(dose=Dose.objects.get(), by="admin", reason="faux")
    again = record_doses_in_bulk(rows(line), source="csv", by="test", batch_key="k2", today=TODAY)
    assert (again.recorded, again.already_there) == (0, 1)
    assert not Dose.objects.current().exists()

"""Recording through the téléservice: what the doctrine decides, what it refuses, and that one sending is one dose."""

from collections.abc import Callable
from dataclasses import replace
from threading import Barrier, Thread
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from allant import clock
from allant.campaigns.models import Invitation
from allant.immunizations.actions import CorrectionRefused, DoseRefused, record_dose
from allant.immunizations.models import Dose, Infection
from allant.people.actions import merge
from allant.people.models import Person, Situation
from allant.vaccination.eligibility import DeclarationRefused, correct_eligibility
from allant.vaccination.journey import journey_of
from allant.vaccination.known import known_of, with_told
from allant.vaccination.models import EligibilityDeclaration
from allant.vaccination.recording import Entry, correct_vaccination, record_history, record_with_eligibility
from allant.vaccination.sessions import open_session, record_row
from allant.vaccination.state import locked_state
from tests.immunizations.builders import act
from tests.vaccination.builders import DOCTOR, NURSE, day, declaration, declare, doctor, entry, give, known, patient

pytestmark = pytest.mark.django_db


def declared(born: str = "1940-05-01", *situations: str) -> Person:
    """A patient whose eligibility is validated."""
    someone = patient(born, *situations)
    declare(someone, key=f"declaration:{someone.pk}")
    return someone


def test_the_first_dose_waits_for_the_eligibility() -> None:
    """VC-19: no reason lets it in."""
    with pytest.raises(DoseRefused, match="Éligibilité non validée") as refusal:
        give(patient(), "2021-02-01", reason="urgence")
    assert (refusal.value.codes, refusal.value.forceable) == (["eligibility_missing"], False)
    assert not Dose.objects.exists()


def test_the_schedule_is_decided_here() -> None:
    """VC-19, VC-40, VC-41: rank, series and doses of the series; what was entered is kept."""
    someone = declared()
    first = give(someone, "2021-02-01", lot=" EX1 ", site="deltoide_gauche", place_kind="cabinet", am_number="011234567")
    assert (first.dose_number, first.series, first.series_doses) == (1, "primary", 2)
    kept = Dose.objects.get()
    assert (kept.lot, kept.site, kept.place_kind, kept.am_number) == ("EX1", "deltoide_gauche", "cabinet", "011234567")
    assert (kept.practitioner, kept.recorded_by, kept.source, kept.forced_rules) == (doctor(), DOCTOR, "teleservice", [])
    second = give(someone, "2021-03-01")
    assert (second.dose_number, second.series, second.series_doses) == (2, "primary", 2)
    booster = give(someone, "2021-12-05")
    assert (booster.dose_number, booster.series, booster.series_doses, booster.forced_rules) == (3, "booster", 2, [])
    again = give(someone, "2022-04-01")
    assert (again.dose_number, again.series) == (4, "second_booster")


def test_a_past_infection_told_that_day_counts_and_is_kept() -> None:
    """VC-40: one dose is then enough; told twice it is one infection; an impossible date refuses all."""
    someone = declared()
    dose = give(someone, "2021-05-01", infected_on=day("2020-11-01"))
    assert (dose.dose_number, dose.series_doses, dose.forced_rules) == (1, 1, [])
    assert journey_of(someone, day("2021-05-02"), known("2021-05-02")).next is None
    assert Infection.objects.get().person == someone
    with pytest.raises(DoseRefused, match="infection impossible"):
        give(declared(), "2021-05-01", infected_on=day("2021-05-02"))
    assert Infection.objects.count() == 1


def test_an_immunodepression_told_at_the_bedside_counts() -> None:
    """VC-40, VC-41: before the register knows it, an infection does not shorten the schedule; a third dose is proposed, and
    recorded without a reason: the checks know the declaration in force."""
    someone = patient("1971-05-01")
    declare(someone, declared_situations=("immunodepressed",))
    assert give(someone, "2021-04-06", infected_on=day("2020-10-01")).series_doses == 2
    give(someone, "2021-05-18")
    found = journey_of(someone, day("2021-06-20"), known("2021-06-20"))
    assert found.next and found.next.is_booster and found.next.earliest == day("2021-06-15")
    third = give(someone, "2021-06-20")
    assert (third.series, third.forced_rules) == ("booster", [])


def test_a_row_of_a_session_is_judged_like_a_form() -> None:
    """VC-33, VC-60: another product than the first asks for the row's own reason."""
    someone = declared()
    give(someone, "2021-02-01")
    session = open_session(
        entry=entry("2021-03-01", "spikevax"), shared=None, by=DOCTOR, practitioner=doctor(), organisation=None,
        structure_name="Les Tamaris", now=clock.now(),
    )  # fmt: skip
    row = {"session": session, "person": someone, "row": uuid4(), "today": day("2021-03-01")}
    with pytest.raises(DoseRefused) as refusal:
        record_row(**row, reason="")
    assert (refusal.value.codes, refusal.value.forceable) == (["product_not_foreseen"], True)
    assert record_row(**row, reason="rupture de stock").dose.forced_rules == ["product_not_foreseen"]


def test_only_the_declaration_in_force_tells_a_situation() -> None:
    """VC-25, VC-41: corrected before the first dose, the declaration no longer opens a third one; the register may."""
    someone = patient("1971-05-01")
    first = declare(someone, declared_situations=("immunodepressed",))
    correct_eligibility(declared=first, declaration=declaration(), by=DOCTOR, reason="erreur", today=day("2021-02-02"))
    give(someone, "2021-04-06")
    give(someone, "2021-05-18")
    with pytest.raises(DoseRefused) as refusal:
        give(someone, "2021-06-20")
    assert (refusal.value.codes, refusal.value.forceable) == (["booster_before_opening"], True)
    Situation.objects.create(person=someone, kind="immunodepressed", starts_on=day("2021-06-19"))
    assert give(someone, "2021-06-20").forced_rules == []


def test_a_situation_told_under_an_absorbed_record_counts() -> None:
    """VC-41, VC-63."""
    absorbed, someone = patient("1971-05-01"), patient("1971-05-01")
    declare(absorbed, declared_situations=("immunodepressed",))
    merge(duplicate=absorbed, into=someone, by="agent", reason="même personne")
    for given_on in ("2021-04-06", "2021-05-18", "2021-06-20"):
        assert give(someone, given_on).forced_rules == []


# first vaccine, day; second vaccine, day; birth; whether the doctrine of the day of the second foresees it
MIXED: list[tuple[str, str, str, str, str, bool]] = [
    ("comirnaty", "2021-02-01", "comirnaty", "2021-03-01", "1940-05-01", True),
    ("comirnaty", "2021-02-01", "spikevax", "2021-03-01", "1940-05-01", False),
    ("spikevax", "2021-02-01", "comirnaty", "2021-03-10", "1940-05-01", False),
    ("vaxzevria", "2021-02-20", "comirnaty", "2021-04-08", "1980-05-01", False),
    ("vaxzevria", "2021-02-20", "comirnaty", "2021-05-15", "1980-05-01", True),
    ("vaxzevria", "2021-02-20", "spikevax", "2021-05-15", "1980-05-01", True),
    ("vaxzevria", "2021-02-20", "vaxzevria", "2021-05-15", "1980-05-01", True),
    ("vaxzevria", "2021-02-20", "comirnaty", "2021-05-15", "1966-05-15", False),
    ("vaxzevria", "2021-02-20", "comirnaty", "2021-05-15", "1966-05-16", True),
    ("vaxzevria", "2021-02-20", "janssen", "2021-05-15", "1980-05-01", False),
]


@pytest.mark.parametrize(("first", "first_on", "second", "second_on", "born", "foreseen"), MIXED)
def test_mixed_schedules(first: str, first_on: str, second: str, second_on: str, born: str, foreseen: bool) -> None:
    """VC-33: another product for dose 2, where the doctrine of that date does not foresee it, needs a written reason."""
    someone = declared(born)
    give(someone, first_on, first)
    if foreseen:
        assert give(someone, second_on, second).forced_rules == []
        return
    with pytest.raises(DoseRefused, match="écrivez le motif") as refusal:
        give(someone, second_on, second)
    assert refusal.value.forceable and refusal.value.codes == ["product_not_foreseen"]
    forced = give(someone, second_on, second, reason="allergie à la première dose")
    assert (forced.forced_rules, forced.forced_reason) == (["product_not_foreseen"], "allergie à la première dose")
    assert Dose.objects.get(pk=forced.pk).forced_rules == ["product_not_foreseen"]


def test_a_booster_of_another_product_than_the_doctrine_names_needs_a_reason() -> None:
    """VC-41: boosters are mRNA; whichever the first doses were."""
    someone = declared()
    give(someone, "2021-02-20", "vaxzevria")
    give(someone, "2021-05-10", "vaxzevria")
    with pytest.raises(DoseRefused) as refusal:
        give(someone, "2021-12-05", "vaxzevria")
    assert refusal.value.codes == ["product_not_foreseen"]
    assert give(someone, "2021-12-05", "spikevax").forced_rules == []


def test_a_short_interval_and_another_product_are_both_said() -> None:
    """VC-38: every broken rule at once; one reason covers them and both are marked."""
    someone = declared()
    give(someone, "2021-02-01")
    with pytest.raises(DoseRefused) as refusal:
        give(someone, "2021-02-10", "spikevax")
    assert set(refusal.value.codes) == {"interval_too_short", "product_not_foreseen"}
    forced = give(someone, "2021-02-10", "spikevax", reason="départ en mission")
    assert set(forced.forced_rules) == {"interval_too_short", "product_not_foreseen"}


AGAIN: list[tuple[str, Callable[[Entry], Entry], str]] = [
    ("the same key", lambda same: same, "k1"),
    ("two machines", lambda same: same, "k2"),
    ("two machines, one with the rank", lambda same: replace(same, dose_number=1), "k2"),
    ("two machines, another lot", lambda same: replace(same, lot="EX2"), "k2"),
]


@pytest.mark.parametrize(("name", "change", "key"), AGAIN, ids=[name for name, *_ in AGAIN])
def test_the_same_dose_sent_again_is_one(name: str, change: Callable[[Entry], Entry], key: str) -> None:
    """VC-39: although the next dose would now be the second."""
    someone = declared()
    first = give(someone, "2021-02-01", lot="EX1", key="k1")
    again = change(entry("2021-02-01", lot="EX1"))
    values = {field: getattr(again, field) for field in ("lot", "dose_number")}
    assert give(someone, "2021-02-01", key=key, today="2021-02-02", **values) == first
    assert Dose.objects.count() == 1


def test_a_key_serves_one_dose() -> None:
    """VC-39: another content under the same key is said, not recorded."""
    someone = declared()
    give(someone, "2021-02-01", key="k1")
    for values in ({"on": "2021-03-01"}, {"on": "2021-02-01", "vaccine": "spikevax"}):
        with pytest.raises(DoseRefused) as refusal:
            give(someone, values["on"], values.get("vaccine", "comirnaty"), key="k1", today="2021-04-01")
        assert refusal.value.codes == ["key_reused"]


def test_two_sendings_at_once_are_one_dose(transactional_db: None) -> None:
    """VC-39: six connections, each with its own key and no rank; the database holds one."""
    someone, gate, outcomes = declared(), Barrier(6), list[Any]()

    def send(number: int) -> None:
        try:
            gate.wait()
            outcomes.append(give(someone, "2021-02-01", key=f"k{number}").pk)
        except Exception as error:
            outcomes.append(error)
        finally:
            connection.close()

    _together(send, 6)
    assert len(set(outcomes)) == 1 and isinstance(outcomes[0], int)
    assert Dose.objects.count() == 1


def test_different_doses_at_once_both_succeed_or_one_is_told(transactional_db: None) -> None:
    """VC-39: a doctor and a nurse, two days, one patient: ranks follow, or a clear refusal; never two of one rank."""
    someone, gate, outcomes = declared(), Barrier(2), list[Any]()
    acts = [("2021-02-01", DOCTOR), ("2021-03-01", NURSE)]

    def send(number: int) -> None:
        on, by = acts[number]
        try:
            gate.wait()
            outcomes.append(give(someone, on, by=by, today="2021-03-02").dose_number)
        except DoseRefused as refusal:
            outcomes.append(refusal.codes)
        finally:
            connection.close()

    _together(send, 2)
    ranks = sorted(Dose.objects.values_list("dose_number", flat=True))
    assert ranks in ([1, 2], [1]) and len(outcomes) == 2
    if ranks == [1]:
        assert [outcome for outcome in outcomes if isinstance(outcome, list)] == [["rank_taken"]]


def _together(send: Callable[[int], None], count: int) -> None:
    threads = [Thread(target=send, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def both(someone: Person, **values: Any) -> tuple[EligibilityDeclaration | None, Dose]:
    """Eligibility and dose of 1 February in one action."""
    told = {"today": day("2021-02-01"), "declaration": declaration(), "entry": entry("2021-02-01"), **values}
    return record_with_eligibility(
        person=someone, source_key=f"session:{someone.pk}", by=DOCTOR, recorder=doctor(), organisation=None,
        structure_name="EHPAD Les Tamaris", **told,
    )  # fmt: skip


def test_eligibility_and_dose_are_written_together() -> None:
    """VC-19, VC-39: bulk entry writes both; sent again, both are those already there."""
    someone = patient()
    eligibility, dose = both(someone)
    assert eligibility and eligibility.person == dose.person == someone
    assert both(someone) == (eligibility, dose)


FAILURES: list[tuple[dict[str, Any], type[Exception]]] = [
    ({"entry": entry("2021-02-02")}, DoseRefused),
    ({"entry": entry("2021-01-01", "vaxzevria")}, DoseRefused),
    ({"entry": entry("2021-02-01", dose_number=2)}, DoseRefused),
    ({"entry": entry("2021-02-01", infected_on=day("2021-02-02"))}, DoseRefused),
    ({"declaration": declaration(patient_accepts=False)}, DeclarationRefused),
]


@pytest.mark.parametrize(("values", "error"), FAILURES)
def test_or_neither(values: dict[str, Any], error: type[Exception]) -> None:
    """VC-19: a refusal of one undoes the other, code and infection included."""
    with pytest.raises(error):
        both(patient(), **values)
    for model in (EligibilityDeclaration, Dose, Invitation, Infection):
        assert not model.objects.exists(), model


def test_or_neither_under_a_failure_of_the_database() -> None:
    """VC-19: the dose's insert breaks in the middle of the action; no declaration is left."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE immunizations_dose ADD CONSTRAINT broken CHECK (lot <> 'PANNE') NOT VALID")
    with pytest.raises(Exception, match="broken"):
        both(patient(), entry=entry("2021-02-01", lot="PANNE"))
    assert not EligibilityDeclaration.objects.exists() and not Dose.objects.exists()


def test_bulk_entry_keeps_a_declaration_and_needs_none_after_a_dose() -> None:
    """VC-19, VC-60: the former stays; a patient whose first dose was imported goes on with the second."""
    someone = declared()
    assert both(someone)[0] == EligibilityDeclaration.objects.get()
    imported = patient()
    record_dose(person=imported, act=act("2021-01-05"), source="csv", source_key="csv:1", by="file", today=day("2021-02-01"))
    eligibility, dose = both(imported)
    assert (eligibility, dose.dose_number) == (None, 2)


def test_a_dose_given_abroad_is_history_with_its_proof() -> None:
    """VC-42: no eligibility, no recorder as vaccinator; an unknown product counts as the longest schedule; ranks go on."""
    someone = patient("1970-05-01")
    with pytest.raises(DoseRefused, match="Justificatif"):
        record_history(person=someone, entry=entry("2021-01-10"), source_key="h1", by=DOCTOR, today=day("2021-05-01"))
    abroad = record_history(
        person=someone, entry=entry("2020-12-10", "unknown", place_kind="autre", proof="certificat NHS"), source_key="h1",
        by=DOCTOR, today=day("2021-05-01"),
    )  # fmt: skip
    assert (abroad.dose_number, abroad.series_doses, abroad.practitioner, abroad.proof) == (1, 2, None, "certificat NHS")
    assert abroad.forced_reason == "Acte repris sur justificatif : certificat NHS"
    assert give(someone, "2021-05-02", "comirnaty").dose_number == 2


def test_an_older_dose_found_late_completes_the_schedule() -> None:
    """VC-42: its rank is the next one, marked; the dose recorded first keeps its own."""
    someone = declared("1970-05-01")
    local = give(someone, "2021-06-10")
    older = record_history(
        person=someone, entry=entry("2021-04-10", proof="certificat NHS"), country="Royaume-Uni", source_key="h1",
        by=DOCTOR, today=day("2021-07-01"),
    )  # fmt: skip
    assert (local.dose_number, older.dose_number, older.series, older.series_doses) == (1, 2, "primary", 2)
    assert older.forced_rules == ["rank_skips"]
    found = journey_of(someone, day("2021-07-02"), known("2021-07-02"))
    assert found.next is None and [dose.pk for dose in found.doses] == [older.pk, local.pk]
    with pytest.raises(DoseRefused) as refusal:
        record_history(
            person=someone, entry=entry("2021-03-10", proof="carnet"), country="Italie", source_key="h2", by=DOCTOR,
            today=day("2021-07-01"),
        )  # fmt: skip
    assert refusal.value.codes == ["rank_taken"]


def test_a_dose_before_the_vaccine_was_authorised_here_has_its_schedule() -> None:
    """VC-42: by the first rule of that vaccine."""
    found = record_history(
        person=patient(), entry=entry("2020-12-10", "comirnaty", proof="carnet"), source_key="h1", by=DOCTOR,
        today=day("2021-05-01"),
    )  # fmt: skip
    assert (found.series_doses, found.forced_rules) == (2, ["before_authorisation"])


def test_its_recorder_corrects_a_dose_and_the_schedule_follows() -> None:
    """VC-36: Janssen entered as Comirnaty; the corrected version needs one dose."""
    someone = declared()
    dose = give(someone, "2021-05-01")
    for _ in range(2):
        fixed = correct_vaccination(
            dose=dose, entry=entry("2021-05-01", "janssen", lot="JA1"), by=DOCTOR, reason="erreur", today=day("2021-05-02")
        )
    assert (fixed.version, fixed.vaccine, fixed.series_doses, fixed.lot) == (2, "janssen", 1, "JA1")
    assert fixed.practitioner == doctor() and Dose.objects.count() == 2
    found = journey_of(someone, day("2021-05-03"), known("2021-05-03"))
    assert [tab.number for tab in found.tabs] == [0, 1] and len(found.versions) == 2


def test_nobody_else_and_not_after_the_next_one() -> None:
    """VC-36."""
    someone = declared()
    first = give(someone, "2021-02-01")
    other = {"entry": entry("2021-02-02"), "reason": "erreur", "today": day("2021-04-01")}
    with pytest.raises(CorrectionRefused, match="Seul"):
        correct_vaccination(dose=first, by=NURSE, **other)
    second = give(someone, "2021-03-01")
    with pytest.raises(CorrectionRefused, match="suivante"):
        correct_vaccination(dose=first, by=DOCTOR, **other)
    with pytest.raises(DoseRefused, match="écrivez le motif"):
        correct_vaccination(
            dose=second, by=DOCTOR, entry=entry("2021-03-01", "spikevax"), reason="erreur", today=day("2021-04-01")
        )
    assert [dose.version for dose in Dose.objects.all()] == [1, 1]


def test_one_reading_tells_what_the_others_tell() -> None:
    """VC-63: the statement of a recording sees the records, infections, situations and doses that the pages see."""
    kept, duplicate = patient("1971-05-01", "ald:8"), patient("1971-05-01", "obesity")
    declare(kept, declared_situations=("immunodepressed",))
    give(duplicate, "2021-02-01", proof="carnet", infected_on=day("2020-03-01"))
    Infection.objects.create(person=kept, occurred_on=day("2020-10-01"))
    merge(duplicate=duplicate, into=kept, by="agent", reason="même NIR")
    duplicate.refresh_from_db()
    state = locked_state(duplicate, f"{duplicate.pk}:2021-02-01:comirnaty")
    assert state.known == with_told(known_of(kept), ["immunodepressed"])
    assert (state.doses, state.declared, state.sent) == (tuple(Dose.objects.all()), True, Dose.objects.get().pk)
    assert (state.doses[0].occurred_on, state.doses[0].series_doses) == (day("2021-02-01"), 2)


def test_doses_of_merged_records_are_one_schedule() -> None:
    """VC-63: the second dose under the other record is the second, and the same one sent under it is one."""
    kept, duplicate = declared(), patient()
    first = give(kept, "2021-02-01")
    merge(duplicate=duplicate, into=kept, by="agent", reason="même NIR")
    duplicate.refresh_from_db()
    assert give(duplicate, "2021-02-01", key="k9") == first
    assert give(duplicate, "2021-03-01").dose_number == 2

"""Tab 1: what it refuses, what it keeps, who may change it (VC-19 to VC-25)."""

from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from allant.campaigns.models import Campaign, Invitation, Wave
from allant.campaigns.reads import invitation_of_code
from allant.campaigns.waves import launch_wave
from allant.immunizations.models import EndKind
from allant.people.actions import merge
from allant.people.models import Person
from allant.vaccination.code import SLUG, code_text, give_code
from allant.vaccination.eligibility import DeclarationRefused, correct_eligibility, current_declaration
from allant.vaccination.models import EligibilityDeclaration
from tests.vaccination.builders import DOCTOR, NURSE, day, declaration, declare, doctor, give, patient

pytestmark = pytest.mark.django_db


def test_a_prescribing_declarant_is_the_prescriber() -> None:
    """VC-20: filled from the session but the date; VC-22, VC-23: ticks and category kept."""
    declared = declare(patient("1940-05-01"))
    prescriber = (declared.prescriber_family_name, declared.prescriber_given_names, declared.prescriber_rpps)
    assert prescriber == ("Prunier", "Anne", "10000000001")
    assert (declared.prescriber_profession, declared.prescribed_on) == ("medecin", day("2021-02-01"))
    assert (declared.version, declared.patient_accepts, declared.patient_informed) == (1, True, True)
    assert declared.priority_rule.startswith("covid.priority.age_75@")
    assert declared.priority_reasons == ["80 ans le 01/02/2021 (catégorie à partir de 75 ans)."]


def test_another_prescriber_is_typed_from_the_prescription() -> None:
    """VC-20: what was typed is kept, the declarant is not the prescriber."""
    declared = declare(
        patient(), declarant_prescribes=False, prescriber_family_name="Orme", prescriber_given_names="Luc",
        prescriber_profession="sage_femme",
    )  # fmt: skip
    prescriber = (declared.prescriber_family_name, declared.prescriber_rpps, declared.prescriber_profession)
    assert prescriber == ("Orme", "", "sage_femme")
    assert declared.declarant == doctor()


TYPED = {"declarant_prescribes": False, "prescriber_family_name": "Orme", "prescriber_given_names": "Luc"}
REFUSED: list[tuple[dict[str, Any], set[str]]] = [
    ({"patient_accepts": False}, {"patient_accepts"}),
    ({"patient_informed": False}, {"patient_informed"}),
    ({"prescribed_on": None}, {"prescribed_on"}),
    ({"prescribed_on": day("2021-02-02")}, {"prescribed_on"}),
    ({"prescribed_on": day("1940-04-30")}, {"prescribed_on"}),
    ({"declarant_prescribes": False}, {"prescriber_family_name", "prescriber_given_names", "prescriber_profession"}),
    ({**TYPED, "prescriber_profession": "boulanger"}, {"prescriber_profession"}),
    ({**TYPED, "prescriber_profession": "medecin", "prescriber_rpps": "1234"}, {"prescriber_rpps"}),
    ({**TYPED, "prescriber_profession": "medecin", "prescriber_rpps": "10001234567"}, {"prescriber_rpps"}),  # its key is 5
    ({"patient_activity": "boulanger"}, {"patient_activity"}),
    ({"declared_situations": ("left_handed",)}, {"declared_situations"}),
    ({"patient_accepts": False, "prescribed_on": None}, {"patient_accepts", "prescribed_on"}),
]


@pytest.mark.parametrize(("values", "fields"), REFUSED)
def test_each_fault_is_said_beside_its_field(values: dict[str, Any], fields: set[str]) -> None:
    """VC-20, VC-21, VC-22: refused with every fault, in French; nothing is written, not even a code."""
    with pytest.raises(DeclarationRefused) as refusal:
        declare(patient(), **values)
    assert set(refusal.value.errors) == fields
    assert all(text.endswith(".") for text in refusal.value.errors.values())
    assert not EligibilityDeclaration.objects.exists() and not Invitation.objects.exists()


def test_the_dead_and_the_vaccinated_are_not_declared() -> None:
    """VC-19, VC-38: physics."""
    with pytest.raises(DeclarationRefused, match="décès"):
        declare(patient(died_on=day("2021-01-15")))
    someone = patient()
    give(someone, "2021-01-20", proof="certificat étranger")
    with pytest.raises(DeclarationRefused, match="déjà enregistrée"):
        declare(someone)


def test_the_database_holds_both_ticks() -> None:
    """VC-22: not even a mistake of ours stores a declaration without them."""
    declared = declare(patient())
    columns = {
        field.attname: getattr(declared, field.attname) for field in declared._meta.concrete_fields if field.name != "id"
    } | {"person_id": patient().pk, "source_key": "e9", "patient_informed": False}
    with pytest.raises(IntegrityError, match="ticks"), transaction.atomic():
        EligibilityDeclaration.objects.create(**columns)


def test_a_patient_whom_no_campaign_invited_receives_a_code_that_reopens_the_file() -> None:
    """VC-19, VC-24: the code is given once; a second declaration of the day shares the wave; no message leaves."""
    first, second = declare(patient()), declare(patient(), key="e2")
    assert first.invitation.campaign.slug == SLUG
    assert first.invitation.wave == second.invitation.wave and Wave.objects.count() == 1
    assert len(code_text(first.invitation).replace(" ", "")) == 12
    found = invitation_of_code(code_text(first.invitation).lower())
    assert found and found.person == first.person
    assert give_code(person=first.person, by=DOCTOR, on=day("2021-05-01")) == first.invitation


def test_a_patient_already_invited_keeps_their_code() -> None:
    """VC-19: any Covid campaign's invitation; also under an absorbed record, not when it was revoked."""
    kept, duplicate = patient(), patient()
    earlier = give_code(person=duplicate, by=DOCTOR, on=day("2021-01-20"))
    merge(duplicate=duplicate, into=kept, by="agent", reason="même NIR")
    assert declare(kept).invitation == earlier
    earlier.revoked_at, earlier.revoked_by = earlier.wave.launched_at, DOCTOR
    earlier.save()
    assert give_code(person=kept, by=DOCTOR, on=day("2021-02-01")) != earlier


def test_the_standing_campaign_never_invites_by_itself() -> None:
    """VC-19: its waves hold the codes handed over, its target nobody else."""
    declare(patient())
    patient()
    assert launch_wave(Campaign.objects.get(slug=SLUG), on=day("2021-02-02"), by="test") is None


def test_sent_again_it_is_the_same_declaration() -> None:
    """VC-39 for tab 1: same key, or another key with the same content; a key never serves for another person."""
    someone = patient()
    first = declare(someone)
    assert declare(someone) == declare(someone, key="e2") == first
    assert EligibilityDeclaration.objects.count() == 1
    with pytest.raises(DeclarationRefused, match="déjà servi"):
        declare(patient(), key="e1")


def test_another_professional_is_told_it_is_done() -> None:
    """VC-25: the second one neither doubles nor changes it."""
    someone = patient()
    declare(someone)
    with pytest.raises(DeclarationRefused, match="par un autre professionnel de santé, le"):
        declare(someone, by=NURSE, key="e2")
    with pytest.raises(DeclarationRefused, match="par vous, le"):
        declare(someone, key="e3", patient_activity="ambulatoire")


def test_a_declaration_under_an_absorbed_record_counts() -> None:
    """VC-63: acts are never re-pointed; the survivor's file shows them."""
    kept, duplicate = patient(), patient()
    declared = declare(duplicate)
    merge(duplicate=duplicate, into=kept, by="agent", reason="même NIR")
    assert current_declaration(kept) == current_declaration(Person.objects.get(pk=duplicate.pk)) == declared
    assert declare(kept, key="e2") == declared


def correct(declared: EligibilityDeclaration, by: str = DOCTOR, reason: str = "oubli", **values: Any) -> EligibilityDeclaration:
    """Change tab 1 the day after."""
    return correct_eligibility(
        declared=declared, declaration=declaration(**values), by=by, reason=reason, today=day("2021-02-02")
    )


def test_its_author_changes_it_and_the_former_version_stays() -> None:
    """VC-25: version 2, same code, the category counted anew; sent twice it is one change."""
    first = declare(patient("1962-05-01"))
    second = correct(first, patient_activity="ambulatoire", declared_situations=("obesity",))
    assert correct(first, patient_activity="ambulatoire", declared_situations=("obesity",)) == second
    first.refresh_from_db()
    assert (first.end_kind, first.end_reason, first.ended_by) == (EndKind.CORRECTED, "oubli", DOCTOR)
    assert (second.version, second.replaces, second.invitation) == (2, first, first.invitation)
    assert (first.priority_rule, second.priority_rule.partition("@")[0]) == ("", "covid.priority.caregivers_50")
    assert current_declaration(first.person) == second
    assert correct(second, patient_activity="ambulatoire", declared_situations=("obesity",)) == second


REFUSED_CHANGES: list[tuple[str, dict[str, Any], str]] = [
    ("another", {"by": NURSE}, "Seul le professionnel"),
    ("no reason", {"reason": " "}, "Motif"),
    ("a fault", {"patient_accepts": False}, "accepte"),
]


@pytest.mark.parametrize(("name", "values", "message"), REFUSED_CHANGES, ids=[name for name, *_ in REFUSED_CHANGES])
def test_a_refused_change_leaves_the_version_current(name: str, values: dict[str, Any], message: str) -> None:
    """VC-25: only its author, with a reason, and only to something valid."""
    declared = declare(patient())
    with pytest.raises(DeclarationRefused, match=message):
        correct(declared, **{"patient_activity": "autre", **values})
    declared.refresh_from_db()
    assert declared.ended_at is None and EligibilityDeclaration.objects.count() == 1


def test_once_the_first_dose_is_recorded_it_is_closed() -> None:
    """VC-25: also when the dose came under an absorbed record."""
    kept, duplicate = patient(), patient()
    declared = declare(kept)
    give(duplicate, "2021-01-25", proof="certificat")
    merge(duplicate=duplicate, into=kept, by="agent", reason="même NIR")
    with pytest.raises(DeclarationRefused, match="1re vaccination"):
        correct(declared, patient_activity="autre")


def test_a_version_corrected_meanwhile_is_not_corrected_twice() -> None:
    """VC-25: the second window is told to read again."""
    first = declare(patient())
    correct(first, patient_activity="autre")
    with pytest.raises(DeclarationRefused, match="relisez"):
        correct(first, patient_activity="ambulatoire")


@pytest.mark.django_db(transaction=True)
def test_two_declarations_at_once_are_one() -> None:
    """VC-39 for tab 1: two windows, the first of the service's life; one declaration, one code, one campaign."""
    someone, gate, outcomes = patient(), Barrier(6), []
    doctor()

    def send(number: int) -> None:
        try:
            gate.wait()
            outcomes.append(declare(someone, key=f"e{number}").pk)
        except Exception as error:
            outcomes.append(error)
        finally:
            connection.close()

    threads = [Thread(target=send, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(outcomes)) == 1 and isinstance(outcomes[0], int)
    assert (EligibilityDeclaration.objects.count(), Invitation.objects.count(), Campaign.objects.count()) == (1, 1, 1)

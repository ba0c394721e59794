"""RP-22 to RP-27: the vaccine at the pharmacy, its cover, the injection, and what is refused."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from allant.doctrine import rules
from allant.flu.deliveries import DeliveryRefused, Handed, cancel_delivery
from allant.flu.injections import InjectionRefused, cancel_injection, inject
from allant.flu.models import Delivery, Ground
from allant.flu.standings import standing_of
from allant.immunizations.models import Dose
from tests.flu.people import BOOK, DAY, HANDED, aged, delivered, pharmacy, prescribed, voucher_of, wave
from tests.flu.test_vouchers import handed_over

pytestmark = pytest.mark.django_db


def refused(code: str, person, **values):  # type: ignore[no-untyped-def]
    """Assert that no vaccine is delivered, for that reason; its text."""
    before = Delivery.objects.count()
    with pytest.raises(DeliveryRefused) as error:
        delivered(person, **{"key": "other", **values})
    assert error.value.code == code, error.value
    assert Delivery.objects.count() == before
    return str(error.value)


def injected(person, *, on=DAY, key="i1", today=None, by=None) -> Dose:  # type: ignore[no-untyped-def]
    return inject(
        person=person, on=on, by=by or pharmacy(2), today=today or on, book=rules.as_known_on(on), source="teleservice",
        source_key=key,
    )  # fmt: skip


def test_rp_23_one_voucher_gives_one_vaccine() -> None:
    """RP-22, RP-23, RP-25: spent, told with its day; the same sending changes nothing."""
    someone = aged(80)
    wave()
    voucher = voucher_of(someone)
    first = delivered(someone, voucher=voucher)
    assert delivered(someone, voucher=voucher) == first
    assert (first.ground, first.vaccine_percent, first.act_percent, first.complementary_percent) == ("voucher", 100, 70, 30)
    assert "déjà utilisé : le vaccin a été délivré le 05/11/2021" in refused("spent", someone, voucher=voucher)
    assert "déjà délivré" in refused("already", someone)


def test_rp_23_a_revoked_voucher_gives_nothing() -> None:
    """RP-23."""
    someone = aged(80)
    wave()
    former = voucher_of(someone)
    fresh = handed_over(someone)
    refused("revoked", someone, voucher=former)
    assert delivered(someone, voucher=fresh).voucher == fresh


def test_rp_23_a_voucher_is_of_one_person_and_one_season() -> None:
    """RP-20, RP-23."""
    someone, other = aged(80), aged(80)
    wave()
    refused("another_person", other, voucher=voucher_of(someone))
    refused("season", someone, voucher=voucher_of(someone), on=date(2022, 11, 5))
    refused("closed", someone, voucher=voucher_of(someone), on=date(2022, 3, 1))


def test_rp_24_a_minor_needs_a_prescription_under_18_in_2021_under_16_in_2022() -> None:
    """RP-24."""
    minor = aged(17, "ald:8")
    wave()
    voucher = voucher_of(minor)
    assert "mineure" in refused("prescription", minor, voucher=voucher)
    refused("prescriber", minor, voucher=voucher, prescription=prescribed("infirmier"))
    refused("prescribed_on", minor, voucher=voucher, prescription=prescribed(on=DAY + timedelta(1)))
    shown = delivered(minor, voucher=voucher, prescription=prescribed("sage_femme"))
    assert (shown.prescriber_profession, shown.prescribed_on) == ("sage_femme", DAY)
    later = date(2022, 11, 5)
    sixteen = aged(16, "ald:8", on=later)
    without = delivered(sixteen, voucher=handed_over(sixteen, "chronic", key="b16", on=later), on=later, key="d16")
    assert without.prescribed_on is None
    fifteen = aged(15, "ald:8", on=later)
    refused("prescription", fifteen, voucher=handed_over(fifteen, "chronic", key="b15", on=later), on=later)


def test_rp_25_outside_the_recommendations_nothing_is_paid_and_only_after_the_priority() -> None:
    """RP-20, RP-25."""
    someone = aged(40)
    assert "réservé" in refused("priority", someone)
    paid = delivered(someone, on=date(2021, 11, 23))
    assert paid.ground == Ground.OWN_COST and paid.voucher is None
    assert (paid.vaccine_percent, paid.act_percent, paid.complementary_percent) == (0, 0, 0)
    assert paid.cover_rule


def test_rp_25_who_is_eligible_receives_a_voucher_first() -> None:
    """RP-23, RP-25: never made to pay by mistake."""
    assert "remettez-lui d'abord un bon" in refused("voucher", aged(80))


def test_rp_26_a_person_covered_by_the_ame_withdraws_the_vaccine_with_a_doctors_ordonnance() -> None:
    """RP-26: eligible likewise, without voucher; a midwife's does not do; then injected by any authorised professional."""
    on = date(2022, 11, 5)
    someone = aged(70, "ame", on=on)
    assert "aide médicale de l'État" in refused("prescription", someone, on=on)
    refused("prescriber", someone, on=on, prescription=prescribed("sage_femme", on))
    vaccine = delivered(someone, on=on, prescription=prescribed("medecin", on))
    assert (vaccine.ground, vaccine.voucher, vaccine.vaccine_percent) == (Ground.PRESCRIPTION, None, 100)
    assert injected(someone, on=on).disease == "influenza"


@pytest.mark.parametrize(
    ("handed", "code"),
    [
        (Handed(vaccine="comirnaty", lot="A1"), "vaccine"),
        (Handed(vaccine="fluarix_tetra", lot="A1"), "vaccine"),
        (Handed(vaccine="vaxigrip_tetra", lot="  "), "lot"),
    ],
)
def test_a_vaccine_of_the_season_with_its_lot_is_asked_for(handed: Handed, code: str) -> None:
    """RP-24."""
    someone = aged(80)
    refused(code, someone, voucher=handed_over(someone), handed=handed)


def test_the_high_dose_vaccine_is_for_sixty_and_over() -> None:
    """RP-24."""
    young = aged(59, "ald:8")
    high = Handed(vaccine="efluelda", lot="A1")
    assert "à partir de 60 ans" in refused("age", young, voucher=handed_over(young, "chronic"), handed=high)
    old = aged(60, "ald:8")
    assert delivered(old, voucher=handed_over(old, "chronic", key="b2"), handed=high).vaccine == "efluelda"


def test_rp_27_no_injection_without_a_delivery_by_a_pharmacy() -> None:
    """RP-27: surgeries and centres have no vaccine of their own."""
    someone = aged(80)
    with pytest.raises(InjectionRefused, match="Aucun vaccin n'a été délivré"):
        injected(someone)
    assert not Dose.objects.exists()


def test_rp_24_the_injection_is_an_immunization_with_the_vaccine_and_lot_of_the_pharmacy() -> None:
    """RP-24, RP-27: once, not before the delivery, not twice."""
    someone = aged(80)
    vaccine = delivered(someone, voucher=handed_over(someone))
    with pytest.raises(InjectionRefused, match="ne peut pas précéder"):
        injected(someone, on=DAY - timedelta(1), today=DAY)
    dose = injected(someone, on=DAY + timedelta(3))
    assert (dose.disease, dose.vaccine, dose.lot, dose.series) == ("influenza", HANDED.vaccine, HANDED.lot, "seasonal")
    assert injected(someone, on=DAY + timedelta(3)) == dose
    with pytest.raises(InjectionRefused, match="déjà enregistrée, le 08/11/2021"):
        injected(someone, on=DAY + timedelta(4), key="i2")
    vaccine.refresh_from_db()
    assert vaccine.dose == dose
    assert Dose.objects.count() == 1


def test_an_injection_recorded_by_mistake_is_cancelled_and_recorded_right() -> None:
    """RP-24: by who recorded it; the vaccine waits again."""
    someone = aged(80)
    vaccine = delivered(someone, voucher=handed_over(someone))
    injected(someone)
    vaccine.refresh_from_db()
    with pytest.raises(InjectionRefused, match="Seul le professionnel"):
        cancel_injection(delivery=vaccine, by=pharmacy(1), reason="erreur")
    cancel_injection(delivery=vaccine, by=pharmacy(2), reason="autre patient")
    assert standing_of(someone, DAY, BOOK).state == "delivered"
    again = injected(someone, key="i2", on=DAY + timedelta(1))
    assert standing_of(someone, DAY, BOOK).delivery.dose == again


def test_a_delivery_recorded_by_mistake_is_cancelled_by_its_pharmacy_and_the_voucher_serves_again() -> None:
    """RP-23: not by another pharmacy, not once injected, not without a reason."""
    someone = aged(80)
    voucher = handed_over(someone)
    first = delivered(someone, voucher=voucher)
    for by, reason, code in ((pharmacy(2), "erreur", "not_yours"), (pharmacy(1), " ", "reason")):
        with pytest.raises(DeliveryRefused) as error:
            cancel_delivery(delivery=first, by=by, reason=reason)
        assert error.value.code == code
    assert cancel_delivery(delivery=first, by=pharmacy(1), reason="boîte non remise").cancelled_at
    second = delivered(someone, voucher=voucher, key="d2")
    injected(someone)
    with pytest.raises(DeliveryRefused, match="injecté"):
        cancel_delivery(delivery=second, by=pharmacy(1), reason="erreur")


def test_the_state_of_a_voucher_is_computed(django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    """RP-22 to RP-24: none, prepared, handed, delivered, injected; three queries."""
    someone, other = aged(80), aged(40)
    assert standing_of(someone, date(2021, 9, 1), rules.as_known_on(date(2021, 9, 1))) is None
    assert standing_of(other, DAY, BOOK).sentence == "Aucun bon de prise en charge"
    wave()
    with django_assert_num_queries(3):
        assert standing_of(someone, DAY, BOOK).state == "prepared"
    handed_over(someone)
    assert standing_of(someone, DAY, BOOK).sentence == "Bon de prise en charge remis par un professionnel de santé le 05/11/2021"
    delivered(someone, voucher=voucher_of(someone))
    assert standing_of(someone, DAY, BOOK).sentence == "Vaccin délivré en pharmacie, à injecter le 05/11/2021"
    injected(someone)
    assert standing_of(someone, DAY, BOOK).sentence == "Vaccin injecté le 05/11/2021"

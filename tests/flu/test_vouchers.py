"""RP-21 to RP-23: vouchers of a wave, their letter, one handed over by a professional, the code of each."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from allant.campaigns import waves
from allant.campaigns.actions import reissue_code
from allant.campaigns.codes import Mistyped
from allant.campaigns.models import Invitation
from allant.clock import PARIS
from allant.doctrine import rules
from allant.flu.models import Origin, Voucher
from allant.flu.vouchers import VoucherRefused, code_text, hand_over, voucher_of_code
from allant.outreach.letters.batches import reprint, write_letters
from allant.outreach.models import Message
from tests.flu.people import DAY, SEASON, aged, campaign, code_of, delivered, pharmacy, voucher_of, wave

pytestmark = pytest.mark.django_db
MORNING = datetime(2021, 11, 8, 10, 0, tzinfo=PARIS)


def handed_over(person, group="age_65", *, key="b1", on=DAY):  # type: ignore[no-untyped-def]
    return hand_over(person=person, group=group, by=pharmacy(), on=on, book=rules.as_known_on(on), source_key=key)


def test_rp_22_a_wave_gives_each_person_one_voucher_with_a_batch_and_a_code_of_its_own() -> None:
    """RP-22: 65 and over and the chronically ill; neither AME, nor pregnancy alone, nor obesity alone."""
    meant = [aged(65), aged(80), aged(40, "ald:8"), aged(30, "profession:nurse")]
    others = [aged(64), aged(30, "pregnancy"), aged(50, "obesity"), aged(70, "ame")]
    launched = wave()
    vouchers = list(Voucher.objects.order_by("person_id"))
    assert [voucher.person for voucher in vouchers] == meant
    assert {voucher.batch.number for voucher in vouchers} == {f"2021-{launched.campaign.pk:04d}-001"}
    assert {(voucher.season, voucher.origin) for voucher in vouchers} == {(SEASON, Origin.LETTER)}
    codes = [code_of(voucher) for voucher in vouchers]
    assert len(set(codes)) == 4
    assert [voucher_of_code(code.lower()) for code in codes] == vouchers
    assert not Voucher.objects.filter(person__in=others).exists()


def test_rp_22_the_code_is_stored_nowhere_and_a_typing_error_is_told() -> None:
    """RP-22."""
    aged(80)
    wave()
    voucher = Voucher.objects.get()
    code = code_of(voucher)
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(v)::text FROM flu_voucher AS v")
        assert code not in cursor.fetchone()[0]
    wrong = code[:-1] + ("2" if code[-1] != "2" else "3")
    with pytest.raises(Mistyped, match="faute de frappe"):
        voucher_of_code(wrong)


def test_rp_22_one_voucher_a_person_and_season_whatever_sends_it() -> None:
    """RP-22: a second wave, another campaign and the database itself."""
    someone = aged(80)
    wave()
    again = waves.launch_wave(campaign(), on=DAY + timedelta(7), by="test")
    assert again is None
    voucher = voucher_of(someone)
    with pytest.raises(DatabaseError), transaction.atomic():
        Voucher.objects.create(
            season=SEASON, person=someone, code_serial=voucher.code_serial + 1, code_key_version=1, origin="letter",
            issued_on=DAY, issued_by="test",
        )  # fmt: skip
    with pytest.raises(DatabaseError), transaction.atomic():
        Voucher.objects.update(season="2020")


def test_rp_22_who_holds_a_voucher_already_gets_no_second_one_nor_a_letter(tmp_path: Path) -> None:
    """RP-22, RP-23: handed over before the wave; the letter is dropped, for its voucher does not exist."""
    someone, other = aged(80), aged(80)
    mine = handed_over(someone)
    wave()
    assert voucher_of(someone) == mine
    assert Voucher.objects.count() == 2
    (batch,) = write_letters(at=MORNING, by="test", directory=tmp_path)
    assert batch.letters == 1
    assert {message.person: message.status for message in Message.objects.all()} == {someone: "dropped", other: "sent"}


def test_rp_22_no_wave_of_vouchers_leaves_outside_a_season() -> None:
    """RP-20, RP-22."""
    aged(80)
    bons = campaign()
    bons.ends_on = None
    bons.save()
    with pytest.raises(waves.CampaignClosed, match=r"s'est terminée le 31/01/2022"):
        waves.launch_wave(bons, on=DAY.replace(year=2022, month=3), by="test")
    assert not Voucher.objects.exists()


def test_rp_22_the_letter_bears_the_voucher_in_a_window_envelope_and_is_printed_again_the_same(tmp_path: Path) -> None:
    """RP-22: batch, code in letters and as a mark for a scanner; a re-print is the same document."""
    someone = aged(80)
    wave()
    voucher = voucher_of(someone)
    (batch,) = write_letters(at=MORNING, by="test", directory=tmp_path)
    with pypdfium2.PdfDocument((tmp_path / f"{batch.name}.pdf").read_bytes()) as document:
        assert len(document) == 1
        text = document[0].get_textpage().get_text_range()
        picture = document[0].render(scale=4).to_pil()
    assert "Bon de prise en charge du vaccin contre la grippe" in text
    assert voucher.batch.number in text and code_text(voucher) in text and "31/01/2022" in text
    marks = {found.text for found in zxingcpp.read_barcodes(picture)}
    assert code_of(voucher) in marks
    message = Message.objects.get()
    once, twice = reprint(message, tmp_path), reprint(message, tmp_path)
    assert once and once == twice
    with pypdfium2.PdfDocument(once) as document:
        assert code_text(voucher) in document[0].get_textpage().get_text_range()
    assert code_of(voucher) not in json.dumps([dict(row) for row in Message.objects.values("template", "drop_reason")])


def test_rp_23_a_professional_replaces_a_lost_voucher_and_the_former_one_is_dead_at_once(tmp_path: Path) -> None:
    """RP-23: revoked, its letter withdrawn, one stands."""
    someone = aged(80)
    wave()
    former = voucher_of(someone)
    fresh = handed_over(someone)
    former.refresh_from_db()
    assert former.revoked_at and former.revoked_why
    assert voucher_of(someone) == fresh and code_of(fresh) != code_of(former)
    assert (fresh.origin, fresh.group, fresh.declared) == (Origin.PROFESSIONAL, "age_65", False)
    assert write_letters(at=MORNING, by="test", directory=tmp_path) == []
    assert handed_over(someone) == fresh, "the same form sent twice"


@pytest.mark.parametrize(
    ("person", "group", "declared"),
    [
        ((70, ()), "age_65", False),
        ((40, ("ald:8",)), "chronic", False),
        ((40, ()), "chronic", True),
        ((30, ()), "pregnancy", True),
        ((30, ("obesity",)), "obesity", False),
        ((35, ()), "around_fragile", True),
    ],
)
def test_rp_23_a_group_is_shown_by_the_register_or_vouched_for(person, group, declared) -> None:  # type: ignore[no-untyped-def]
    """RP-21, RP-23."""
    years, situations = person
    assert handed_over(aged(years, *situations), group).declared is declared


@pytest.mark.parametrize(
    ("person", "group", "because"),
    [
        ((64, ()), "age_65", "l'âge de cette personne"),
        ((70, ()), "chronic", "l'âge de cette personne"),
        ((70, ("ame",)), "age_65", "ordonnance d'un médecin"),
        ((70, ()), "nobody", "Choisissez le groupe"),
    ],
)
def test_rp_23_no_voucher_without_eligibility(person, group, because) -> None:  # type: ignore[no-untyped-def]
    """RP-23, RP-26."""
    years, situations = person
    with pytest.raises(VoucherRefused, match=because):
        handed_over(aged(years, *situations), group)
    assert not Voucher.objects.exists()


def test_rp_23_nor_once_the_vaccine_is_delivered_nor_outside_a_season() -> None:
    """RP-23: one voucher gives one vaccine."""
    someone = aged(80)
    delivered(someone, voucher=handed_over(someone))
    with pytest.raises(VoucherRefused, match="déjà délivré"):
        handed_over(someone, key="b2")
    with pytest.raises(VoucherRefused, match="terminée"):
        handed_over(aged(80), key="b3", on=DAY.replace(year=2022, month=3))


def test_rp_23_a_merged_record_is_one_person() -> None:
    """RP-23: the voucher of an absorbed record is replaced too."""
    kept, absorbed = aged(80), aged(80)
    former = handed_over(absorbed)
    absorbed.merged_into = kept
    absorbed.save()
    fresh = handed_over(kept, key="b2")
    former.refresh_from_db()
    assert former.revoked_at and fresh.person == kept


def test_a_code_re_issued_by_the_campaign_takes_its_voucher_along() -> None:
    """TG-07, RP-23."""
    someone = aged(80)
    wave()
    former = voucher_of(someone)
    fresh = reissue_code(Invitation.objects.get(), by="test", on=DAY)
    assert voucher_of(someone).code_serial == fresh.code_serial != former.code_serial
    delivered(someone, voucher=voucher_of(someone))
    with pytest.raises(ValueError, match="déjà délivré"):
        reissue_code(fresh, by="test", on=DAY)


def test_rp_22_the_vouchers_of_a_wave_cost_the_same_statements_whatever_their_number() -> None:
    """RP-22: set-based, so that fifteen million are possible."""

    def statements(on) -> int:  # type: ignore[no-untyped-def]
        with CaptureQueriesContext(connection) as captured:
            waves.launch_wave(bons, on=on, by="test")
        return len(captured)

    bons = campaign()
    for _ in range(2):
        aged(80)
    few = statements(DAY)
    for _ in range(40):
        aged(80)
    assert statements(DAY + timedelta(1)) == few
    assert Voucher.objects.count() == 42

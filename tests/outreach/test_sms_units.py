"""AV-10: the units read without the library are read as the library reads them."""

from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st
from smpplib import smpp

from allant.outreach.sms import units
from allant.simulators.smpp_units import NUMBERS, STATES, Delivery, Submitted, answer

digits = st.text("0123456789", min_size=1, max_size=15)
names = st.text("0123456789abcdef", min_size=1, max_size=64)
references = st.none() | st.integers(0, 0xFFFF)


def of_library(data: bytes):
    return smpp.parse_pdu(data, client=NUMBERS, allow_unknown_opt_params=True)


@given(digits, digits, names, st.sampled_from(sorted(STATES)), references, st.integers(1, 0x7FFFFFFF))
def test_av_10_a_receipt_is_read_as_the_library_reads_it(number, sender, smsc_id, state, reference, sequence):
    data = Delivery.receipt(Submitted(number, sender, "x", 0, 1, 1, None, reference, True), smsc_id, state).unit(sequence)
    mine, theirs = units.read(data), of_library(data)
    assert isinstance(mine, units.Receipted)
    assert {field.name: getattr(mine, field.name) for field in fields(mine)} == {
        field.name: getattr(theirs, field.name) for field in fields(mine)
    }


@given(names, st.integers(1, 0x7FFFFFFF), st.sampled_from([0, 0x58, 0x0B]))
def test_av_10_an_answer_is_read_as_the_library_reads_it(smsc_id, sequence, status):
    asked = type("Asked", (), {"sequence": sequence})
    data = answer("submit_sm_resp", asked, status=status, message_id=smsc_id)
    mine, theirs = units.read(data), of_library(data)
    assert (mine.sequence, mine.status, mine.message_id) == (theirs.sequence, theirs.status, theirs.message_id or b"")
    assert mine.is_error() is theirs.is_error()


@pytest.mark.parametrize("text", ["bonjour", "é" * 300, "пока"])
def test_av_10_what_somebody_typed_is_left_to_the_library(text):
    assert not any(units.read(each.unit(1)) for each in Delivery.typed("33639980001", "38000", text, 1))


def test_av_10_a_unit_cut_anywhere_never_gives_another_receipt():
    whole = Delivery.receipt(Submitted("33639980001", "38000", "x", 0, 1, 1, None, 7, True), "1f", "DELIVRD").unit(3)
    complete = units.read(whole)
    for ends in range(units.HEADER.size, len(whole)):
        read = units.read(whole[:ends])
        assert read is None or read.receipted_message_id in (None, complete.receipted_message_id)
        assert read is None or read.message_state in (None, complete.message_state)

"""AV-10: answers that come in several parts: in any order, through two senders, twice, or never whole."""

from datetime import timedelta
from types import SimpleNamespace

import pytest

from allant.outreach.answers import hear, take_incomplete
from allant.outreach.models import InboundMessage, InboundPart
from tests.outreach.centre import AT, drain, number, people, sender

pytestmark = pytest.mark.django_db
LONG = "Je voudrais un rendez-vous avec ma mère, " * 5 + "merci [1] €."
SMILING = "x" * 66 + "😀" + " oui" * 10  # UCS-2: the emoji is cut in two


def texts() -> list[str]:
    return list(InboundMessage.objects.order_by("id").values_list("text", flat=True))


@pytest.mark.parametrize("text", [LONG, SMILING])
@pytest.mark.parametrize("order", [[1, 2], [2, 1]])
def test_av_10_parts_come_in_any_order_and_are_one_answer(centre, text, order):
    people(1)
    sending = sender(centre.route())
    centre.typed(number(1), text, parts=order)
    drain(sending)
    assert texts() == [text]
    assert InboundMessage.objects.get().persons.get().person_id == 1


def test_av_10_parts_given_again_change_nothing_and_another_answer_is_another(centre):
    people(1)
    sending = sender(centre.route())
    centre.typed(number(1), LONG)
    for order in ([2], [1, 2]):
        centre.typed(number(1), LONG, parts=order, again=True)
    drain(sending)
    centre.typed(number(1), LONG)
    drain(sending)
    assert texts() == [LONG, LONG]


def test_av_10_each_part_may_come_to_another_sender(centre):
    people(1)
    senders = [sender(centre.route()), sender(centre.route())]
    for each in senders:
        drain(each)
    centre.typed(number(1), LONG)
    for each in senders:
        drain(each)
    assert texts() == [LONG]


def test_av_10_an_answer_that_never_comes_whole_is_taken_after_a_while(centre):
    people(1)
    sending = sender(centre.route())
    centre.typed(number(1), LONG, parts=[2])
    drain(sending)
    assert take_incomplete(AT + timedelta(minutes=9)) == 0
    assert take_incomplete(AT + timedelta(minutes=11)) == 1
    assert texts() == ["[…] " + LONG[153:]]
    assert take_incomplete(AT + timedelta(minutes=12)) == 0
    take_incomplete(AT + timedelta(days=2))
    assert InboundPart.objects.count() == 0


def unit(body: bytes, esm_class: int = 0x40, coding: int = 0, **fields: int) -> SimpleNamespace:
    return SimpleNamespace(source_addr=number(1).encode(), short_message=body, esm_class=esm_class, data_coding=coding, **fields)


def test_av_10_a_reference_used_again_before_the_first_answer_was_whole():
    people(1)
    hear(unit(b"\5\0\3\7\2\1Oui mais"), "r", at=AT)
    assert [each.text for each in hear(unit(b"\5\0\3\7\2\1Non"), "r", at=AT)] == ["Oui mais […]"]
    assert [each.text for each in hear(unit(b"\5\0\3\7\2\2 merci"), "r", at=AT)] == ["Non merci"]


@pytest.mark.parametrize(("first", "second"), [
    (unit(b"\6\10\4\1\7\2\1Oui "), unit(b"\6\10\4\1\7\2\2merci")),  # a reference of two octets
    (unit(b"\x03\x24\1\1Oui "), None),  # a header that says nothing of parts
    (unit(b"Oui ", 0, 1, sar_msg_ref_num=7, sar_total_segments=2, sar_segment_seqnum=1),
     unit(b"merci", 0, 1, sar_msg_ref_num=7, sar_total_segments=2, sar_segment_seqnum=2)),
])  # fmt: skip
def test_av_10_the_ways_to_say_that_a_text_is_cut(first, second):
    people(1)
    heard = hear(first, "r", at=AT)
    assert second is None or not heard
    heard += hear(second, "r", at=AT) if second else []
    assert [each.text.strip() for each in heard] == ["Oui merci" if second else "Oui"]

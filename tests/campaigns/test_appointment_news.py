"""What guests, persons and relatives are told when an appointment is taken, moved or over (AP-08, AV-24, AV-25)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from allant.appointments.booking import book, book_both, confirm, move
from allant.appointments.ending import close_slots, end
from allant.appointments.forgetting import forget
from allant.appointments.models import Appointment, End, Guest, Slot, ToldAt
from allant.appointments.telling import Address
from allant.campaigns.appointment_messages import queue_reminders, untold
from allant.campaigns.desk import booking as desk
from allant.campaigns.desk.calling import dial
from allant.clock import PARIS
from allant.outreach import answers, texts
from allant.outreach.actions import load_templates
from allant.outreach.claiming import claim
from allant.outreach.emails import preparing as emails
from allant.outreach.emails.route import Route
from allant.outreach.emails.signing import link_token
from allant.outreach.emails.unsubscribing import unsubscribe
from allant.outreach.models import Message
from allant.outreach.sms import preparing as sms
from allant.outreach.sms import receipts
from allant.outreach.templates import fill
from allant.people.models import ContactPoint, Person
from tests.appointments.builders import AT, RENNES, SAINT_DENIS, booking, person, place, schedule, slots
from tests.campaigns import desk_cases

pytestmark = pytest.mark.django_db
MOBILE, EMAIL = Address("mobile", "0639981234"), Address("email", "t.nkosi@example.org")
TWO_DAYS = timedelta(days=2)
ROUTE = Route("127.0.0.1", 9)
SATURDAY = datetime(2021, 4, 10, 9, tzinfo=PARIS)


@pytest.fixture(autouse=True)
def wordings() -> None:
    load_templates(by="test")


def guest(slot: Slot, *told_at: Address, **values: Any) -> Appointment:
    who = Guest(family_name="Nkosi", given_names="Thandi", birth_date=date(1950, 4, 1))
    return book(booking(slot, person=None, guest=who, told_at=told_at or (MOBILE,), origin="self", **values), by="public", at=AT)


def known(kind: str = "mobile", value: str = "0639985678") -> Person:
    who = person()
    ContactPoint.objects.create(person=who, kind=kind, value=value)
    return who


def said(message: Message) -> str:
    subject, body = fill(texts.of_each([message])[message.pk], texts.variables_of([message])[message.pk])
    return f"{subject} {body}"


def by_sms(at: datetime = AT) -> list[tuple[str, str]]:
    """What leaves now: number, text."""
    return [(each.number, said(each.message)) for each in sms.prepare(claim("sms", at, 50, "test"), at)]


def by_email(at: datetime = AT) -> list[tuple[str, str]]:
    ready = emails.prepare(claim("email", at, 50, "test"), at, ROUTE)
    return [(each.mail.to[0], str(each.mail.body)) for each in ready]


def test_av24_a_guest_is_told_of_a_booking_by_what_they_gave() -> None:
    """AP-12, AV-24, AV-25: by SMS, else by e-mail; when, where, how to cancel, to tell their doctor; once; no name."""
    first, second, *_ = slots(place(address="2 rue de la Paix"))
    guest(first)
    guest(second, EMAIL)
    assert Message.objects.filter(person=None, lent_address=True).count() == 2
    ((number, text),) = by_sms()
    assert number == "33639981234" and "confirmé le 12/04/2021 à 09 h 00, Centre de vaccination, 2 rue de la Paix" in text
    assert "prévenir votre médecin traitant" in text and "/rendez-vous/mien/" in text and "Nkosi" not in text
    ((address, text),) = by_email()
    assert address == "t.nkosi@example.org" and "09 h 15" in text and "médecin traitant" in text
    assert by_sms() == [] == by_email()


def test_av24_several_guests_are_told_in_one_claim() -> None:
    """AV-24: guests are not taken for one recipient."""
    first, *_ = slots(capacity=5)
    for number in range(3):
        guest(first, Address("mobile", f"063998123{number}"))
    assert len(by_sms()) == 3


def test_av24_a_known_person_is_told_at_their_own_address_except_during_a_call() -> None:
    """AV-24: booked online or by an inbound call; during a call the agent chooses how, so nothing leaves by itself."""
    first, second, third, _ = slots()
    for slot, origin in ((first, "inbound_sms"), (second, "desk")):
        book(booking(slot, known(value=f"06399856{slot.pk % 100:02d}"), origin=origin), by="agent:1", at=AT)
    book(booking(third, known(value="0639985600"), origin="call"), by="agent:1", at=AT)
    assert len(by_sms()) == 2 == Message.objects.count()


def test_ap05_both_injections_are_told_in_one_message() -> None:
    """AP-05, AV-24: and where the place books the second, the message says so."""
    first, second, *_ = slots()
    who = known()
    book_both(booking(first, who, origin="self"), booking(second, who, rank=2, origin="self"), by="t", at=AT)
    ((_, text),) = by_sms()
    assert "Seconde injection le 12/04/2021 à 09:15" in text
    alone = slots(place(name="Gymnase", books_second=False))[0]
    guest(alone)
    ((_, text),) = by_sms()
    assert "Le lieu prendra avec vous" in text


def test_av25_the_doctor_is_named_for_a_vaccination_only() -> None:
    """AV-25: a reception at the fund is no business of the treating physician."""
    guest(slots(service="reception", vaccine="")[0])
    assert "médecin" not in by_sms()[0][1]


def test_ap08_a_guest_is_reminded_two_days_before_once() -> None:
    """AP-08: at the hours of the place; a STOP from the number holds, and is confirmed."""
    first, second, *_ = slots()
    guest(first)
    guest(second, Address("mobile", "0639984321"))
    by_sms()
    receive = answers.Typed(route="r", key="k", sender="33639984321", text="STOP")
    inbound = answers.receive(receive, at=AT)
    assert inbound is not None
    inbound.refresh_from_db()
    assert inbound.handled_at is not None
    assert by_sms()[0][0] == "33639984321"
    assert queue_reminders(at=SATURDAY, before=TWO_DAYS) == 1 and queue_reminders(at=SATURDAY, before=TWO_DAYS) == 0
    ((number, text),) = by_sms(SATURDAY)
    assert number == "33639981234" and "rappel de votre rendez-vous" in text
    answers.receive(answers.Typed(route="r", key="k2", sender="33639984321", text="START"), at=AT)
    assert ToldAt.objects.get(value="0639984321").refused_on is None


def test_ap08_a_reminder_overseas_waits_for_the_hours_of_the_place() -> None:
    """AV-04: a guest's clock is that of the place: 21 h at Saint-Denis is 19 h in Paris."""
    guest(slots(place(SAINT_DENIS))[0])
    by_sms()
    evening = datetime(2021, 4, 10, 19, tzinfo=PARIS)
    queue_reminders(at=evening, before=TWO_DAYS)
    assert by_sms(evening) == []
    assert Message.objects.get(cause_kind="appointment_reminder").held_reason == "hors des heures de contact du territoire"
    guest(slots(place(RENNES))[0])
    queue_reminders(at=evening, before=TWO_DAYS)
    assert [text.split()[3] for _, text in by_sms(evening)] == ["rappel"], "in Brittany it is seven in the evening"


def test_ap08_a_refused_mail_link_is_the_guest_s_alone() -> None:
    """AP-08: the link out of the reminder refuses for that address."""
    guest(slots()[0], EMAIL)
    by_email()
    queue_reminders(at=SATURDAY, before=TWO_DAYS)
    (reminder,) = Message.objects.filter(cause_kind="appointment_reminder")
    assert link_token(reminder.pk) in by_email(SATURDAY)[0][1]
    unsubscribe(link_token(reminder.pk), at=SATURDAY)
    assert ToldAt.objects.get().refused_on == SATURDAY.date()


def test_av16_a_wrong_number_of_a_guest_is_tried_once() -> None:
    """AV-16: nothing more goes there; the guest is to be called."""
    made = guest(slots()[0])
    message = Message.objects.get()
    receipts.invalidate([message.pk], AT)
    assert ToldAt.objects.get().invalid_since == AT.date()
    close_slots([made.slot_id], by="place", reason="panne", at=AT)
    assert Message.objects.filter(cause_kind="appointment_ended").count() == 0
    assert list(untold(made.slot.place, AT)) == [made]


def test_ap08_moved_then_cancelled_each_is_told_once_and_the_former_words_are_lost() -> None:
    """AP-08: guest and address follow; the confirmation of the former hour never leaves."""
    first, second, *_ = slots()
    made = guest(first)
    moved = move(made, booking(second, person=None, origin="self"), by="public", at=AT)
    assert (moved.guest.family_name, moved.told_at.get().value) == ("Nkosi", "0639981234")
    ((_, text),) = by_sms()
    assert "déplacé au 12/04/2021 à 09 h 15" in text
    assert Message.objects.get(cause_kind="appointment_booked").drop_reason == "cause révoquée"
    end(moved, End.CANCELLED, by="public", at=AT)
    ((_, text),) = by_sms()
    assert "09 h 15" in text and "est annulé" in text
    assert not end(moved, End.CANCELLED, by="public", at=AT) and by_sms() == []


def test_ap05_the_second_injection_follows_a_moved_first() -> None:
    """AP-05, AP-08: still chained, told with it."""
    first, second, third, _ = slots()
    who = known()
    one, other = book_both(booking(first, who, origin="self"), booking(third, who, rank=2, origin="self"), by="t", at=AT)
    moved = move(one, booking(second, who, origin="self"), by="public", at=AT)
    other.refresh_from_db()
    assert other.first == moved
    assert by_sms() == [], "the former confirmation has lost its cause"
    assert "Seconde injection le 12/04/2021 à 09:30" in by_sms()[0][1]


def test_ap02_a_place_that_closes_tells_those_it_can_and_lists_the_others() -> None:
    """AP-08, AP-02: guests and persons; who has no address is to be called; nothing once the hour is past."""
    slot, *_ = slots(capacity=5)
    guest(slot)
    book(booking(slot, known(), origin="call"), by="agent:1", at=AT)
    alone = book(booking(slot, origin="call"), by="agent:1", at=AT)
    by_sms()
    close_slots([slot.pk], by="place", reason="panne", at=AT)
    assert {number for number, text in by_sms() if "le lieu annule" in text} == {"33639981234", "33639985678"}
    assert list(untold(slot.place, AT)) == [alone]
    assert list(untold(slot.place, slot.starts_at)) == []


def test_av14_the_message_is_written_with_what_happened_or_not_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """AV-14: when the outbox cannot be written, no seat is taken."""
    slot = slots()[0]
    monkeypatch.setattr("allant.campaigns.appointment_messages._TELL", "SELECT 1/0")
    with pytest.raises(Exception, match="placeholders"):
        guest(slot)
    assert slot.shares.get().remaining == 2 and not Appointment.objects.exists()


def test_ap08_a_confirmed_hold_is_told() -> None:
    """AP-08, AV-40: a seat of the waiting list or of a letter, once confirmed."""
    held = book(booking(slots()[0], known(), origin="letter", held_for=TWO_DAYS), by="allant", at=AT)
    assert not Message.objects.exists()
    confirm(held, by="public", at=AT)
    assert "confirmé le" in by_sms()[0][1]


def test_av24_a_relative_s_address_serves_one_appointment_and_is_no_contact_point() -> None:
    """AV-24: the confirmation and what belies it go to the relative, the reminder does not; erased with the appointment."""
    who = desk_cases.person()
    desk_cases.call_for(who, desk_cases.campaign())
    call = desk_cases.taken()
    by = desk_cases.agent()
    dial(call_id=call.pk, by=by, at=desk_cases.AT)
    schedule(of := place())
    from allant.appointments.calendar import make_slots

    make_slots(of, date(2021, 4, 12), date(2021, 4, 19))
    (made,) = desk.book_here(call_id=call.pk, slot_id=of.slots.all()[0].pk, second_slot_id=None, by=by, at=desk_cases.AT)
    with pytest.raises(Exception, match="Adresse illisible"):
        desk.confirm(call_id=call.pk, how=desk.Confirmation("email", "fille@"), by=by, at=desk_cases.AT)
    desk.confirm(call_id=call.pk, how=desk.Confirmation("email", "fille@example.org"), by=by, at=desk_cases.AT)
    assert [address for address, _ in by_email(desk_cases.AT)] == ["fille@example.org"]
    assert not ContactPoint.objects.filter(kind="email").exists() and Message.objects.get(channel="email").person == who
    queue_reminders(at=SATURDAY, before=TWO_DAYS)
    assert not Message.objects.filter(cause_kind="appointment_reminder").exists()
    close_slots([made.slot_id], by="place", reason="panne", at=SATURDAY)
    assert "annuler votre rendez-vous" in by_email(SATURDAY)[0][1]
    assert forget(at=made.slot.starts_at + timedelta(days=31), kept=timedelta(days=30)) == 1 and not ToldAt.objects.exists()


def test_ap12_nothing_of_a_guest_is_kept_beyond_need() -> None:
    """AP-12: names, birth date and addresses are erased a month after; the appointment stays, for the counts."""
    made = guest(slots()[0])
    day = made.slot.starts_at
    assert forget(at=day + timedelta(days=29), kept=timedelta(days=30)) == 0 and Guest.objects.exists()
    assert forget(at=day + timedelta(days=30), kept=timedelta(days=30)) == 1
    assert not Guest.objects.exists() and not ToldAt.objects.exists() and Appointment.objects.get() == made
    assert texts.variables_of(list(Message.objects.all())) != {}
    assert sms.prepare(claim("sms", AT, 9, "test"), AT) == [], "and nothing can be sent any more"

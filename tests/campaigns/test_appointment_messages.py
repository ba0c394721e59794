"""What a person is told of an appointment (AP-08), and the rounds of `allant appointments`."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from typer.testing import CliRunner

from allant.appointments.booking import book
from allant.appointments.ending import end
from allant.appointments.models import Appointment, End, Slot
from allant.appointments.waiting import Asked, wait_for
from allant.campaigns import appointment_rounds as rounds
from allant.campaigns.appointment_commands import app
from allant.campaigns.appointment_messages import queue_reminders
from allant.clock import PARIS
from allant.geography import position_of
from allant.outreach import texts
from allant.outreach.actions import load_templates
from allant.outreach.models import Message
from allant.outreach.templates import fill
from allant.people.models import ContactPoint, Person
from tests.appointments.builders import AT, MONDAY, booking, person, place, schedule, slots

pytestmark = pytest.mark.django_db
TWO_DAYS = timedelta(days=2)
SATURDAY = datetime(2021, 4, 10, 8, tzinfo=PARIS)


def reachable(kind: str = "mobile", value: str = "0639981234", **values: Any) -> Person:
    who = person(**values)
    ContactPoint.objects.create(person=who, kind=kind, value=value)
    return who


def words(message: Message) -> str:
    subject, body = fill(texts.of_each([message])[message.pk], texts.variables_of([message])[message.pk])
    return f"{subject} {body}"


def test_ap08_a_reminder_two_days_before_once() -> None:
    """AP-08, AV-16: by SMS or e-mail; neither earlier nor twice, and never once the appointment has begun."""
    load_templates(by="test")
    hours = slots(capacity=3)
    by_sms = book(booking(hours[0], reachable()), by="test", at=AT)
    by_mail = book(booking(hours[1], reachable("email", "maud@example.org")), by="test", at=AT)
    book(booking(hours[2], person()), by="test", at=AT)
    assert queue_reminders(at=SATURDAY - timedelta(days=1), before=TWO_DAYS) == 0
    assert queue_reminders(at=SATURDAY, before=TWO_DAYS) == 2 and queue_reminders(at=SATURDAY, before=TWO_DAYS) == 0
    told = {message.cause_id: message for message in Message.objects.all()}
    assert {key: each.channel for key, each in told.items()} == {by_sms.pk: "sms", by_mail.pk: "email"}
    assert told[by_sms.pk].useful_until == hours[0].starts_at and told[by_sms.pk].send_after == date(2021, 4, 10)
    said = words(told[by_sms.pk])
    assert "le 12/04/2021 à 09 h 00, Centre de vaccination, 35000" in said and "/rendez-vous/mien/" in said
    assert "Keraval" not in said


def test_ap08_who_just_booked_cancelled_or_refused_is_not_reminded() -> None:
    """AP-08: nor a held seat; a reminder written before a cancellation has lost its cause."""
    hours = slots(capacity=9)
    book(booking(hours[0], reachable()), by="test", at=SATURDAY)
    gone = book(booking(hours[1], reachable()), by="test", at=AT)
    book(booking(hours[2], reachable(), held_for=timedelta(days=9)), by="test", at=AT)
    refused = reachable()
    ContactPoint.objects.filter(person=refused).update(opted_out_on=date(2021, 4, 1))
    book(booking(hours[3], refused), by="test", at=AT)
    assert queue_reminders(at=SATURDAY, before=TWO_DAYS) == 1
    end(gone, End.CANCELLED, by="test", at=SATURDAY)
    assert texts.variables_of(list(Message.objects.filter(cause_kind="appointment_reminder"))) == {}


def test_ap08_a_merged_record_is_reminded_under_the_one_that_stands() -> None:
    """AP-08: by the number of either."""
    hours = slots()
    former = reachable()
    book(booking(hours[0], former), by="test", at=AT)
    standing = person()
    Person.objects.filter(pk=former.pk).update(merged_into=standing)
    queue_reminders(at=SATURDAY, before=TWO_DAYS)
    assert Message.objects.get().person == standing


def test_ap08_a_freed_seat_is_offered_told_and_confirmed_by_its_link(client: Client, settings: Any) -> None:
    """AP-08: held for the one who waits, said by SMS with until when; one key on the page of the link confirms."""
    settings.ALLANT_TODAY = date(2021, 4, 8)
    load_templates(by="test")
    slot = slots(capacity=1)[0]
    Slot.objects.exclude(pk=slot.pk).update(closed_at=AT)
    taken = book(booking(slot), by="test", at=AT)
    latitude, longitude = position_of("35238")
    asked = Asked("vaccination", latitude, longitude, 30, date(2021, 4, 1))
    wait_for(reachable(family_name="Attend"), asked, by="test", at=AT)
    assert rounds.waiting() == (0, 0)
    end(taken, End.CANCELLED, by="test")
    assert rounds.waiting() == (1, 1) and rounds.waiting() == (0, 0)
    message = Message.objects.get(cause_kind="appointment_offer")
    held = Appointment.objects.get(pk=message.cause_id)
    assert message.useful_until == held.held_until
    said = words(message)
    assert "confirmez-la avant le" in said
    link = "/rendez-vous/mien/" + said.split("/rendez-vous/mien/")[1].split()[0]
    assert "Confirmer ce rendez-vous" in client.get(link).content.decode()
    for _ in range(2):
        assert "Rendez-vous confirmé" in client.post(link + "confirmer/", follow=True).content.decode()
    held.refresh_from_db()
    assert held.confirmed_at is not None and texts.variables_of([message]) == {}


def test_ap08_a_lapsed_offer_is_not_confirmed(client: Client, settings: Any) -> None:
    """AP-04, AP-08: the link says so and leads to another slot."""
    settings.ALLANT_TODAY = date(2021, 4, 8)
    from allant.appointments.links import token_of

    held = book(booking(slots()[0], held_for=timedelta(hours=1)), by="test", at=AT - timedelta(days=1))
    answer = client.post(f"/rendez-vous/mien/{token_of(held)}/confirmer/", follow=True).content.decode()
    held.refresh_from_db()
    assert held.confirmed_at is None and "plus valable" in answer


def test_ap02_the_command_makes_slots_and_gives_back_holds(settings: Any) -> None:
    """AP-02, AP-04: run twice, it adds nothing."""
    settings.ALLANT_TODAY = date(2021, 4, 8)
    schedule(of := place())
    run = CliRunner().invoke
    assert "24 créneaux créés" in run(app, ["slots"]).output and "0 créneaux" in run(app, ["slots"]).output
    first = of.slots.order_by("starts_at").first()
    assert first is not None and first.starts_at.date() == MONDAY
    book(booking(first, held_for=timedelta(minutes=1)), by="test", at=AT - timedelta(days=1))
    assert "1 places rendues" in run(app, ["holds"]).output and "0 places" in run(app, ["holds"]).output
    assert "Rien à régler" in run(app, ["settle"]).output
    assert "0 rappels" in run(app, ["remind"]).output and "0 places proposées" in run(app, ["waiting"]).output

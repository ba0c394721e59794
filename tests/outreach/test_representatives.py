"""AV-03: about somebody under guardianship, the representative is written to or called, where the kind of the message says so."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from allant.campaigns.desk import calling
from allant.campaigns.models import CallAttempt
from allant.doctrine import rules
from allant.outreach import answers, causes, file_channel, readers
from allant.outreach.claiming import claim
from allant.outreach.emails import preparing as emails
from allant.outreach.emails.route import from_environment
from allant.outreach.letters import batches
from allant.outreach.letters.addressing import addresses_of
from allant.outreach.models import Message
from allant.outreach.policy_known import judge
from allant.outreach.sms import preparing as sms
from allant.people.models import ContactPoint, Person, Representation, Situation
from tests.outreach.people import AT, MONDAY, message, person, template

pytestmark = pytest.mark.django_db
ROUTE = from_environment({"ALLANT_SMTP": "smtp://127.0.0.1:25"})


@pytest.fixture(autouse=True)
def cause(monkeypatch):
    monkeypatch.setitem(causes._causes, "trial", lambda ids: {pk: {} for pk in ids})
    monkeypatch.setitem(causes._campaigns, "trial", "SELECT 7")


def ward(*points: str, by: str = "guardian", represented: Person | None = None, **period: Any) -> Person:
    """Somebody under guardianship, and who represents them."""
    one = person(*points, given_names="Odette, Marie", family_name="Petit")
    Situation.objects.create(person=one, kind="guardianship")
    if represented is not None:
        Representation.objects.create(person=one, representative=represented, kind=by, source="court", **period)
    return one


def left(channel: str) -> list[Message]:
    return claim(channel, AT, 50, "sender-1")


def test_av_03_an_sms_goes_to_the_representative_says_for_whom_and_a_stop_holds_for_that_number():
    template(kind="information", body="Des rendez-vous sont disponibles.")
    template(kind="information", body="Appointments are available.", language="en")
    guardian = person("mobile", given_names="Paul", language="en")
    message(ward("mobile", represented=guardian))
    message(guardian)
    found = {each.message.person_id: each for each in sms.prepare(left("sms"), AT)}
    texts = {pk: b"".join(each.cut.parts).decode("ascii", "replace") for pk, each in found.items()}
    assert sorted(texts.values()) == ["Appointments are available.", "For Odette: Appointments are available."]
    assert {each.number for each in found.values()} == {guardian.contact_points.get().value.lstrip("+")}
    Message.objects.update(status="sent", sent_at=AT)
    inbound = answers.receive(answers.Typed("principale", "k", guardian.contact_points.get().value, "STOP"), at=AT)
    author = inbound.persons.get()
    assert (author.person, author.message.contact_point.person) == (guardian, guardian)
    message(ward("mobile", represented=guardian))
    assert left("sms") == []
    assert Message.objects.get(status="dropped").drop_reason == "refus de ce moyen de contact (STOP)"


def test_av_03_an_e_mail_and_a_letter_are_addressed_to_the_representative():
    for channel in ("email", "letter"):
        template(channel=channel, kind="information", subject="Vaccination", body="Un rappel est possible.")
    guardian = person("email:paul@exemple.fr", "postal:3 RUE HAUTE", given_names="Paul", family_name="Durand", postcode="69001")
    one = ward("email:odette@exemple.fr", "postal:12 RUE DES LILAS", represented=guardian)
    for channel in ("email", "letter"):
        message(one, channel=channel)
    (mail,) = emails.prepare(left("email"), AT, ROUTE)
    assert mail.mail.to == ["paul@exemple.fr"]
    assert mail.mail.body.startswith(
        "Vous recevez ce message parce que vous représentez Odette PETIT, qu'il concerne.\n\nUn rappel"
    )
    letters = left("letter")
    reading = readers.of_messages(letters, MONDAY)
    addresses = addresses_of(letters, reading)
    assert addresses[letters[0].pk].lines[:2] == ("Paul DURAND", "3 RUE HAUTE") and addresses[letters[0].pk].postcode == "69001"
    (page,) = batches._letters(letters, addresses, reading, AT, rules.as_known_on(MONDAY))
    assert "tutelle" not in str(page["address"]) and "Odette PETIT" in page["paragraphs"][0][0]


def test_av_03_the_file_of_a_gateway_bears_the_representative_s_number_too(tmp_path):
    template(kind="information", body="Des rendez-vous sont disponibles.")
    guardian = person("mobile")
    message(ward("mobile", represented=guardian))
    rows = file_channel._reachable(list(Message.objects.all()), MONDAY, AT)
    assert [row[1:] for row in rows] == [
        (guardian.contact_points.get().value, "", "Pour Odette : Des rendez-vous sont disponibles.")
    ]


@pytest.mark.parametrize(("case", "reason"), [
    ({}, "sous tutelle, sans représentant connu"),
    ({"ends_on": MONDAY}, "sous tutelle, sans représentant connu"),
    ({"by": "parent"}, "sous tutelle, sans représentant connu"),
    ({"points": ()}, "plus d'adresse"),
    ({"refused": True}, "refus de ce moyen de contact (STOP)"),
    ({"dead": True}, "sous tutelle, sans représentant connu"),
])  # fmt: skip
def test_av_03_without_a_representative_to_reach_nobody_is_written_to_and_the_reason_is_kept(case, reason):
    template(kind="information")
    guardian = person(*case.get("points", ("mobile",)), died_on=MONDAY if case.get("dead") else None)
    if case.get("refused"):
        ContactPoint.objects.update(opted_out_on=MONDAY)
    period = {name: case[name] for name in ("ends_on", "by") if name in case}
    message(ward("mobile", represented=guardian if case else None, **period))
    assert left("sms") == [] and Message.objects.get().drop_reason == reason


def test_av_03_a_measure_that_ends_gives_the_person_back_their_messages():
    template(kind="information", body="Bonjour")
    guardian = person("mobile")
    one = ward("mobile", represented=guardian)
    Situation.objects.update(ends_on=MONDAY)
    message(one)
    (ready,) = sms.prepare(left("sms"), AT)
    assert ready.number == one.contact_points.get().value.lstrip("+")


def test_av_03_a_service_message_goes_to_the_representative_or_else_to_the_person():
    template(kind="service", body="Bonjour")
    guardian = person("mobile")
    alone, helped = ward("mobile"), ward("mobile", represented=guardian)
    message(alone)
    message(helped)
    found = {each.message.person: each.number for each in sms.prepare(left("sms"), AT)}
    numbers = [f"+{found[one]}" for one in (alone, helped)]
    assert numbers == [alone.contact_points.get().value, guardian.contact_points.get().value]


def test_av_03_a_call_dials_the_representative_where_the_programme_calls_them():
    template(channel="call", kind="represented_call")
    guardian = person("landline")
    waiting = message(ward("landline", represented=guardian), channel="call")
    assert judge(waiting, AT, rules.as_known_on(MONDAY)).verdict == "now"
    call = CallAttempt(message=waiting, person=waiting.person)
    assert calling.number_of(call, AT) == guardian.contact_points.get() and calling.reader_of(call, AT) == guardian
    template("autre", channel="call", kind="call")
    assert judge(message(waiting.person, channel="call", slug="autre"), AT, rules.as_known_on(MONDAY)).reason == "sous tutelle"


def test_av_03_readers_are_one_query_whatever_the_number_and_none_for_kinds_that_do_not_ask():
    template(kind="information")
    template("rappel", kind="reminder")
    guardian = person("mobile")
    informed = [message(ward(represented=guardian)) for _ in range(5)]
    with CaptureQueriesContext(connection) as asked:
        assert set(readers.of_messages(informed, MONDAY)) == {each.pk for each in informed}
    assert len(asked) == 2
    with CaptureQueriesContext(connection) as asked:
        assert readers.of_messages([message(informed[0].person, slug="rappel")], MONDAY) == {}
    assert not any("people_representation" in query["sql"] for query in asked)

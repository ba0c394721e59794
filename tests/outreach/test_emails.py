"""AV-11, AV-14: e-mails through a real SMTP server in its own process; ways out; what bounces."""

from __future__ import annotations

import json
import mailbox
from collections.abc import Callable, Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from django.test import Client

from allant.doctrine import rules
from allant.outreach import causes, recovery
from allant.outreach.claiming import claim
from allant.outreach.emails import bounces
from allant.outreach.emails.composing import BadAddress, compose
from allant.outreach.emails.route import BadRoute, Route, from_environment
from allant.outreach.emails.sender import LinkLost, Sender
from allant.outreach.emails.signing import link_token, message_id, read_message_id
from allant.outreach.kinds import kind
from allant.outreach.models import DeliveryEvent, Message
from allant.people.models import ContactPoint
from tests.outreach.people import AT, MONDAY, message, person, template
from tests.simulators.processes import simulator

pytestmark = pytest.mark.django_db
BOOK = rules.as_known_on(MONDAY)
BODY = "Bonjour {name},\n\nVous pouvez venir <ici> si vous le souhaitez."


@pytest.fixture(autouse=True)
def lent(monkeypatch):
    """Messages of the cause `trial` are all to the same invented person."""
    named = {"trial": lambda ids: {pk: {"name": "Camille Exemple"} for pk in ids}}
    monkeypatch.setattr(causes, "_causes", causes._causes | named)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Route]:
    options = ("--maildir", str(tmp_path / "kept"), "--bounces", str(tmp_path / "bounces"))
    with simulator("mail_server", *options) as address:
        yield from_environment({"ALLANT_SMTP": address, "ALLANT_MAIL_FROM": "Assurance Maladie <envoi@exemple.fr>"})


@pytest.fixture
def kept(tmp_path: Path) -> Callable[[], list[EmailMessage]]:
    """The mails the server kept, as a mail program reads them."""

    def read() -> list[EmailMessage]:
        box = mailbox.Maildir(str(tmp_path / "kept"))
        return [message_from_bytes(box.get_bytes(name), policy=policy.default) for name in sorted(box.keys())]

    return read


def waiting(address: str = "", slug: str = "essai", **columns: object) -> Message:
    return message(person(f"email:{address}" if address else "email", **columns), channel="email", slug=slug)


def send(route: Route, at=AT) -> Sender:
    """Send all that may leave."""
    sender = Sender(route, "email-test", lambda: at)
    sender.idle = 0.0
    while sender.turn(0):
        pass
    sender.close()
    return sender


def state(sent: Message) -> tuple[str, str]:
    sent.refresh_from_db()
    return sent.status, sent.drop_reason or sent.held_reason


def wording(**columns: object):
    return template(channel="email", subject="Pour vous", body=BODY, variables={"name": "name"}, **columns)


def test_av_11_text_and_html_of_the_same_words_with_a_way_out_and_a_name(server, kept):
    wording()
    sent = waiting()
    assert send(server).handled == 1
    (mail,) = kept()
    text, html = (mail.get_body((kind,)).get_content() for kind in ("plain", "html"))
    assert "Vous pouvez venir <ici> si vous" in text and "venir &lt;ici&gt; si vous" in html and '<html lang="fr">' in html
    assert mail["Subject"] == "Pour vous" and mail["Message-ID"] == message_id(sent.pk, "exemple.fr")
    link = mail["List-Unsubscribe"].strip(" <>")
    assert link in text and link in html and mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert state(sent) == ("sent", "") and sent.contact_point_id and sent.attempts == 1
    assert send(server).handled == 0 and len(kept()) == 1


def test_av_13_arabic_is_turned_around(server, kept):
    wording()
    template(channel="email", subject="لكم", body="مرحبا {name}", language="ar", variables={"name": "name"})
    waiting(language="ar")
    send(server)
    assert '<html lang="ar" dir="rtl">' in kept()[0].get_body(("html",)).get_content()


def test_av_11_what_a_person_asked_for_has_no_way_out_and_reaches_who_refused_the_rest(server, kept):
    wording(kind="confirmation")
    sent = waiting()
    ContactPoint.objects.update(opted_out_on=MONDAY)
    send(server)
    assert state(sent) == ("sent", "") and kept()[0]["List-Unsubscribe"] is None


def test_av_11_an_unknown_recipient_is_never_written_to_again(server):
    wording()
    refused, other = waiting("refuse-1@exemple.fr"), waiting()
    send(server)
    assert state(refused) == ("failed", "refusé par le serveur de courriel (550)") and state(other) == ("sent", "")
    assert refused.contact_point.invalid_since == MONDAY


def test_av_11_a_recipient_put_off_is_tried_later(server):
    wording()
    later = waiting("later-1@exemple.fr")
    send(server)
    assert state(later) == ("pending", "refus temporaire du serveur de courriel (451)")
    assert later.next_at == AT + timedelta(seconds=300) and later.contact_point.invalid_since is None
    send(server, AT + timedelta(seconds=299))
    assert state(later)[0] == "pending"
    send(server, AT + timedelta(seconds=300))
    assert state(later) == ("sent", "")


@pytest.mark.parametrize(("kind_code", "way", "ends"), [
    ("information", "drop", ("failed", "incertain : remise interrompue")),
    ("information", "lose", ("failed", "incertain : remise interrompue")),
    ("provisional_code", "drop", ("pending", "liaison perdue avec le serveur de courriel")),
    ("provisional_code", "lose", ("pending", "liaison perdue avec le serveur de courriel")),
])  # fmt: skip
def test_av_14_a_connection_lost_before_the_answer_is_settled_by_the_kind(server, kept, kind_code, way, ends):
    """Never twice for what solicits; never lost for a code, and a copy bears the same Message-ID."""
    wording(kind=kind_code)
    doubtful = waiting(f"{way}-1@exemple.fr")
    with pytest.raises(LinkLost):
        send(server)
    assert state(doubtful) == ends
    if kind_code == "provisional_code":
        with pytest.raises(LinkLost):
            send(server, AT + timedelta(minutes=5))
    else:
        assert send(server, AT + timedelta(minutes=5)).handled == 0
    names = {mail["Message-ID"] for mail in kept()}
    assert len(names) <= 1 and len(kept()) == {"drop": 1, "lose": 0}[way] * (2 if kind_code == "provisional_code" else 1)


def test_av_14_what_a_dead_sender_held_without_giving_it_leaves_again(server, kept):
    wording()
    held = waiting()
    assert claim("email", AT, 10, "email-dead") == [held]
    recovery.recover("email", AT + timedelta(minutes=5))
    send(server, AT + timedelta(minutes=5))
    assert state(held) == ("sent", "") and len(kept()) == 1


def test_av_11_no_server_gives_everything_back():
    wording()
    held = waiting()
    with pytest.raises(LinkLost):
        send(Route("127.0.0.1", 9))
    assert state(held) == ("pending", "")


@pytest.mark.parametrize("address", ["a@b.fr\r\nBcc: x@y.fr", "a@b.fr, x@y.fr", "rien", "a b@c.fr"])
def test_av_11_an_address_cannot_add_a_header_nor_a_recipient(server, kept, address):
    wording()
    held = waiting()
    ContactPoint.objects.update(value=address)
    send(server)
    assert state(held) == ("dropped", "adresse électronique mal écrite") and kept() == []
    assert ContactPoint.objects.get().invalid_since == MONDAY


def test_av_11_a_name_cannot_add_a_header(monkeypatch):
    text = template(channel="email", subject="Pour {name}", body="{name}", variables={"name": "name"})
    of_kind = kind("information", BOOK, MONDAY)
    values = {"name": "Camille\r\nBcc: x@y.fr"}
    asked = {"template": text, "values": values, "kind": of_kind, "route": Route("h", 1), "book": BOOK, "on": MONDAY}
    mail = compose(waiting(), address="a@b.fr", **asked)
    assert mail.message()["Bcc"] is None and "\n" not in str(mail.message()["Subject"])
    with pytest.raises(BadAddress):
        compose(waiting(), address="a@b", **asked)


def test_av_11_a_bounce_is_read_from_the_mailbox_once_and_a_dead_address_rests(server, tmp_path):
    wording()
    dead, full = waiting("bounce-1@exemple.fr"), waiting("full-1@exemple.fr")
    send(server)
    assert bounces.read_maildir(tmp_path / "bounces", AT) == (2, 0)
    assert bounces.read_maildir(tmp_path / "bounces", AT) == (0, 0)
    assert (state(dead), state(full)) == (("failed", "rejet 5.1.1"), ("failed", "rejet 5.2.2"))
    assert dead.contact_point.invalid_since == MONDAY and full.contact_point.invalid_since is None
    assert DeliveryEvent.objects.filter(kind="bounced").count() == 2


def test_av_11_a_bounce_that_names_a_message_we_did_not_sign_is_nobody_s(server, tmp_path):
    wording()
    sent = waiting("bounce-1@exemple.fr")
    send(server)
    box = mailbox.Maildir(str(tmp_path / "bounces"))
    (name,) = box.keys()
    ours, forged_name = message_id(sent.pk, "x").split("@")[0], f"<allant.{sent.pk}.{'0' * 24}"
    forged = box.get_bytes(name).replace(ours.encode(), forged_name.encode())
    assert bounces.parse(forged) is None and bounces.parse(box.get_bytes(name)).message == sent.pk
    assert bounces.parse(box.get_bytes(name).replace(b"Action: failed", b"Action: delayed")) is None
    assert bounces.parse(b"Subject: bonjour\r\n\r\nmerci") is None and bounces.parse(b"\xff\x00") is None


def test_av_11_the_webhook_takes_signed_bounces_only(client: Client, monkeypatch):
    wording()
    sent = waiting()
    Message.objects.update(status="sent", sent_at=AT, contact_point=ContactPoint.objects.get())
    body = json.dumps([{"message_id": message_id(sent.pk, "x"), "key": "1", "status": "5.1.1", "permanent": True}])
    address = "/contacts/courriels/rejets/"

    def tell(said: str, secret: bytes = b"clef"):
        headers = {"X-Allant-Signature": bounces.signature(secret, said.encode())}
        return client.post(address, said, content_type="application/json", headers=headers)

    assert tell(body).status_code == 403  # no key is set
    monkeypatch.setenv("ALLANT_BOUNCE_SECRET", "clef")
    assert tell(body, b"autre").status_code == 403
    assert client.post(address, body, content_type="application/json").status_code == 403
    for wrong in ("[", "{}", '[{"message_id": 1}]', "[3]"):
        assert tell(wrong).status_code == 400
    assert tell(body).json() == {"rejets": 1} == tell(body).json()
    assert state(sent) == ("failed", "rejet 5.1.1") and sent.contact_point.invalid_since is not None
    assert DeliveryEvent.objects.count() == 1


def test_av_11_the_link_out_asks_first_and_one_click_does_it(client: Client, settings):
    settings.ALLANT_TODAY = MONDAY
    wording()
    sent, other = waiting(), waiting()
    Message.objects.filter(pk=sent.pk).update(status="sent", sent_at=AT)
    address = f"/contacts/desinscription/{link_token(sent.pk)}/"
    assert client.get(address).status_code == 200 and not ContactPoint.objects.exclude(opted_out_on=None).exists()
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(address, {"List-Unsubscribe": "One-Click"}).status_code == 200 == client.post(address).status_code
    assert [point.person_id for point in ContactPoint.objects.exclude(opted_out_on=None)] == [sent.person_id]
    assert DeliveryEvent.objects.get().kind == "unsubscribed"
    for wrong in ("1~faux", link_token(other.pk)[:-1], link_token(99_999_999), "é"):
        assert client.post(f"/contacts/desinscription/{wrong}/").status_code == 404
    again = message(sent.person, channel="email")
    assert claim("email", AT, 10, "test") == [other]
    assert state(again) == ("dropped", "refus de ce moyen de contact (STOP)")


@pytest.mark.parametrize("address", ["", "http://x", "smtp://", "smtp://x:99999"])
def test_a_route_that_cannot_be_read_is_refused(address):
    with pytest.raises(BadRoute):
        from_environment({"ALLANT_SMTP": address})


def test_a_message_id_is_known_again_and_not_forged():
    assert read_message_id(message_id(12, "exemple.fr")) == 12
    assert read_message_id(message_id(12, "exemple.fr").replace(".12.", ".13.")) is None
    assert from_environment({"ALLANT_SMTP": "smtps://u:p%40@h"}) == Route("h", 465, "u", "p@", tls=True)


def test_av_16_an_e_mail_taken_in_time_does_not_leave_after_its_hour(server, kept):
    """The server let itself be waited for: the reminder's appointment has begun, the other mail of the claim leaves."""
    wording(kind="reminder")
    late, fine = waiting(), waiting()
    Message.objects.filter(pk=late.pk).update(useful_until=AT + timedelta(hours=1))
    sender = Sender(server, "email-test", lambda: AT if Message.objects.pending().exists() else AT + timedelta(hours=1))
    while sender.turn(0):
        pass
    sender.close()
    assert state(late) == ("dropped", "trop tard : durée d'utilité dépassée") and state(fine)[0] == "sent"
    assert len(kept()) == 1

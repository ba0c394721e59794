"""The desk that answers calls: who calls, what was sent, a slot with its origin (AV-30)."""

from __future__ import annotations

import re
import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from allant.accounts.models import AccessLogEntry
from allant.accounts.roles import Role
from allant.appointments.booking import book as booked
from allant.appointments.calendar import make_slots
from allant.appointments.ending import end
from allant.appointments.models import Appointment, End, Slot, ToldAt, Waiting
from allant.campaigns import appointment_rounds
from allant.campaigns.models import Campaign
from allant.campaigns.proposals.slot_letters import reserve
from allant.outreach.models import Message
from allant.people.models import ContactPoint, Person
from allant.vaccination.code import code_text, give_code
from tests.accounts.sessions import account_with, enter
from tests.appointments.builders import AT, MONDAY, booking, person, place, schedule, slots
from tests.campaigns import proposal_cases
from tests.pages import small_country

pytestmark = pytest.mark.django_db
TODAY = date(2021, 4, 8)
MINE = (Role.PLATFORM_AGENT, Role.FRONT_DESK_AGENT, Role.CALL_AGENT)


@pytest.fixture(autouse=True)
def day(settings: Any) -> None:
    """The Thursday before the slots."""
    settings.ALLANT_TODAY = TODAY


@pytest.fixture
def maud() -> Person:
    """A woman of 80 of Rennes, with a mobile."""
    who = person(family_name="Kéraval", given_names="Maud Anne")
    ContactPoint.objects.create(person=who, kind="mobile", value="0639981234")
    return who


def agent(client: Client, role: Role = Role.PLATFORM_AGENT, **values: Any) -> Client:
    enter(client, account_with(role, **values))
    return client


def ask(client: Client, typed: str) -> tuple[int, str]:
    answer = client.post(reverse("inbound"), {"caller": typed})
    return answer.status_code, answer.content.decode()


def take(client: Client, who: Person, typed: str = "0639981234") -> str:
    ask(client, typed)
    answer = client.post(reverse("inbound_open"), {"person": who.pk}, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize(
    "typed",
    ["06 39 98 12 34", "+33 6 39 98 12 34", "Keraval 02/05/1940", "maude keravalle 2 mai 1940", "Kéraval Maud 02.05.1940",
     "Keraval 02051940", "KERAVAL maud 02/05/1941"],
)  # fmt: skip
def test_av30_one_field_finds_the_person(client: Client, maud: Person, typed: str) -> None:
    """AV-30: by telephone or by name and birth date; the person shown is in the access log, what was typed is not."""
    status, page = ask(agent(client), typed)
    assert status == 200 and "Maud Anne Kéraval" in page and "02/05/1940, Rennes" in page
    entry = AccessLogEntry.objects.get(action="search")
    assert entry.person_id == maud.pk and "eraval" not in entry.purpose and "0639" not in entry.purpose


def test_av30_a_code_finds_its_person(client: Client, maud: Person) -> None:
    """AV-30: with or without spaces, in small letters."""
    code = code_text(give_code(person=maud, by="test", on=TODAY))
    assert "Maud Anne" in ask(agent(client), code.lower())[1]
    assert "Maud Anne" in ask(client, code.replace(" ", ""))[1]


@pytest.mark.parametrize(("typed", "message"), [
    ("", "Écrivez un numéro"), ("Keraval", "Ajoutez la date de naissance"), ("Keraval 31/02/1940", "n’existe pas"),
    ("12", "Numéro de téléphone impossible"), ("02/05/1940", "impossible"), ("x" * 200, "Écrivez un numéro"),
    ("ABCD EFGH 1234", "Code mal saisi"),
])  # fmt: skip
def test_av30_what_cannot_be_searched_is_said(client: Client, maud: Person, typed: str, message: str) -> None:
    """AV-30: what to type instead; nobody is shown."""
    status, page = ask(agent(client), typed)
    assert status == 422 and message in page.replace("&#x27;", "’").replace("'", "’") and "Maud" not in page


def test_av30_nobody_is_opened_without_a_search(client: Client, maud: Person) -> None:
    """AV-30: neither by an id nor after the call is over; a name shows no one else's record."""
    agent(client)
    assert client.get(reverse("inbound_caller")).status_code == 404
    assert client.post(reverse("inbound_open"), {"person": maud.pk}).status_code == 404
    assert "Personne n’est trouvé" in ask(client, "Zwierzynski 02/05/1940")[1]
    assert client.post(reverse("inbound_open"), {"person": maud.pk}).status_code == 404
    take(client, maud)
    client.post(reverse("inbound_end"))
    assert client.get(reverse("inbound_caller")).status_code == 404
    assert client.post(reverse("inbound_open"), {"person": maud.pk}).status_code == 404


def test_av30_another_territory_is_refused_and_logged(client: Client, maud: Person) -> None:
    """AV-30: an agent of a fund opens those of its département."""
    agent(client, Role.FRONT_DESK_AGENT, departement="13")
    ask(client, "0639981234")
    assert client.post(reverse("inbound_open"), {"person": maud.pk}).status_code == 403
    assert AccessLogEntry.objects.filter(person_id=maud.pk, action="refused").count() == 1


def book(client: Client, slot: Slot, **values: str) -> Any:
    sent = {"key": str(uuid.uuid4()), "rank": "1", "origin": "inbound_sms", **values}
    return client.post(reverse("inbound_book", args=[slot.pk]), sent, follow=True)


def test_av30_a_slot_is_booked_with_where_the_call_came_from(client: Client, maud: Person) -> None:
    """AV-30, AP-02: seats of the Assurance Maladie are proposed; twice is once; what to read out is said; then cancelled."""
    slot = slots(capacity=1, quotas={"assurance_maladie": 1}, release_days=1)[0]
    give_code(person=maud, by="test", on=TODAY)
    page = take(agent(client), maud)
    assert reverse("inbound_book", args=[slot.pk]) in page
    key = str(uuid.uuid4())
    for _ in range(2):
        answer = book(client, slot, key=key).content.decode()
    assert "relisez à la personne « 12/04/2021 à 09:00, Centre de vaccination, 35000 »" in answer
    made = Appointment.objects.get()
    assert (made.person, made.origin, made.share.audience, made.cause_kind) == (maud, "inbound_sms", "assurance_maladie", "")
    assert AccessLogEntry.objects.filter(person_id=maud.pk, action="write").count() == 2
    client.post(reverse("inbound_cancel", args=[made.pk]))
    made.refresh_from_db()
    assert made.ended_as == End.CANCELLED and slot.shares.get().remaining == 1


def test_ap05_a_caller_gets_both_injections_told_to_a_relative_and_cancels_both(client: Client, maud: Person) -> None:
    """AP-05, AV-24, AV-30: « books the same way »: the second hour is on the page; sent twice, once; both are given back."""
    hours, _ = seven_weeks(capacity=1), take(agent(client), maud)
    page = client.get(reverse("inbound_book", args=[hours[0].pk])).content.decode()
    second = re.findall(r'name="second" value="(\d+)"', page)[0]
    key = str(uuid.uuid4())
    sent = {"key": key, "both": "on", "second": second, "relative": "fille@exemple.fr"}
    assert book(client, hours[0], **{**sent, "relative": "06"}).status_code == 400
    assert "vient de changer" in book(client, hours[0], **{**sent, "second": str(hours[1].pk)}).content.decode()
    assert not Appointment.objects.exists()
    for _ in range(2):
        answer = book(client, hours[0], **sent).content.decode().replace("&#x27;", "’")
    assert "seconde injection le " in answer and "La confirmation part par courriel" in answer
    first, other = Appointment.objects.order_by("rank")
    assert (other.first, other.slot_id) == (first, int(second))
    assert set(ToldAt.objects.filter(relative=True).values_list("value", flat=True)) == {"fille@exemple.fr"}
    client.post(reverse("inbound_cancel", args=[first.pk]))
    assert not Appointment.objects.open().exists()


def test_ap05_without_the_second_the_caller_is_told_that_the_place_books_it(client: Client, maud: Person) -> None:
    """AP-05: nothing is free later, or the place books it itself; a single-dose vaccine has no second."""
    (first, *_), janssen = slots(), slots(place(name="Cabinet"), vaccine="janssen")
    take(agent(client), maud)
    asked = reverse("inbound_book", args=[first.pk])
    assert "le lieu prendra le rendez-vous de la seconde" in client.get(asked).content.decode()
    assert "seconde injection" not in client.get(reverse("inbound_book", args=[janssen[0].pk])).content.decode()
    assert "le lieu prendra lui-même" in book(client, first).content.decode()


def seven_weeks(**values: Any) -> list[Slot]:
    """A place that books both injections: Mondays of seven weeks."""
    of = place(address="2 rue de la Paix")
    schedule(of, **values)
    make_slots(of, MONDAY, MONDAY + timedelta(weeks=7))
    return list(of.slots.order_by("starts_at"))


@pytest.fixture
def letter(client: Client, settings: Any) -> Appointment:
    """A letter holds both injections; its code is read to the agent, who opens the person."""
    settings.ALLANT_TODAY = proposal_cases.DAY
    of, (invitation,) = proposal_cases.invited()
    ContactPoint.objects.create(person=invitation.person, kind="mobile", value="0639981234")
    proposal_cases.centre()
    reserve(of, at=proposal_cases.AT, book_of_rules=proposal_cases.BOOK)
    agent(client)
    assert "Keraval0" in ask(client, code_text(invitation).lower())[1]
    client.post(reverse("inbound_open"), {"person": invitation.person_id})
    return Appointment.objects.get(rank=1)


def test_av40_the_slot_of_a_letter_is_confirmed_on_the_telephone_by_its_code(client: Client, letter: Appointment) -> None:
    """AV-30, AV-40: one key takes both seats; the person is told once; the agent's writing is logged; twice is once."""
    page = client.get(reverse("inbound_caller")).content.decode()
    assert "gardé jusqu’au jeudi 26 août 2021 à 08:00, à confirmer" in page and page.count("/confirmer/") == 1
    for _ in range(2):
        answer = client.post(reverse("inbound_confirm", args=[letter.pk]), follow=True).content.decode()
    assert "relisez à la personne « 30/08/2021 à 09:00" in answer and "seconde injection le 27/09/2021" in answer
    assert "La confirmation part par SMS" in answer and "à confirmer" not in answer
    assert Appointment.objects.filter(confirmed_at__isnull=False, origin="letter").count() == 2
    assert Message.objects.filter(cause_kind="appointment_booked").count() == 1
    assert AccessLogEntry.objects.filter(person_id=letter.person_id, purpose__contains="gardé, confirmé").count() == 2


def test_av40_the_slot_of_a_letter_is_moved_on_the_telephone(client: Client, letter: Appointment) -> None:
    """AV-40, AP-08: to an hour of the page; it is then confirmed, with its second; not too near to the second."""
    page = client.get(reverse("inbound_caller"), {"deplacer": letter.pk}).content.decode()
    moves = re.findall(r'href="([^"]+/deplacer/\d+/)"', page)
    assert len(moves) == 4 and "remplacera le rendez-vous du lundi 30 août 2021" in page
    near = Slot.objects.filter(starts_at__date=date(2021, 9, 13)).first()
    assert near is not None
    refused = client.get(reverse("inbound_move", args=[letter.pk, near.pk]))
    assert refused.status_code == 409 and "ne laisse pas le délai" in refused.content.decode()
    later = Slot.objects.filter(starts_at__date=date(2021, 8, 30)).order_by("starts_at")[2]
    wanted = reverse("inbound_move", args=[letter.pk, later.pk])
    assert "Garder l’actuel" in client.get(wanted).content.decode()
    for _ in range(2):
        answer = client.post(wanted, follow=True).content.decode()
    assert "Rendez-vous déplacé : relisez à la personne « 30/08/2021 à 09:30" in answer
    assert Appointment.objects.open().filter(confirmed_at__isnull=False).count() == 2
    assert Message.objects.get(cause_kind="appointment_moved").channel == "sms"


def test_av40_the_slot_of_a_letter_is_given_back_on_the_telephone(client: Client, letter: Appointment) -> None:
    """AV-40: both seats are free at once; a hold past its time is shown no more, nor confirmed; nobody else's is."""
    stranger = booked(booking(Slot.objects.exclude(pk=letter.slot_id).order_by("-starts_at")[0], person()), by="test")
    for name in ("inbound_confirm", "inbound_cancel"):
        assert client.post(reverse(name, args=[stranger.pk])).status_code == 404
    Appointment.objects.filter(pk=letter.pk).update(held_until=proposal_cases.AT)
    assert "plus valable" in client.post(reverse("inbound_confirm", args=[letter.pk]), follow=True).content.decode()
    assert "/confirmer/" not in client.get(reverse("inbound_caller")).content.decode()
    client.post(reverse("inbound_cancel", args=[letter.pk]))
    assert not Appointment.objects.open().filter(origin="letter").exists()
    assert not Message.objects.filter(cause_kind__startswith="appointment").exists(), "said aloud, never confirmed"


def test_ap08_a_caller_for_whom_nothing_fits_waits_for_a_freed_seat(client: Client, maud: Person) -> None:
    """AP-08: asked twice, one turn; a freed seat is held for them; who cannot be told is not put on the list."""
    full = booked(booking(slots(capacity=1)[3], person()), by="test", at=AT)
    for slot in Slot.objects.exclude(pk=full.slot_id):
        booked(booking(slot), by="test", at=AT)
    assert "Rien n’est libre" in take(agent(client), maud)
    asked = {"town": "", "service": "vaccination", "rank": "1", "day": ""}
    for _ in range(2):
        page = client.post(reverse("inbound_wait"), asked, follow=True).content.decode()
    assert "En attente depuis le 08/04/2021" in page and Waiting.objects.get().vaccines
    end(full, End.CANCELLED, by="test")
    assert appointment_rounds.waiting() == (1, 1)
    assert "gardé jusqu’au" in client.get(reverse("inbound_caller")).content.decode()
    client.post(reverse("inbound_stop_waiting"))
    assert Waiting.objects.get().closed_at is not None
    ContactPoint.objects.all().delete()
    assert "prévient par message" in client.post(reverse("inbound_wait"), asked, follow=True).content.decode()
    assert "Commune inconnue" in client.post(reverse("inbound_wait"), {**asked, "town": "Xyzzy"}, follow=True).content.decode()


def test_av30_every_origin_is_recorded(client: Client, maud: Person) -> None:
    """AV-30: SMS, voicemail, 3646, a free call, a visit; none is refused as such."""
    hours = slots(capacity=5)
    take(agent(client), maud)
    for origin in ("inbound_sms", "inbound_voicemail", "inbound_3646", "inbound", "desk"):
        book(client, hours[0], origin=origin)
        made = Appointment.objects.open().get()
        assert made.origin == origin
        client.post(reverse("inbound_cancel", args=[made.pk]))
    assert "Dites d" in book(client, hours[0], origin="").content.decode()
    assert book(client, hours[0], origin="self").status_code == 400
    assert book(client, hours[0], key="x").status_code == 400 and not Appointment.objects.open().exists()


def test_av30_a_refusal_is_said(client: Client, maud: Person) -> None:
    """AP-04, AP-03: a full slot, a second appointment of the same injection, a vaccine not given at that age, a death."""
    hours = slots(capacity=1, vaccine="vaxzevria")
    take(agent(client), maud)
    book(client, hours[0])
    assert "a déjà un rendez-vous" in book(client, hours[1]).content.decode()
    take(client, young := person(family_name="Keraval", given_names="Tom", birth_date=date(1999, 1, 1)), "Keraval 01/01/1999")
    assert book(client, hours[1]).status_code == 400 and "pas proposé à l" in book(client, hours[1]).content.decode()
    Person.objects.filter(pk=young.pk).update(birth_date=date(1940, 1, 1), died_on=TODAY)
    assert "décès" in book(client, hours[1]).content.decode()
    assert Appointment.objects.count() == 1


def test_av30_the_platform_sees_what_was_sent_and_no_campaign(client: Client, settings: Any) -> None:
    """AV-30, AV-27: the State's agent reads channel, day and state; a fund's agent the title, never a medical one's."""
    settings.ALLANT_TODAY = small_country.TODAY
    small_country.settle()
    invited = small_country.an_invitation().person
    Person.objects.filter(pk=invited.pk).update(family_name="Zbyszko")
    born = f"{invited.birth_date:%d/%m/%Y}"
    seen = {}
    for role in MINE:
        other = agent(Client(), role, username=f"agency:{role}")
        page = take(other, invited, f"Zbyszko {born}")
        assert re.search(r"(SMS|courrier)[^<]* — en attente", page)
        seen[role] = "Soixante ans et plus" in page
    assert seen == {Role.PLATFORM_AGENT: False, Role.FRONT_DESK_AGENT: True, Role.CALL_AGENT: True}
    Campaign.objects.update(medical=True)
    other = agent(Client(), Role.CALL_AGENT, username="agency:encore")
    assert "Soixante ans et plus" not in take(other, invited, f"Zbyszko {born}")

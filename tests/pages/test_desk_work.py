"""AV-20 to AV-27: what a call leads to, how fast the page answers, how few keys a call takes."""

from __future__ import annotations

from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from allant import clock
from allant.accounts.roles import Role
from allant.appointments.calendar import make_slots
from allant.appointments.models import Appointment, ToldAt
from allant.campaigns import contact_figures
from allant.campaigns.desk import booking
from allant.campaigns.desk.figures import reach_of
from allant.campaigns.models import CallAttempt, CallEvent, HomeVisit
from allant.doctrine import rules
from allant.immunizations.models import Dose
from allant.outreach.models import Message
from allant.people.models import ContactPoint
from tests.accounts.sessions import account_with, enter
from tests.appointments import builders
from tests.campaigns.desk_cases import AT, campaign, people_to_call

pytestmark = pytest.mark.django_db

BOOK = rules.as_known_on(AT.date())


@pytest.fixture(autouse=True)
def _at_ten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten in the morning, a Tuesday of April 2021."""
    monkeypatch.setattr(clock, "now", lambda: AT)
    monkeypatch.setattr(clock, "today", lambda: AT.date())


@pytest.fixture
def desk(client: Client) -> Client:
    enter(client, account_with(Role.CALL_AGENT, departement="35"))
    return client


def shown(answer) -> str:
    return " ".join(unescape(answer.content.decode()).split()).replace("\xa0", " ")


def on_the_phone(desk: Client) -> CallAttempt:
    desk.post("/appels/suivant/")
    call = CallAttempt.objects.open().get()
    desk.post("/appels/en-cours/composer/", {"call": call.pk})
    return CallAttempt.objects.get(pk=call.pk)


def centre(name: str = "Centre de vaccination", **values):
    """A centre of one Monday, and seven weeks after."""
    place = builders.place(name=name, **values)
    builders.schedule(place, capacity=2, quotas={"assurance_maladie": 1})
    make_slots(place, builders.MONDAY, builders.MONDAY + timedelta(days=49))
    return list(place.slots.order_by("starts_at"))


def test_av_23_the_nearest_place_comes_first_each_hour_has_its_key_and_the_second_injection(desk: Client):
    """AV-23: Rennes before Saint-Malo for somebody of Rennes; the seat reserved to the Assurance Maladie is the one sold."""
    centre("Centre de la côte", town=builders.SAINT_MALO)
    near = centre("Centre de Rennes")
    people_to_call(1, campaign())
    call = on_the_phone(desk)
    page = shown(desk.get("/appels/en-cours/"))
    assert page.index("Centre de Rennes") < page.index("Centre de la côte")
    first = page.split('data-key="a"')[1].split("</button>")[0]
    assert first.startswith(">A — lundi 12 avril 2021 à 09:00, Comirnaty ; la seconde lundi")
    desk.post("/appels/en-cours/rendez-vous/", {"call": call.pk, "slot": near[0].pk, "second": ""})
    assert Appointment.objects.get().share.audience == "assurance_maladie"


def test_av_21_more_hours_cost_no_more_queries(desk: Client):
    """AV-21: the page of a call reads as much for sixteen free hours with their seconds as for four."""
    centre()
    people_to_call(1, campaign())
    on_the_phone(desk)
    counts = []
    for number in range(4):
        with CaptureQueriesContext(connection) as seen:
            page = desk.get("/appels/en-cours/").content.decode()
        counts.append((page.count('name="slot"'), len(seen)))
        centre(f"Autre centre {number}")
    assert [hours for hours, _ in counts] == [4, 8, 12, 16]
    assert len({queries for _, queries in counts}) == 1 and counts[0][1] <= 40


def test_av_24_a_relative_is_told_and_their_address_is_nobodys_contact_point(desk: Client):
    """AV-24: by e-mail or SMS of a relative; an address that cannot be is said, and nothing is confirmed."""
    slots = centre()
    people_to_call(1, campaign())
    call = on_the_phone(desk)
    desk.post("/appels/en-cours/rendez-vous/", {"call": call.pk, "slot": slots[0].pk, "second": ""})
    confirming = "/appels/en-cours/rendez-vous/confirmer/"
    for wrong, why in (("12", "impossible"), ("fille@", "illisible")):
        assert why in shown(desk.post(confirming, {"call": call.pk, "how": "relative", "relative": wrong}, follow=True))
    assert not CallEvent.objects.filter(kind="confirmed").exists()
    desk.post(confirming, {"call": call.pk, "how": "relative", "relative": "06 39 98 12 34"})
    message = Message.objects.get(channel="sms")
    assert (message.person_id, message.lent_address) == (call.person_id, True)
    assert list(ToldAt.objects.values_list("kind", "value", "relative")) == [("mobile", "0639981234", True)]
    assert not ContactPoint.objects.exclude(kind="landline").exists()
    assert "Confirmé : par SMS" in shown(desk.get("/appels/en-cours/"))


def test_av_24_the_words_of_many_confirmations_cost_no_more_queries_than_of_one(client: Client):
    """AV-24: one read of the calls, one of the appointments; each says its own, a cancelled one says nothing."""
    slots = centre()
    people_to_call(5, campaign())
    events = []
    for number in range(5):
        other = Client()
        enter(other, account_with(Role.CALL_AGENT, username=f"agency:a{number}", departement="35"))
        other.post("/appels/suivant/")
        call = CallAttempt.objects.open().order_by("-pk")[0]
        other.post("/appels/en-cours/composer/", {"call": call.pk})
        other.post("/appels/en-cours/rendez-vous/", {"call": call.pk, "slot": slots[number // 2].pk, "second": ""})
        other.post("/appels/en-cours/rendez-vous/confirmer/", {"call": call.pk, "how": "noted"})
        events.append(CallEvent.objects.get(kind="confirmed", call=call).pk)
    other.post("/appels/en-cours/rendez-vous/annuler/", {"call": call.pk})
    counts = []
    for some in (events[:1], events):
        with CaptureQueriesContext(connection) as seen:
            lent = booking.variables_of_confirmations(some)
        counts.append(len(seen))
    assert counts == [2, 2] and sorted(lent) == events[:4]
    assert [f"{lent[event]['hour']:%H:%M}" for event in events[:4]] == ["09:00", "09:00", "09:15", "09:15"]


def test_av_22_who_cannot_travel_is_given_a_nurse_when_they_ask(desk: Client):
    """AV-22: the voucher is the physician's; a visit at home is asked for in the same key; not for another outcome."""
    people_to_call(1, campaign())
    call = on_the_phone(desk)
    entry = {"call": call.pk, "outcome": "declined", "home_visit": "on"}
    assert "ne peut pas se déplacer" in shown(desk.post("/appels/en-cours/issue/", entry, follow=True))
    assert not HomeVisit.objects.exists() and CallAttempt.objects.open().exists()
    page = shown(desk.get("/appels/en-cours/"))
    assert "bon de transport" in page and "la mairie" in page
    desk.post("/appels/en-cours/issue/", {**entry, "outcome": "cannot_travel"})
    visit = HomeVisit.objects.get()
    assert (visit.person_id, visit.origin, visit.invitation_id) == (call.person_id, "phone", call.message.cause_id)


def test_av_22_who_wants_their_own_doctor_is_not_counted_in_the_campaign(desk: Client):
    """AV-22: « possible, mais pas prise en compte dans la démarche » (seed 000): the dose is one, the campaign did not do it."""
    of = campaign()
    people_to_call(2, of)
    for outcome in ("own_doctor", "calls_back"):
        call = on_the_phone(desk)
        desk.post("/appels/en-cours/issue/", {"call": call.pk, "outcome": outcome})
        Dose.objects.create(
            person_id=call.person_id, disease="covid19", occurred_on=AT.date() + timedelta(days=3), vaccine="comirnaty",
            dose_number=1, series="primary", series_doses=2, recorded_at=AT, recorded_by="test", source="csv",
            source_key=f"test-{call.pk}",
        )  # fmt: skip
    (reach,) = reach_of([of], BOOK)
    assert (reach.targeted, reach.contacted, reach.reached, reach.done) == (2, {"call": 2}, 2, 1)
    found = contact_figures.figures(of, AT.date(), AT.date() + timedelta(days=9), BOOK)
    assert contact_figures.total(found).done == 1


def test_av_50_one_query_says_where_every_campaign_stands(client: Client):
    """AV-50: the supervisor's page asks as much for four campaigns, of two acts, as for one; each has its own figures."""
    enter(client, account_with(Role.CAMPAIGN_MANAGER))
    counts, made = [], []
    for number, act in enumerate(("dose_summary.first_on", "dose_summary.first_on", "dose_summary.booster_on", "")):
        made.append(campaign(f"appels-{number}", act=act))
        people_to_call(number, made[-1])
        client.get("/appels/supervision/")
        with CaptureQueriesContext(connection) as seen:
            client.get("/appels/supervision/")
        counts.append(len(seen))
    assert len(set(counts)) == 1 and counts[0] <= 20, counts
    assert [(each.campaign, each.targeted, each.contacted) for each in reach_of(made, BOOK)] == [
        (of, number, {}) for number, of in enumerate(made)
    ]
    assert reach_of([], BOOK) == []


def test_av_25_booked_the_person_is_asked_to_tell_their_physician(desk: Client):
    """AV-25: said by the page once booked, and by the key that ends the call."""
    slots = centre()
    people_to_call(1, campaign())
    call = on_the_phone(desk)
    assert "prévenir votre médecin" not in shown(desk.get("/appels/en-cours/"))
    desk.post("/appels/en-cours/rendez-vous/", {"call": call.pk, "slot": slots[0].pk, "second": ""})
    assert shown(desk.get("/appels/en-cours/")).count("Pensez à prévenir votre médecin traitant") == 2

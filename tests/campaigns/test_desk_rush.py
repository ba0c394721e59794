"""AV-02, AV-20, AV-23, PF-04: crowds of agents at once, over HTTP and without; the queue is fair."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from allant import clock
from allant.accounts.roles import Role
from allant.appointments.calendar import make_slots
from allant.appointments.models import Appointment, Share
from allant.campaigns.desk.calling import Said, dial, end_call
from allant.campaigns.desk.taking import CallRefused, take_next
from allant.campaigns.models import CallAttempt, CallEvent
from tests.accounts.sessions import account_with, enter
from tests.appointments import builders
from tests.campaigns.desk_cases import AT, EVERYWHERE, agent, call_for, campaign, people_to_call, person

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 12


def at_once(work: Callable[[Any], object], over: Sequence[Any]) -> None:
    """Each piece of work in a thread of its own, all started together, each with its connection."""
    start = Barrier(min(len(over), THREADS))

    def run(each: Any, number: int) -> None:
        try:
            if number < start.parties:
                start.wait()
            work(each)
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        for done in [pool.submit(run, each, number) for number, each in enumerate(over)]:
            done.result()


def test_av_02_a_voicemail_is_the_only_call_whatever_the_outbox_holds_and_however_many_agents():
    """AV-02: two calls of one campaign wait for each of five people, one under a record merged since; twelve agents."""
    of = campaign()
    for number in range(1, 6):
        somebody = person(number)
        call_for(somebody, of)
        call_for(person(number + 50, merged_into=somebody), of)

    def work(number: int) -> None:
        while (call := take_next(by=agent(number), scope=EVERYWHERE, at=AT)) is not None:
            try:
                dial(call_id=call.pk, by=agent(number), at=AT)
            except CallRefused:
                continue
            end_call(call_id=call.pk, said=Said("voicemail"), by=agent(number), at=AT)

    at_once(work, range(THREADS))
    later = AT + timedelta(days=2)
    assert take_next(by=agent(1), scope=EVERYWHERE, at=later) is None
    called = [call.person.merged_into_id or call.person_id for call in CallAttempt.objects.dialled().select_related("person")]
    assert len(called) == len(set(called)) == 5
    assert CallEvent.objects.filter(kind="voicemail").count() == 5


@pytest.fixture
def _at_ten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: AT)
    monkeypatch.setattr(clock, "today", lambda: AT.date())


def session_of(number: int) -> Client:
    """A signed-in agent."""
    client = Client()
    enter(client, account_with(Role.CALL_AGENT, username=f"agency:a{number}", departement="35"))
    return client


def one_call(client: Client) -> None:
    """As the page does it: take, dial, book the first free hour that it shows, noted, booked; « declined » when none is left."""
    if client.post("/appels/suivant/").headers["Location"] != "/appels/en-cours/":
        return
    page = client.get("/appels/en-cours/").content.decode()
    call = re.findall(r'data-desk="(\d+)"', page)[0]
    client.post("/appels/en-cours/composer/", {"call": call})
    outcome = "declined"
    for slot in re.findall(r'name="slot" value="(\d+)"', page):
        client.post("/appels/en-cours/rendez-vous/", {"call": call, "slot": slot, "second": ""})
        client.post("/appels/en-cours/rendez-vous/confirmer/", {"call": call, "how": "noted"})
        if Appointment.objects.filter(key__startswith=f"call-{call}-").exists():
            outcome = "booked"
            break
    client.post("/appels/en-cours/issue/", {"call": call, "outcome": outcome})


@pytest.mark.usefixtures("_at_ten")
@pytest.mark.parametrize(("agents", "people", "capacity"), [(12, 9, 1), pytest.param(200, 110, 12, marks=pytest.mark.long)])
def test_av_20_scripted_agents_over_http_call_each_person_once_sell_no_slot_twice_and_keep_the_order(
    agents: int, people: int, capacity: int
):
    """AV-20, AV-23, PF-04: more agents than people, fewer seats than people, all at once; whole calls through the pages."""
    place = builders.place()
    builders.schedule(place, capacity=capacity)
    make_slots(place, builders.MONDAY, builders.MONDAY + timedelta(days=7))
    people_to_call(people, campaign())
    at_once(one_call, [session_of(number) for number in range(agents)])
    calls = list(CallAttempt.objects.order_by("pk"))
    assert len(calls) == len({call.person_id for call in calls}) == people
    assert all(call.dialled_at and call.ended_as == "outcome" for call in calls)
    assert max(Counter(call.agent for call in calls).values()) == 1
    booked = Counter(Appointment.objects.open().values_list("share_id", flat=True))
    assert all(share.capacity - share.remaining == booked[share.pk] <= share.capacity for share in Share.objects.all())
    # The page shows the four hours of the place: each is sold to its last seat, then refused.
    assert booked.total() == min(people, 4 * capacity) == sum(call.outcome == "booked" for call in calls)
    # The fair queue: those who wait first are taken first.
    messages = [call.message_id for call in calls]
    assert all(before < after for before, after in pairwise(messages))

"""RP-23 under real concurrency: a voucher spent by two pharmacies at the same second is spent once; killed, a wave is whole."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from allant.campaigns import keyring
from allant.campaigns.models import Campaign
from allant.flu.deliveries import DeliveryRefused
from allant.flu.injections import InjectionRefused, inject
from allant.flu.models import Delivery, Voucher
from allant.flu.vouchers import VoucherRefused
from allant.immunizations.models import Dose
from tests import killing
from tests.flu.people import BOOK, DAY, aged, campaign, delivered, pharmacy, voucher_of, wave
from tests.flu.test_vouchers import handed_over

pytestmark = pytest.mark.django_db(transaction=True)
CONNECTIONS = 20


def at_once(works: list[Callable[[], Any]]) -> list[Any]:
    """Each work in a thread with a connection of its own, started together; their answers, or what they refused."""
    start = Barrier(len(works))

    def run(work: Callable[[], Any]) -> Any:
        try:
            connection.ensure_connection()
            start.wait(timeout=60)
            return work()
        except (DeliveryRefused, VoucherRefused, InjectionRefused) as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def test_rp_23_a_voucher_spent_by_two_pharmacies_at_the_same_second_is_spent_once() -> None:
    """RP-23: twenty connections of two pharmacies, each with its own key."""
    someone = aged(80)
    wave()
    voucher, counters = voucher_of(someone), [pharmacy(1), pharmacy(2)]
    works = [
        lambda number=number: delivered(someone, voucher=voucher, by=counters[number % 2], key=f"vente-{number}")
        for number in range(CONNECTIONS)
    ]
    answers = at_once(works)
    done = [answer for answer in answers if isinstance(answer, Delivery)]
    assert done == [Delivery.objects.get()]
    assert {answer.code for answer in answers if answer not in done} == {"spent"}


def test_rp_23_the_same_sending_on_twenty_connections_is_one_delivery_told_to_all() -> None:
    """RP-23: a double click, a retry."""
    someone = aged(80)
    wave()
    voucher, counter = voucher_of(someone), pharmacy()
    answers = at_once([lambda: delivered(someone, voucher=voucher, by=counter)] * CONNECTIONS)
    assert answers == [Delivery.objects.get()] * CONNECTIONS


def test_rp_23_a_voucher_replaced_while_it_is_spent_is_one_or_the_other() -> None:
    """RP-23: never a vaccine on a dead voucher, and never two standing ones."""
    someone = aged(80)
    wave()
    former, counter = voucher_of(someone), pharmacy()
    spend = [lambda number=number: delivered(someone, voucher=former, by=counter, key=f"v{number}") for number in range(4)]
    replace = [lambda number=number: handed_over(someone, key=f"b{number}") for number in range(4)]
    at_once([*spend, *replace])
    assert Voucher.objects.standing().filter(person=someone).count() == 1
    former.refresh_from_db()
    assert Delivery.objects.filter(voucher=former).exists() is (former.revoked_at is None)


def test_rp_24_one_vaccine_is_injected_once_whoever_injects() -> None:
    """RP-24: ten at the same second."""
    someone = aged(80)
    wave()
    delivered(someone, voucher=voucher_of(someone))
    by = pharmacy(2)
    works = [
        lambda number=number: inject(
            person=someone, on=DAY, by=by, today=DAY, book=BOOK, source="teleservice", source_key=f"i{number}"
        )
        for number in range(10)
    ]
    answers = at_once(works)
    assert [answer for answer in answers if isinstance(answer, Dose)] == [Dose.objects.get()]


WORK = """
from allant.campaigns import waves
from allant.campaigns.models import Campaign
from tests.flu.people import BONS, DAY
waves.CHUNK = 60
waves.launch_wave(Campaign.objects.get(slug=BONS), on=DAY, by="test")
"""
QUERIES = {
    "vouchers": """SELECT v.person_id, v.season, b.number, v.code_serial - w.first_serial, v.code_key_version, v.origin,
                          v.issued_on, v.issued_by FROM flu_voucher v JOIN flu_voucherbatch b ON b.id = v.batch_id
                   JOIN campaigns_wave w ON w.id = b.wave_id ORDER BY 1""",
    "letters": """SELECT m.person_id, m.channel, m.template, v.season FROM outreach_message m
                  JOIN campaigns_invitation i ON i.id = m.cause_id JOIN flu_voucher v ON v.code_serial = i.code_serial
                  ORDER BY 1""",
}  # fmt: skip


@pytest.mark.timeout(300)
def test_rp_22_killed_anywhere_every_letter_has_its_voucher_and_nobody_has_two() -> None:
    """RP-22: kill -9 in the middle of a wave, run again: the vouchers and letters of an uninterrupted run."""
    for _ in range(600):
        aged(80)
    keyring.current()  # before any invitation: another key would not read its code
    bons = campaign()

    def content() -> killing.Content:
        found: killing.Content = {}
        with connection.cursor() as cursor:
            for name, query in QUERIES.items():
                cursor.execute(query)
                found[name] = cursor.fetchall()
        return found

    def clean() -> None:
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE flu_voucherbatch, campaigns_wave, outreach_message CASCADE")

    kills = killing.trials(WORK, seeds=range(2), content=content, clean=clean)
    assert kills[0].whole == 1200 and Campaign.objects.get() == bons

"""A small flu season in the demonstration: vouchers, vaccines and injections through the public actions; twice is once."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from allant.country import flu
from allant.doctrine import rules
from allant.flu.models import Delivery, Voucher
from allant.immunizations.models import Dose
from allant.outreach.actions import load_templates
from tests.flu.people import aged

pytestmark = pytest.mark.django_db
ON = date(2021, 11, 21)


def test_a_few_vouchers_of_the_season_are_sent_and_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """RP-22 to RP-24: nothing outside a season, nor with too little time before the last day."""
    monkeypatch.setattr(flu, "DELIVERED", 3)
    monkeypatch.setattr(flu, "INJECTED", 2)
    load_templates(by="test")
    for _ in range(5):
        aged(80)
    assert flu.play_flu(date(2021, 9, 1), rules.as_known_on(date(2021, 9, 1))) == 0
    early = date(2021, 10, 25)
    assert flu.play_flu(early, rules.as_known_on(early)) == 0 and not Voucher.objects.exists()
    for _ in range(2):
        assert flu.play_flu(ON, rules.as_known_on(ON)) == 3
    assert Voucher.objects.count() == 5
    assert (Delivery.objects.count(), Delivery.objects.injected().count(), Dose.objects.count()) == (3, 2, 2)
    assert Dose.objects.filter(occurred_on__gt=ON - timedelta(8), disease="influenza").count() == 2

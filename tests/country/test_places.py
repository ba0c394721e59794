"""The demonstration has centres and slots."""

from __future__ import annotations

from datetime import date

import pytest

from allant.appointments.models import Place, Share, Slot
from allant.country.places import write_places
from allant.doctrine import rules


@pytest.mark.django_db
def test_ap12_the_demo_country_has_centres_with_free_slots() -> None:
    """AP-01, AP-12: twelve towns, six weeks; entered once."""
    today = date(2021, 11, 22)
    book = rules.as_known_on(today)
    made = write_places(today, book, by="test")
    assert Place.objects.count() == 12 and made == Slot.objects.count() == 12 * 12 * 30
    assert set(Share.objects.values_list("audience", "remaining")) == {("", 2), ("assurance_maladie", 2)}
    assert write_places(today, book, by="test") == 0

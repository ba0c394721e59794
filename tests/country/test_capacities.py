"""The demonstration's capacities (TG-08): entered once, at the size of the country."""

from datetime import date

import pytest

from allant.campaigns.models import WeeklyCapacity
from allant.country.capacities import write_capacities
from tests.campaigns.conftest import persons


@pytest.mark.django_db
def test_tg_08_the_demonstration_has_capacities_and_keeps_those_that_are_entered():
    persons(500)
    assert write_capacities(date(2021, 11, 21), by="test") == 16
    first = WeeklyCapacity.objects.filter(departement_code="01").earliest("week")
    assert (first.week, first.doses, first.slots) == (date(2021, 11, 22), 10, 11)
    assert write_capacities(date(2021, 11, 21), by="test") == 0

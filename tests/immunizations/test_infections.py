"""VC-40: a previous infection, declared by the professional."""

import pytest

from allant.immunizations.actions import DoseRefused, InfectionRefused, declare_infection, record_dose
from allant.immunizations.models import Infection
from allant.people.actions import merge
from tests.immunizations.builders import TODAY, act, day
from tests.people.builders import person

pytestmark = pytest.mark.django_db


def test_an_infection_is_declared_once() -> None:
    """Told twice, under either record of the person, it is one infection (VC-63)."""
    kept, duplicate = person(), person()
    first = declare_infection(person=duplicate, occurred_on=day("2020-12-01"), by="ps:1", today=TODAY)
    merge(duplicate=duplicate, into=kept, by="agent", reason="même NIR")
    duplicate.refresh_from_db()
    for someone in (kept, duplicate):
        assert declare_infection(person=someone, occurred_on=day("2020-12-01"), by="ps:1", today=TODAY) == first
    other = declare_infection(person=duplicate, occurred_on=day("2021-12-01"), by="ps:1", today=TODAY)
    assert (other.person, Infection.objects.count()) == (kept, 2)


def test_an_infection_of_a_merged_record_counts() -> None:
    """VC-40 and VC-63: what was told of the absorbed record, infection or situation, is told of the person."""
    kept, duplicate = person(), person()
    declare_infection(person=duplicate, occurred_on=day("2020-04-01"), by="ps:1", today=TODAY)
    merge(duplicate=duplicate, into=kept, by="agent", reason="même NIR")
    one_is_enough = act(series_doses=1)
    sending = {"person": kept, "act": one_is_enough, "source": "teleservice", "by": "ps:1", "today": TODAY}
    duplicate.situations.create(kind="immunodepressed")
    with pytest.raises(DoseRefused) as refusal:
        record_dose(source_key="a", **sending)
    assert refusal.value.codes == ["series_too_short"]
    duplicate.situations.all().delete()
    assert record_dose(source_key="a", **sending).person == kept


@pytest.mark.parametrize(
    ("on", "message"),
    [("2022-01-02", "dans le futur"), ("1950-04-30", "antérieure à la naissance"), ("2021-07-02", "postérieure au décès")],
)
def test_an_infection_that_cannot_be(on: str, message: str) -> None:
    """The day after today, the day before birth, the day after death."""
    someone = person(died_on=day("2021-07-01"))
    with pytest.raises(InfectionRefused, match=message):
        declare_infection(person=someone, occurred_on=day(on), by="ps:1", today=TODAY)
    assert not Infection.objects.exists()


@pytest.mark.parametrize("on", ["1950-05-01", "2021-07-01"])
def test_the_bounds_are_included(on: str) -> None:
    """The day of birth and the day of death are possible."""
    someone = person(died_on=day("2021-07-01"))
    assert declare_infection(person=someone, occurred_on=day(on), by="ps:1", today=TODAY).person == someone

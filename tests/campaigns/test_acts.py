"""TG-10: the act that counts is a fact that each programme registers; what has none says so."""

from __future__ import annotations

from datetime import timedelta

import pyarrow as pa
import pytest
from django.db import connection

from allant.campaigns import waves
from allant.campaigns.actions import save_campaign
from allant.campaigns.acts import read_act
from allant.campaigns.effect import comparison, effect
from allant.campaigns.meant import meant_sql
from allant.campaigns.models import Campaign, Invitation
from allant.campaigns.ready_made import act_name, acts_offered, ready_made
from allant.doctrine import rules
from allant.facts import FactError, UnknownName
from allant.people.actions import load_situations

from .conftest import OPENING, persons, plan
from .test_reads import BOOK, TODAY

C2S = "situation(kind=c2s).starts_on"


@pytest.fixture
def rights(campaign: Campaign) -> Campaign:
    """People of 75 and over, told of their right to the C2S."""
    return save_campaign(
        plan(slug="droits", programme="rights", act=C2S, objective_population=None, objective_share=None), by="test"
    )


def opened(people: list[int], on, ends=None, kind: str = "c2s") -> None:
    """A right that begins that day."""
    rows = {"person_id": people, "kind": [kind] * len(people), "starts_on": pa.array([on] * len(people))}
    load_situations(pa.table(rows | {"ends_on": pa.array([ends] * len(people), pa.date32())}), by="test")


@pytest.mark.django_db
def test_tg_10_a_right_that_opens_after_the_letter_is_the_act_of_a_campaign_on_rights(rights: Campaign) -> None:
    """TG-10: neither a right of before, nor another one, nor the same person twice."""
    persons(8)
    opened([1, 2], OPENING - timedelta(400), OPENING - timedelta(35))
    waves.launch_wave(rights, on=OPENING, by="test")
    opened([1, 3], OPENING + timedelta(5), OPENING + timedelta(20))
    opened([3], OPENING + timedelta(40))
    opened([5], OPENING + timedelta(2), kind="ame")
    seen = effect(rights, OPENING + timedelta(60), BOOK)
    assert sum(row.done for row in seen) == 2 and sum(row.invited for row in seen) == 8
    by_delay = {delay.days: sum(row.by_delay[at].share.done for row in seen) for at, delay in enumerate(seen[0].by_delay)}
    assert by_delay == {7: 2, 14: 2, 28: 2}
    query, parameters = meant_sql(rights, OPENING + timedelta(60))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT person_id FROM ({query}) AS meant ORDER BY 1", parameters)
        assert [person for (person,) in cursor.fetchall()] == [2, 4, 5, 6, 7, 8], "partners help those who have not done it"


@pytest.mark.django_db
def test_tg_10_such_an_act_is_compared_with_the_group_held_out(rights: Campaign) -> None:
    persons(40)
    waves.launch_wave(rights, on=OPENING, by="test", held_out=0.25)
    invited = list(Invitation.objects.order_by("pk").values_list("person_id", flat=True))
    opened(invited[:12], OPENING + timedelta(3))
    seen = comparison(rights, TODAY, BOOK)
    assert seen and (seen.invited.done, seen.invited.people, seen.held_out.done) == (12, 30, 0)


@pytest.mark.parametrize(
    ("text", "error"),
    [("dose_summary", FactError), ("dose_summary.dose_count", FactError), ("doze.first_on", UnknownName),
     ("situation(kynd=c2s).starts_on", UnknownName), ("situation(kind=c2s' OR 1=1).starts_on", FactError)],
)  # fmt: skip
def test_tg_10_an_act_that_no_fact_tells_is_refused(text: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        read_act(text)


@pytest.mark.django_db
def test_tg_10_tg_12_every_shipped_campaign_names_its_act_or_informs() -> None:
    """TG-10: what is measured after a campaign has a French name; health space alone has nothing to measure, and says so."""
    plans = ready_made(rules.as_known_on(TODAY.replace(year=2022, month=12)))
    names = {each.programme: act_name(each.act) for each in plans if each.act}
    assert names["rights"].startswith("Ouverture ")
    assert {act_name(each.act) for each in plans if each.programme == "covid19"} == {"Première dose", "Rappel"}
    assert names["flu"] == "Injection contre la grippe"
    assert {each.programme for each in plans if not each.act} == {"health_space"}
    for _, acts in acts_offered():
        assert all(read_act(fact).label and label for fact, label in acts.items())
    assert read_act(C2S).label == "Complémentaire santé solidaire ; début"
    assert read_act("dose_summary.first_on").label == "première dose"

"""The stories of docs/reference/casework-cases.md: swept every day, and swept once."""

from datetime import date, timedelta

import pytest

from allant.casework.forecast import coming
from allant.casework.models import Case
from allant.casework.opening import open_case
from allant.casework.signals import NotExpected, signal
from allant.casework.sweep import sweep
from tests.casework.conftest import AT
from tests.casework.rendering import CASES
from tests.casework.toys import TOYS

PROCESSES = {process.slug: process for process in TOYS}
STORIES = [(chapter["process"], case) for chapter in CASES for case in chapter["cases"]]


def told(text):
    """`2021-02-09 extends ends=2021-10-10` → its day, name and dates."""
    day, name, *dates = text.split()
    return date.fromisoformat(day), name, {key: date.fromisoformat(value) for key, value in (each.split("=") for each in dates)}


@pytest.mark.parametrize("rhythm", ["daily", "once"])
@pytest.mark.parametrize(
    ("slug", "story"), STORIES, ids=[f"{slug} {story['opened']} {rank}" for rank, (slug, story) in enumerate(STORIES)]
)
def test_story(slug, story, rhythm, toy_rules, toy_processes, somebody):
    opened, until = story["opened"], story["until"]
    book = toy_rules.as_known_on(until)
    case = open_case(
        process=PROCESSES[slug], person=somebody, key="1", on=opened, by="test", at=AT, book=book, data=story.get("holds")
    )
    says = [told(each) for each in story.get("told", [])]
    days = [opened + timedelta(n) for n in range((until - opened).days + 1)]
    for day in days:
        for _, name, dates in (each for each in says if each[0] == day):
            if "refused" in story:
                with pytest.raises(NotExpected) as refused:
                    signal(case=case, name=name, on=day, by="agent", at=AT, book=book, data=dates)
                assert str(refused.value) == story["refused"]
            else:
                signal(case=case, name=name, on=day, by="agent", at=AT, book=book, data=dates)
        if rhythm == "daily" or day == until:
            sweep(day, by="test", book=book, at=AT)
    case = Case.objects.get()
    assert [f"{each.on} {each.name} → {each.to_state}" for each in case.events.timeline()] == story["then"]
    following = coming(case, book)
    assert "next" not in story or f"{case.due_on} {case.deadline}" == story["next"]
    assert ([(each.on, each.deadline.name) for each in following][:1] or [(None, "")]) == [(case.due_on, case.deadline)]


def test_what_comes_next_is_told_to_the_end(toy_rules, toy_processes, somebody):
    book = toy_rules.as_known_on(date(2021, 3, 15))
    case = open_case(process=PROCESSES["loan"], person=somebody, key="1", on=date(2021, 3, 15), by="test", at=AT, book=book)
    assert [(str(each.on), each.transition.label, each.target_label) for each in coming(case, book)] == [
        ("2021-04-15", "Rappel", "En retard"), ("2021-04-26", "Déclaré perdu", "Perdu"),
    ]  # fmt: skip
    sweep(date(2021, 4, 26), by="test", book=book, at=AT)
    assert [str(each.on) for each in case.events.timeline()][1:] == ["2021-04-15", "2021-04-26"]

"""AV-01 to AV-05, AV-16, AV-26: the contact policy, case by case, and its page."""

from datetime import timedelta

import pytest

from allant.doctrine import rules
from allant.outreach.kinds import kind
from allant.outreach.policy import Contact, Held, Point, Purpose, Recipient, Representative, decide
from tests.outreach.policy_rendering import CASES, PAGE, USUAL, instant, page

EACH = [(rule["shows"], case) for rule in CASES for case in rule["cases"]]


def points(said) -> tuple[Point, ...]:
    return tuple(Point(each.lstrip("!-"), each[0] == "-", each[0] == "!") for each in said)


def representative(said, at) -> Representative:
    """`by`, `has`, and what is not usual: `ended` so many days ago, `dead`, `in`, `lives`."""
    who = Recipient(
        said.get("lives", "01"),
        said.get("dead", False),
        points=points(said["has"]),
        situations=tuple(map(Held, said.get("in", ()))),
    )
    ends_on = at.date() - timedelta(said["ended"]) if "ended" in said else None
    return Representative(said["by"], who, None, ends_on)


@pytest.mark.parametrize(("shows", "case"), EACH, ids=[f"{number} {shows[:40]}" for number, (shows, _) in enumerate(EACH)])
def test_av_01_to_05_the_case_tables_hold(shows, case):
    asked = USUAL | case
    at = instant(asked["at"])
    book = rules.as_known_on(at.date())
    person = Recipient(
        asked["lives"], case.get("dead", False), False, case.get("postcode", True), case.get("signed_in", False),
        points(case["has"]), tuple(Held(each) for each in case.get("in", ())),
        tuple(representative(each, at) for each in case.get("represented", ())),
    )  # fmt: skip
    purpose = Purpose(
        kind(asked["kind"], book, at.date()), tuple(asked["channels"]), at.date() - timedelta(case.get("planned", 0)), 1,
        at + timedelta(hours=case["useful"]) if "useful" in case else None,
    )  # fmt: skip
    past = [Contact(channel, at - timedelta(hours=ago), True, campaign, outcome)
            for channel, ago, outcome, campaign in case.get("past", ())]  # fmt: skip
    decision = decide(person, purpose, past, at, book)
    assert " ".join(filter(None, (decision.verdict, decision.channel))) == case["then"]
    assert decision.reason == case.get("why", "")
    assert decision.at == (instant(case["until"]) if "until" in case else None)


def test_the_page_of_the_policy_is_up_to_date():
    assert PAGE.read_text("utf-8") == page(), "python -m tests.outreach.policy_rendering"

"""AV-01 to AV-05: the set-based policy answers what the pure function does, on generated people, pasts and instants."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from allant.accounts.models import User
from allant.doctrine import rules
from allant.outreach import policy_known, policy_sql
from allant.outreach.kinds import kinds
from allant.outreach.models import Message
from allant.outreach.policy import Contact, Decision, Held, Point, Purpose, Recipient, Verdict, decide
from allant.people.models import ContactPoint, Person, Situation
from tests.outreach.people import template

CHANNELS = ("call", "sms", "email", "letter", "account")
KINDS = ("information", "outreach", "reminder", "provisional_code", "call")
COUNTED = {"information": True, "outreach": True, "reminder": False, "provisional_code": False, "call": True}
CAMPAIGNS = (1, 2)
BOOK = rules.as_known_on(date(2022, 1, 1))

FIRST = datetime(2021, 3, 20, tzinfo=UTC)
instants = st.timedeltas(timedelta(0), timedelta(days=286)).map(lambda after: FIRST + after)
agos = st.timedeltas(timedelta(0), timedelta(days=15))
days = st.one_of(st.none(), st.integers(-3, 3))
rarely = st.sampled_from([False] * 4 + [True])
points = st.builds(Point, st.sampled_from(["landline", "landline", "mobile", "email", "postal", "account"]), rarely, rarely)
situations = st.tuples(st.sampled_from(["institution", "guardianship", "opted_out", "ald"]), days, days)
pasts = st.tuples(
    st.sampled_from(["call", "call", *CHANNELS]), agos, st.sampled_from(KINDS), st.sampled_from(CAMPAIGNS),
    st.sampled_from(["", "voicemail", "no_answer", "no_answer", "declined", "wrong_number"]), st.integers(0, 3),
)  # fmt: skip
cases = st.fixed_dictionaries({
    # Calls have rules of their own: they are met more often than by chance.
    "departement": st.sampled_from([None, "01", "57", "67", "971", "974", "975", "984", "987", "988"]),
    "deceased": st.sampled_from([False] * 9 + [True]), "merged": st.sampled_from([False] * 9 + [True]),
    "has_postcode": st.sampled_from([True] * 5 + [False]), "signed_in": rarely, "points": st.lists(points, max_size=5),
    "of_absorbed": st.booleans(), "situations": st.lists(situations, max_size=1),
    "past": st.lists(pasts, max_size=4), "kind": st.sampled_from(KINDS),
    "channels": st.one_of(st.just(["call"]), st.lists(st.sampled_from(CHANNELS), min_size=1, max_size=4, unique=True)),
    "planned": st.sampled_from([-30, -2, -1, 0, 0, 0]), "campaign": st.sampled_from([None, 1, 1, 2]),
    "useful": st.sampled_from([None] * 6 + [-1, 0, 1]),
})  # fmt: skip


def test_every_verdict_and_every_reason_of_a_channel_is_generated():
    """The generator would prove nothing if it never met the rules; counted on the pure function alone."""
    seen: set[tuple[str, str]] = set()

    @settings(max_examples=3000, database=None, suppress_health_check=list(HealthCheck))
    @given(cases, instants)
    def meet(case, at):
        person, purpose, past = pure(case, at)
        decision = decide(person, purpose, past, at, BOOK)
        seen.add((str(decision.verdict), str(decision.reason)))

    meet()
    assert {verdict for verdict, _ in seen} == set(Verdict)
    assert len({reason for _, reason in seen}) >= 15, seen


@pytest.mark.django_db
def test_av_01_to_05_set_based_and_one_by_one_agree(monkeypatch):
    monkeypatch.setattr("allant.outreach.causes._campaigns", {"trial": "SELECT {cause_id} / 1000000000000"})
    for kind in KINDS:
        for channel in CHANNELS:
            template(kind, channel=channel, kind=kind)

    @settings(suppress_health_check=list(HealthCheck), database=None)
    @given(st.lists(cases, min_size=8, max_size=25), instants)
    def agree(batch, at):
        with transaction.atomic():
            people = [written(case, at) for case in batch]
            expected = [decide(*pure(case, at), at, BOOK) for case in batch]
            loaded = [
                decide(policy_known.recipient(person), pure(case, at)[1], policy_known.contacts(person, BOOK, at), at, BOOK)
                for person, case in zip(people, batch, strict=True)
            ]
            assert answers(people, batch, at) == loaded == expected
            transaction.set_rollback(True)

    agree()


def on_day(at: datetime, ahead: int | None) -> date | None:
    return None if ahead is None else (at + timedelta(days=ahead)).date()


def until(case, at: datetime) -> datetime | None:
    return None if case["useful"] is None else at + timedelta(minutes=case["useful"])


def periods(case, at):
    for kind, start, end in case["situations"]:
        starts_on, ends_on = on_day(at, start), on_day(at, end)
        if starts_on is None or ends_on is None or starts_on < ends_on:
            yield Held(kind, starts_on, ends_on)


def pure(case, at: datetime) -> tuple[Recipient, Purpose, list[Contact]]:
    """The case as the pure function takes it."""
    held = {(each.kind, each.starts_on): each for each in periods(case, at)}
    person = Recipient(
        case["departement"], case["deceased"], case["merged"], case["has_postcode"], case["signed_in"], tuple(case["points"]),
        tuple(held.values()),
    )  # fmt: skip
    kind = kinds(BOOK, at.date())[case["kind"]]
    purpose = Purpose(kind, tuple(case["channels"]), on_day(at, case["planned"]), case["campaign"], until(case, at))
    past = [
        Contact(channel, at - ago, COUNTED[of], campaign if channel == "call" else None, outcome if channel == "call" else "",
                max(times, 1))
        for channel, ago, of, campaign, outcome, times in case["past"]
    ]  # fmt: skip
    return person, purpose, past


def written(case, at: datetime) -> Person:
    """The case as rows."""
    person = Person.objects.create(
        family_name="Martin", given_names="Jeanne", departement_code=case["departement"],
        postcode="01000" if case["has_postcode"] else None, birth_date=date(1940, 5, 17),
        died_on=date(2021, 1, 1) if case["deceased"] else None,
    )  # fmt: skip
    bearer = person
    if case["of_absorbed"]:
        bearer = Person.objects.create(family_name="Martin", given_names="J", birth_date=date(1940, 5, 17), merged_into=person)
    if case["merged"]:
        other = Person.objects.create(family_name="Martin", given_names="Jeanne", birth_date=date(1940, 5, 17))
        Person.objects.filter(pk=person.pk).update(merged_into=other)
        person.refresh_from_db()
    ContactPoint.objects.bulk_create(
        ContactPoint(
            person=bearer, kind=each.kind, value=f"v{rank}", opted_out_on=at.date() if each.opted_out else None,
            invalid_since=at.date() if each.invalid else None,
        )
        for rank, each in enumerate(case["points"])
    )  # fmt: skip
    if case["signed_in"]:
        User.objects.create(username=f"fc:{bearer.pk}", person=bearer)
    Situation.objects.bulk_create(
        (Situation(person=bearer, kind=each.kind, starts_on=each.starts_on, ends_on=each.ends_on) for each in periods(case, at)),
        ignore_conflicts=True,
    )
    Message.objects.bulk_create(
        Message(
            person=bearer, cause_kind="trial", cause_id=campaign * 10**12 + bearer.pk * 10 + rank, channel=channel,
            template=of, status="sent", created_on=at.date(), send_after=at.date(), sent_at=at - ago,
            outcome=outcome if channel == "call" else "", attempts=times,
        )
        for rank, (channel, ago, of, campaign, outcome, times) in enumerate(case["past"])
    )  # fmt: skip
    return person


def answers(people: list[Person], batch, at: datetime) -> list[Decision]:
    """What the set-based policy says, in the order of the cases."""
    rows = [
        {"ask_id": rank, "person_id": person.pk, "departement": case["departement"], "kind": case["kind"],
         "channels": case["channels"], "campaign_id": case["campaign"], "planned_on": on_day(at, case["planned"]).isoformat(),
         "useful_until": said.isoformat() if (said := until(case, at)) else None}
        for rank, (person, case) in enumerate(zip(people, batch, strict=True))
    ]  # fmt: skip
    asked = """SELECT a.ask_id, a.person_id, a.departement, a.kind,
                      ARRAY(SELECT jsonb_array_elements_text(a.channels)) AS channels,
                      a.campaign_id, a.planned_on, a.useful_until, NULL::bigint AS message_id
               FROM jsonb_to_recordset(%(rows)s::jsonb) AS a(ask_id int, person_id bigint, departement text, kind text,
                   channels jsonb, campaign_id bigint, planned_on date, useful_until timestamptz)"""
    values = policy_sql.parameters(at, BOOK, CHANNELS) | {"rows": json.dumps(rows)}
    with connection.cursor() as cursor:
        cursor.execute(f"WITH {policy_sql.judged(asked)} SELECT verdict, channel, at, reason FROM judged ORDER BY ask_id", values)
        return [Decision(Verdict(verdict), channel, until, reason) for verdict, channel, until, reason in cursor.fetchall()]

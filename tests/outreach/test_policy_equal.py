"""AV-01 to AV-05: the set-based policy answers what the pure function does, on generated people, pasts and instants.

Representatives of people under guardianship too (AV-03).
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from allant.accounts.models import User
from allant.doctrine import rules
from allant.outreach import policy_known, policy_sql
from allant.outreach.kinds import kinds
from allant.outreach.models import Message
from allant.outreach.policy import Contact, Decision, Held, Point, Purpose, Recipient, Representative, Verdict, decide
from allant.people.models import ContactPoint, Person, Representation, Situation
from tests.outreach.people import template

CHANNELS = ("call", "sms", "email", "letter", "account")
COUNTED = {
    "information": True, "outreach": True, "reminder": False, "provisional_code": False, "call": True, "service": False,
    "represented_call": True,
}  # fmt: skip
KINDS = tuple(COUNTED)
CAMPAIGNS = (1, 2)
BOOK = rules.as_known_on(date(2022, 1, 1))

FIRST = datetime(2021, 3, 20, tzinfo=UTC)
instants = st.timedeltas(timedelta(0), timedelta(days=286)).map(lambda after: FIRST + after)
agos = st.timedeltas(timedelta(0), timedelta(days=15))
days = st.one_of(st.none(), st.integers(-3, 3))
rarely = st.sampled_from([False] * 4 + [True])
points = st.builds(Point, st.sampled_from(["landline", "landline", "mobile", "email", "postal", "account"]), rarely, rarely)
situations = st.tuples(st.sampled_from(["institution", "guardianship", "guardianship", "opted_out", "ald"]), days, days)
representatives = st.fixed_dictionaries({
    "kind": st.sampled_from(["guardian", "guardian", "curator", "parent"]), "starts": days, "ends": days, "deceased": rarely,
    "departement": st.sampled_from([None, "01", "974"]), "has_postcode": st.booleans(), "points": st.lists(points, max_size=3),
    "situation": st.sampled_from([None] * 4 + ["guardianship", "opted_out"]), "absorbed": rarely,
})  # fmt: skip
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
    "representatives": st.lists(representatives, max_size=2),
    "past": st.lists(pasts, max_size=4), "kind": st.sampled_from(KINDS),
    "channels": st.one_of(st.just(["call"]), st.lists(st.sampled_from(CHANNELS), min_size=1, max_size=4, unique=True)),
    "planned": st.sampled_from([-30, -2, -1, 0, 0, 0]), "campaign": st.sampled_from([None, 1, 1, 2]),
    "useful": st.sampled_from([None] * 6 + [-1, 0, 1]),
})  # fmt: skip


@pytest.mark.django_db
def test_av_01_to_05_set_based_and_one_by_one_agree(monkeypatch):
    """The generator would prove nothing if it never met the rules: the verdicts and reasons met are counted."""
    monkeypatch.setattr("allant.outreach.causes._campaigns", {"trial": "SELECT {cause_id} / 1000000000000"})
    for kind in KINDS:
        for channel in CHANNELS:
            template(kind, channel=channel, kind=kind)
    seen: set[tuple[str, str]] = set()

    def agree(batch, at):
        with transaction.atomic():
            people = write(batch, at)
            expected = [decide(*pure(case, at), at, BOOK) for case in batch]
            assert answers(people, batch, at) == expected
            for person, case, decision in list(zip(people, batch, expected, strict=True))[:3]:  # read one by one: dearer
                loaded = policy_known.recipient(person), pure(case, at)[1], policy_known.contacts(person, BOOK, at)
                assert decide(*loaded, at, BOOK) == decision
            seen.update((str(each.verdict), str(each.reason)) for each in expected)
            transaction.set_rollback(True)

    # Some twenty people an example: from one seed to the next until nearly every reason was met, most often at once.
    examples = min(200, settings.default.max_examples)
    bounded = settings(suppress_health_check=list(HealthCheck), database=None, max_examples=examples)
    for number in range(6):
        seed(number)(bounded(given(st.lists(cases, min_size=12, max_size=30), instants)(agree)))()
        if len({reason for _, reason in seen}) >= 16:
            break
    assert {verdict for verdict, _ in seen} == set(Verdict)
    assert len({reason for _, reason in seen}) >= 16, sorted({reason for _, reason in seen})


def on_day(at: datetime, ahead: int | None) -> date | None:
    return None if ahead is None else (at + timedelta(days=ahead)).date()


def until(case, at: datetime) -> datetime | None:
    return None if case["useful"] is None else at + timedelta(minutes=case["useful"])


def periods(case, at):
    for kind, start, end in case["situations"]:
        starts_on, ends_on = on_day(at, start), on_day(at, end)
        if starts_on is None or ends_on is None or starts_on < ends_on:
            yield Held(kind, starts_on, ends_on)


def spans(case, at):
    """The representatives whose period is one."""
    for each in case["representatives"]:
        starts_on, ends_on = on_day(at, each["starts"]), on_day(at, each["ends"])
        if starts_on is None or ends_on is None or starts_on < ends_on:
            yield each, starts_on, ends_on


def represented_by(case, at: datetime) -> tuple[Representative, ...]:
    # Without guardianship, at any time, nobody's representatives are read: they would change nothing.
    if not any(held.kind == "guardianship" for held in periods(case, at)):
        return ()
    return tuple(
        Representative(
            each["kind"],
            Recipient(
                each["departement"], each["deceased"], False, each["has_postcode"], False, tuple(each["points"]),
                (Held(each["situation"]),) if each["situation"] else (),
            ),
            starts_on, ends_on,
        )
        for each, starts_on, ends_on in spans(case, at)
    )  # fmt: skip


def pure(case, at: datetime) -> tuple[Recipient, Purpose, list[Contact]]:
    """The case as the pure function takes it."""
    held = {(each.kind, each.starts_on): each for each in periods(case, at)}
    person = Recipient(
        case["departement"], case["deceased"], case["merged"], case["has_postcode"], case["signed_in"], tuple(case["points"]),
        tuple(held.values()), represented_by(case, at),
    )  # fmt: skip
    kind = kinds(BOOK, at.date())[case["kind"]]
    purpose = Purpose(kind, tuple(case["channels"]), on_day(at, case["planned"]), case["campaign"], until(case, at))
    past = [
        Contact(channel, at - ago, COUNTED[of], campaign if channel == "call" else None, outcome if channel == "call" else "",
                max(times, 1))
        for channel, ago, of, campaign, outcome, times in case["past"]
    ]  # fmt: skip
    return person, purpose, past


class Rows:
    """The rows of a batch, written table by table."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        self.people: tuple[list[Person], ...] = ([], [], [])  # standing, absorbed, absorbed by one that was itself absorbed
        self.others: dict[type, list] = {each: [] for each in (ContactPoint, User, Situation, Representation, Message)}

    def person(self, depth: int = 0, **columns) -> Person:
        number = 1_000_000 + sum(map(len, self.people))
        usual = {"family_name": "Martin", "given_names": "Jeanne", "birth_date": date(1940, 5, 17)}
        self.people[depth].append(Person(id=number, **{**usual, **columns}))
        return self.people[depth][-1]

    def add(self, row) -> None:
        self.others[type(row)].append(row)

    def points(self, bearer: Person, known: list[Point]) -> None:
        for rank, each in enumerate(known):
            self.add(ContactPoint(
                person=bearer, kind=each.kind, value=f"v{rank}", opted_out_on=self.at.date() if each.opted_out else None,
                invalid_since=self.at.date() if each.invalid else None,
            ))  # fmt: skip

    def write(self) -> None:
        for rows in self.people:
            Person.objects.bulk_create(rows)
        for model, rows in self.others.items():
            model.objects.bulk_create(rows, ignore_conflicts=model is Situation)


def write(batch, at: datetime) -> list[Person]:
    """The cases as rows; the person of each."""
    rows = Rows(at)
    people = [one(rows, case) for case in batch]
    rows.write()
    return people


def one(rows: Rows, case) -> Person:
    """One case as rows: what the person bears may be on a record that they absorbed."""
    depth = 1 if case["merged"] else 0
    person = rows.person(
        depth, departement_code=case["departement"], postcode="01000" if case["has_postcode"] else None,
        died_on=date(2020, 1, 1) if case["deceased"] else None, merged_into=rows.person() if case["merged"] else None,
    )  # fmt: skip
    bearer = rows.person(depth + 1, merged_into=person) if case["of_absorbed"] else person
    rows.points(bearer, case["points"])
    if case["signed_in"]:
        rows.add(User(username=f"fc:{bearer.pk}", person=bearer))
    for held in periods(case, rows.at):
        rows.add(Situation(person=bearer, kind=held.kind, starts_on=held.starts_on, ends_on=held.ends_on))
    for rank, (channel, ago, of, campaign, outcome, times) in enumerate(case["past"]):
        rows.add(Message(
            person=bearer, cause_kind="trial", cause_id=campaign * 10**12 + bearer.pk * 10 + rank, channel=channel,
            template=of, status="sent", created_on=rows.at.date(), send_after=rows.at.date(), sent_at=rows.at - ago,
            outcome=outcome if channel == "call" else "", attempts=times,
        ))  # fmt: skip
    for each, starts_on, ends_on in spans(case, rows.at):
        named = stands_for(rows, each)
        rows.add(Representation(
            person=bearer, representative=named, kind=each["kind"], source="court", starts_on=starts_on, ends_on=ends_on
        ))  # fmt: skip
    return person


def stands_for(rows: Rows, case) -> Person:
    """A representative as rows; one absorbed by another record is named, and written to, through the one that stands."""
    standing = rows.person(
        departement_code=case["departement"], postcode="01000" if case["has_postcode"] else None,
        died_on=date(2020, 1, 1) if case["deceased"] else None,
    )  # fmt: skip
    named = rows.person(1, merged_into=standing) if case["absorbed"] else standing
    rows.points(named, case["points"])
    if case["situation"]:
        rows.add(Situation(person=named, kind=case["situation"]))
    return named


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

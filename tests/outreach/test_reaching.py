"""AV-01, AV-03: the channel that a wave chooses is the one that the policy chooses, for whoever it may contact at all."""

from itertools import combinations

import pytest
from django.db import connection

from allant.accounts.models import User
from allant.doctrine import rules
from allant.outreach.kinds import kind
from allant.outreach.policy import Purpose, Verdict, decide
from allant.outreach.policy_known import recipient
from allant.outreach.reaching import channel_sql
from allant.people.facts import person_query
from allant.people.models import ContactPoint, Person
from tests.outreach.people import AT, MONDAY, person

ORDERS = (("call", "sms", "letter"), ("letter", "email"), ("sms",), ("email", "account", "call"), ("account",), ("letter",))
POINTS = ("landline", "mobile", "email", "postal", "postal:other", "account")
BOOK = rules.as_known_on(MONDAY)


def signed_in(one: Person, refused: bool = False) -> Person:
    """Somebody with an account here and no e-mail address."""
    User.objects.create(username=f"fc:{one.pk}", person=one)
    if refused:
        one.contact_points.update(opted_out_on=MONDAY)
    return one


@pytest.mark.django_db
def test_av_01_a_wave_chooses_the_channel_of_the_policy():
    people = []
    for held in (points for count in range(4) for points in combinations(POINTS, count)):
        for wrong in ({}, {"invalid_since": MONDAY}, {"opted_out_on": MONDAY}):
            one = person(*held)
            first = one.contact_points.order_by("pk").values_list("pk", flat=True)[:1]
            if wrong:
                ContactPoint.objects.filter(pk__in=list(first)).update(**wrong)
            people.append(one)
    people += [signed_in(person()), signed_in(person("account"), refused=True)]
    information = kind("information", BOOK, MONDAY)
    for order in ORDERS:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT person_id, {channel_sql(order)} FROM ({person_query()}) AS t")
            chosen = dict(cursor.fetchall())
        for one in people:
            decision = decide(recipient(one), Purpose(information, order, MONDAY), (), AT, BOOK)
            assert chosen[one.pk] == decision.channel and (decision.verdict is Verdict.NEVER) is (decision.channel is None)

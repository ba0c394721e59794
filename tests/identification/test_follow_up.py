"""ID-05, ID-06, ID-07: the months of the follow-up, told as stories; rights, undue amounts, messages."""

from datetime import date

import pytest

from allant.casework.models import CaseEvent
from allant.casework.signals import NotExpected
from allant.doctrine import rules
from allant.identification.decisions import decide, decide_asylum
from allant.identification.messages import CAUSE, variables_of_steps
from allant.identification.models import IdentityFile, UndueClaim
from allant.outreach.models import Message, Template
from allant.people.models import Matricule, Person, Situation
from tests.identification.conftest import file_again
from tests.identification.unit import OPENING, at

pytestmark = pytest.mark.django_db


def story(file):
    """`day event → state` of each event."""
    return [f"{event.on} {event.name} → {event.to_state}" for event in file.case.events.timeline()]


def has_rights(file):
    return Person.objects.get(pk=file.person_id).rights_open


def messages(file):
    """Step, channel and template of what was written."""
    events = dict(CaseEvent.objects.filter(case=file.case).values_list("pk", "name"))
    rows = Message.objects.filter(cause_kind=CAUSE, cause_id__in=events).order_by("id")
    return sorted((events[each.cause_id], each.channel, each.template) for each in rows)


def test_id_05_three_six_and_nine_months_without_the_second_document(unit):
    """ID-05: 4 April 2022: 4 July, 4 October, 4 January 2023; nothing a day before, rights and claim on their day."""
    file = unit.asks(unit.newcomer())
    unit.receives(file, "passport")
    for eve, day, state, rights in (
        (date(2022, 7, 3), date(2022, 7, 4), "reminded", True),
        (date(2022, 10, 3), date(2022, 10, 4), "suspended", False),
        (date(2023, 1, 3), date(2023, 1, 4), "closed", False),
    ):
        assert unit.sweeps(eve) == 0
        assert unit.sweeps(day) == 1
        assert (file_again(file).case.state, has_rights(file)) == (state, rights)
    assert story(file) == [
        "2022-04-04 opened → waiting", "2022-07-04 remind → reminded", "2022-10-04 suspend → suspended",
        "2023-01-04 close → closed",
    ]  # fmt: skip
    assert unit.sweeps(date(2026, 1, 1)) == 0


@pytest.mark.parametrize(
    ("opened", "reminder", "why"),
    [
        (date(2022, 11, 30), date(2023, 2, 28), "no 30 February"),
        (date(2022, 4, 2), date(2022, 7, 4), "2 July is a Saturday"),
        (date(2022, 4, 14), date(2022, 7, 15), "14 July is a public holiday"),
    ],
)
def test_id_05_months_are_clamped_and_nobody_is_due_on_a_holiday(unit, opened, reminder, why):
    """ID-05: the end of a short month, and the next working day."""
    file = unit.asks(unit.newcomer(), on=opened)
    assert file.case.due_on == reminder, why


def test_id_05_a_document_at_month_seven_lifts_the_suspension(unit):
    """ID-05: rights are back the day it is received; the clock stands still while SANDIA examines; a reject gives a month."""
    file = unit.asks(unit.newcomer())
    unit.receives(file, "passport")
    unit.sweeps(date(2022, 10, 4))
    assert not has_rights(file)
    month_seven = date(2022, 11, 7)
    unit.receives(file, "birth_certificate", on=month_seven)
    assert has_rights(file) and file_again(file).case.state == "examined" and file_again(file).case.due_on is None
    assert unit.sweeps(date(2023, 6, 1)) == 0  # SANDIA takes its time, the person loses nothing
    unit.exchanges(date(2023, 6, 1))
    unit.sandia(file, "rejected", reasons=[{"kind": "birth_certificate", "reason": "Traduction manquante"}])
    unit.exchanges(date(2023, 6, 1))
    assert (file_again(file).case.state, file_again(file).case.due_on) == ("to_replace", date(2023, 7, 3))
    assert has_rights(file)
    unit.sweeps(date(2023, 7, 3))
    assert not has_rights(file)
    # Nine months of the clock, 4 January, and the 206 days it stood still: 29 July, a Saturday.
    assert file_again(file).case.due_on == date(2023, 7, 31)


def test_id_05_undue_amounts_equal_the_payments_listed(unit):
    """ID-05, ID-07: payments since the number was given, each once; none before."""
    who = unit.newcomer()
    unit.pays(who, date(2022, 4, 3), 9_999)
    file = unit.asks(who)
    for day, cents in ((date(2022, 4, 4), 2_500), (date(2022, 9, 1), 120_050), (date(2022, 12, 30), 1)):
        unit.pays(who, day, cents)
    unit.sweeps(date(2023, 1, 4))
    claim = UndueClaim.objects.get(event__case=file.case)
    assert claim.total_cents == 122_551 == sum(line.amount_cents for line in claim.lines.all())
    assert [line.payment.paid_on.day for line in claim.lines.order_by("payment__paid_on")] == [4, 1, 30]
    lent = variables_of_steps([claim.event_id])[claim.event_id]
    assert lent["amount"] == "1 225,51 euros"


def test_id_05_the_sweep_claims_for_many_at_once_and_says_nothing_of_who_was_paid_nothing(unit):
    """ID-05: one statement for a chunk; each claim has its own payments."""
    files = [unit.asks(unit.newcomer(f"N{rank}", birth_date=date(1980, 1, 1 + rank))) for rank in range(4)]
    for rank, file in enumerate(files[:3]):
        for day in range(rank + 1):
            unit.pays(file.person, date(2022, 5, 1 + day), 100 * (rank + 1))
    unit.sweeps(date(2023, 1, 4))
    totals = dict(UndueClaim.objects.values_list("event__case__identity_file", "total_cents"))
    assert totals == {files[0].pk: 100, files[1].pk: 400, files[2].pk: 900}


def test_id_05_force_majeure_has_no_three_six_nine_and_ends_at_27_months(unit):
    """ID-05: displaced from Ukraine: on the residence permit, 27 months, then the same effect as at nine."""
    who = unit.newcomer()
    file = unit.asks(who, "displaced_ukraine")
    unit.receives(file, "provisional_permit")
    unit.pays(who, date(2022, 6, 1), 5_000)
    case = file_again(file).case
    assert (case.state, case.due_on) == ("exceptional", date(2024, 7, 4))
    assert unit.sweeps(date(2024, 7, 3)) == 0 and has_rights(file)
    unit.sweeps(date(2024, 7, 4))
    assert story(file)[-1] == "2024-07-04 close_exceptional → closed" and not has_rights(file)
    assert UndueClaim.objects.get(event__case=file.case).total_cents == 5_000


def test_id_05_a_ukrainian_settled_before_follows_the_common_rules(unit):
    """ID-02, ID-05: three months, as everybody."""
    file = unit.asks(unit.newcomer(), "ukrainian_settled")
    assert (file.case.state, file.case.due_on) == ("waiting", date(2022, 7, 4))


def test_id_05_force_majeure_recognised_later_lifts_the_suspension(unit):
    """ID-05: 27 months from the creation of the NIA, not from the decision."""
    file = unit.asks(unit.newcomer())
    unit.sweeps(date(2022, 10, 4))
    on = date(2022, 10, 20)
    decide(file=file_again(file), decision="exceptional", on=on, by="agent", at=at(on), book=rules.as_known_on(on), note="OFPRA")
    assert has_rights(file) and file_again(file).case.due_on == date(2024, 7, 4)


def test_id_05_each_step_is_told_to_the_person(unit):
    """ID-05: an SMS and a letter; a letter alone for who has no mobile; every text exists and finds its words."""
    with_mobile = unit.asks(unit.newcomer())
    without = unit.asks(unit.newcomer("Sacha", mobile=False))
    unit.sweeps(date(2022, 10, 4))
    both = [("remind", "letter", "identity-reminder"), ("remind", "sms", "identity-reminder"),
            ("suspend", "letter", "identity-suspension"), ("suspend", "sms", "identity-suspension")]  # fmt: skip
    assert messages(with_mobile) == both
    assert messages(without) == [each for each in both if each[1] == "letter"]
    for file in (with_mobile, without):
        for kind in ("passport", "birth_certificate"):
            unit.receives(file, kind, on=date(2022, 10, 10))
    assert ("send_to_sandia", "sms", "identity-complete") in messages(with_mobile)
    assert ("send_to_sandia", "letter", "identity-complete") not in messages(with_mobile)
    assert ("send_to_sandia", "letter", "identity-complete") in messages(without)
    for message in Message.objects.filter(cause_kind=CAUSE):
        template = Template.objects.get(slug=message.template, channel=message.channel, language="fr")
        lent = variables_of_steps([message.cause_id])[message.cause_id]
        assert template.body.format(**lent)
    reminder = CaseEvent.objects.get(case=with_mobile.case, name="remind")
    assert reminder.on == date(2022, 7, 4)


def test_id_06_refugee_status_granted(unit):
    """ID-06: a regular request on the OFPRA certificate, 27 months; the NIA takes the place of the NNP, which still finds
    them.
    """
    who = unit.newcomer()
    file = unit.asks(who, "asylum_seeker")
    assert (file.kind, file.case.process, file.case.due_on) == ("NNP", "under_nnp", None)
    nnp = Matricule.objects.get(person=who).value
    on = date(2022, 9, 1)
    after = decide_asylum(file=file, granted=True, on=on, by="agent", at=at(on), book=rules.as_known_on(on))
    assert (after.circumstance, after.kind, after.case.state, after.case.due_on) == (
        "refugee", "NIA", "exceptional", date(2024, 12, 2),
    )  # fmt: skip
    assert file_again(file).case.state == "taken_over"
    assert Person.objects.with_matricule(nnp).get() == who
    unit.receives(after, "passport", on=on)
    unit.receives(after, "ofpra_certificate", on=on)
    assert file_again(after).case.state == "examined"


def test_id_06_asylum_refused_is_ame_under_the_same_number(unit):
    """ID-06: AME, still the NNP; the decision is taken once."""
    who = unit.newcomer()
    file = unit.asks(who, "asylum_seeker")
    number, on = Matricule.objects.get(person=who), date(2022, 9, 1)
    book = rules.as_known_on(on)
    decide_asylum(file=file, granted=False, on=on, by="agent", at=at(on), book=book)
    assert IdentityFile.objects.get(pk=file.pk).circumstance == "irregular"
    assert Situation.objects.filter(person=who, kind="ame", starts_on=on).exists()
    assert Matricule.objects.get(person=who) == number and number.ends_on is None
    with pytest.raises(NotExpected):
        decide_asylum(file=file_again(file), granted=True, on=on, by="agent", at=at(on), book=book)


@pytest.mark.parametrize("circumstance", ["regular_born_abroad", "irregular"])
def test_id_07_fraud_ends_the_rights_and_claims_what_was_paid(unit, circumstance):
    """ID-07: under a NIA or a NNP; found at any time, once."""
    who = unit.newcomer()
    file = unit.asks(who, circumstance)
    unit.pays(who, date(2022, 5, 2), 700)
    on = date(2022, 5, 10)
    book = rules.as_known_on(on)
    decide(file=file, decision="fraud", on=on, by="agent", at=at(on), book=book, note="faux passeport")
    unit.pays(who, date(2022, 6, 2), 900)
    assert not has_rights(file)
    assert UndueClaim.objects.get(event__case=file.case).total_cents == 700
    with pytest.raises(NotExpected):
        decide(file=file_again(file), decision="fraud", on=on, by="agent", at=at(on), book=book, note="encore")


def test_id_05_ten_thousand_files_move_in_a_few_statements(unit, django_assert_max_num_queries):
    """ID-05: the sweep of many files asks the database a fixed number of times."""
    for rank in range(12):
        unit.asks(unit.newcomer(f"N{rank}", birth_date=date(1980, 1, 1 + rank)))
    with django_assert_max_num_queries(45):
        assert unit.sweeps(date(2022, 7, 4)) == 12
    assert date(2022, 4, 4) == OPENING

"""TG-08: who waits, plans kept and adopted, waves bounded by the adopted plan."""

from collections import Counter
from datetime import date, timedelta

import pyarrow as pa
import pytest
from django.db.models import Sum
from django.db.models.functions import Coalesce

from allant import clock
from allant.campaigns import waves
from allant.campaigns.actions import save_campaign, stop_campaign
from allant.campaigns.models import Campaign, Invitation, InvitationPlan, PlannedShare, WeeklyCapacity
from allant.campaigns.planner import bounds
from allant.campaigns.planner.capacities import Capacity, copy_week, entered, save_capacities
from allant.campaigns.planner.openings import in_order
from allant.campaigns.planner.plans import adopt_plan, capacities_changed, compute_plan
from allant.campaigns.planner.posing import CannotPlan, pose
from allant.campaigns.planner.reading import Plan
from allant.campaigns.planner.waiting import still_to_invite
from allant.country.replay.campaigns import save_campaigns
from allant.doctrine import rules
from allant.immunizations.models import Dose
from allant.outreach.actions import load_templates
from allant.people.actions import load_persons
from allant.targeting import define, tables

from .conftest import OPENING, plan

MONDAY = OPENING  # 18 January 2021
WEEK = timedelta(7)
PLACES = ("01", "13", "")
OLD, YOUNG = date(1930, 5, 17), date(1955, 5, 17)
BOOK = rules.as_known_on(MONDAY)


def people(first: int, count: int, departement: str | None, born: date) -> None:
    """`count` people of one département and birth date, numbered from `first`; a letter reaches them."""
    load_persons(
        pa.table({
            "person_id": list(range(first, first + count)),
            "family_name": ["Martin"] * count,
            "given_names": ["Jeanne"] * count,
            "birth_date": pa.array([born] * count),
            "birth_precision": ["day"] * count,
            "sex": ["F"] * count,
            "scheme": ["general"] * count,
            "departement_code": pa.array([departement] * count, pa.string()),
            "postcode": ["01000"] * count,
            "rights_open": [True] * count,
        }),
        by="test",
    )  # fmt: skip


def dose(person_id: int, on: date) -> None:
    Dose.objects.create(
        person_id=person_id, occurred_on=on, vaccine="comirnaty", dose_number=1, series="primary", series_doses=2,
        recorded_at=clock.now(), recorded_by="test", source="csv", source_key=f"test:{person_id}",
    )  # fmt: skip


def of_age(slug: str, age: int, starts_on: date = MONDAY, **changes) -> Campaign:
    """A campaign of people of that age and over without a dose."""
    t = tables()
    target = define((t.person.age_on(starts_on) >= age) & ~t.dose.exists())
    values = {"slug": slug, "title": slug, "starts_on": starts_on, "target": target, "channels": ("letter",)}
    return save_campaign(plan(**(values | changes)), by="test")


def enter(*rows: tuple[str, int, int], week: date = MONDAY, weeks: int = 1) -> None:
    """(département or '' for the reserve, doses, slots), the same for each week."""
    days = [week + rank * WEEK for rank in range(weeks)]
    save_capacities(
        "covid19", [Capacity(code, day, doses, slots) for day in days for code, doses, slots in rows], by="test", at=clock.now()
    )


def computed(weeks: int = 2, **changes) -> InvitationPlan:
    asked = {"first_week": MONDAY, "weeks": weeks, "as_of": MONDAY, "book": BOOK, "by": "test", "at": clock.now()}
    return compute_plan("covid19", **(asked | changes))


def adopted(weeks: int = 2, **changes) -> InvitationPlan:
    return adopt_plan(computed(weeks, **changes), by="test", at=clock.now(), on=MONDAY)


@pytest.fixture
def country(db):
    """20 elders and 30 others in the Ain, 10 elders and 10 others in the Bouches-du-Rhône, 4 elders somewhere."""
    load_templates(by="test")
    people(1, 20, "01", OLD)
    people(101, 30, "01", YOUNG)
    people(201, 10, "13", OLD)
    people(301, 10, "13", YOUNG)
    people(401, 4, None, OLD)
    return of_age("anciens", 75), of_age("soixante", 60, MONDAY + WEEK)


def waiting(*campaigns: Campaign) -> list[list[int]]:
    return still_to_invite([(each, MONDAY) for each in campaigns], PLACES).tolist()


def test_tg_08_each_person_waits_in_the_first_of_their_targets_only(country):
    elders, sixty = country
    assert waiting(elders, sixty) == [[20, 10, 4], [30, 10, 0]]
    assert waiting(sixty, elders) == [[50, 20, 4], [0, 0, 0]]


def test_tg_08_who_was_invited_held_out_or_vaccinated_waits_no_more(country):
    elders, sixty = country
    dose(1, MONDAY - WEEK)
    waves.launch_wave(elders, on=MONDAY, by="test", capacity=10, held_out=0.4)
    left = waiting(elders)
    assert sum(left[0]) == 33 - 10
    # Whoever was invited by the first campaign waits for the second one again, as its waves will find them.
    assert sum(waiting(elders, sixty)[1]) == 40 + 10


def test_tg_08_who_no_channel_reaches_does_not_wait(country):
    assert waiting(country[0]) == [[20, 10, 4]]
    assert waiting(of_age("courriels", 75, channels=("email",))) == [[0, 0, 0]]


def test_tg_08_a_plan_within_doses_and_slots_by_week_group_and_departement(country):
    enter(("01", 9, 6), ("13", 3, 30), ("", 3, 3), weeks=2)
    found = Plan(computed())
    groups = found.groups()
    # Six in ten come. Ain: 6 acts → 10 a week; Bouches-du-Rhône: 3 acts → 5; the reserve's 3 acts → 5 a week.
    assert [(line.campaign.slug, line.before, line.invited, line.after) for line in groups] == [
        ("anciens", 34, 34, 0), ("soixante", 40, 6, 34),
    ]  # fmt: skip
    assert [week.invited for week in found.by_week()] == [20, 20]
    assert found.by_week()[0].queue == 14 and found.by_week()[1].queue == 34
    assert groups[0].done_in == MONDAY + WEEK and groups[1].done_in is None
    assert Plan(found.row, "13").by_week()[0].limits == {3: 1}, "doses hold the Bouches-du-Rhône back"
    assert [line.code for line in found.by_place()] == ["01", "13", ""]
    assert found.by_week()[1].by_group == {"anciens": 14, "soixante": 6}


def test_tg_08_second_doses_come_first(country):
    """First doses of four weeks before take the places of that week."""
    for person in range(101, 107):
        dose(person, MONDAY - timedelta(28))
    enter(("01", 9, 9), weeks=2)
    found = Plan(computed())
    assert [(week.owed, week.invited) for week in found.by_week()] == [(6, 5), (0, 15)]


def test_tg_08_people_already_invited_in_the_first_week_will_take_its_doses(country):
    elders, _ = country
    enter(("01", 6, 6), ("13", 6, 6), weeks=2)
    waves.launch_wave(elders, on=MONDAY, by="test", capacity=34)
    assert Plan(computed(1)).by_week()[0].invited == 0


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"first_week": MONDAY + timedelta(2)}, "n'est pas un lundi : indiquez le 18/01/2021"),
        ({"first_week": MONDAY - WEEK}, "est passée"),
        ({"weeks": 0}, "de 1 à 26"),
        ({"weeks": 27}, "de 1 à 26"),
        ({"first_week": MONDAY + 9 * WEEK}, "saisissez d'abord"),
    ],
)
def test_tg_08_what_cannot_be_planned_is_said_in_french(country, asked, said):
    enter(("01", 9, 9), weeks=4)
    with pytest.raises(CannotPlan, match=said):
        computed(**asked)
    assert not InvitationPlan.objects.exists()


def test_tg_08_a_stopped_or_ended_campaign_is_not_planned(country):
    elders, sixty = country
    enter(("01", 90, 90), weeks=2)
    stop_campaign(elders, by="test")
    assert [line.campaign for line in Plan(computed()).groups()] == [sixty]


def invited() -> Counter:
    place = Coalesce("person__departement_code", bounds.Value(""))
    return Counter(Invitation.objects.values_list("campaign__slug", "invited_on", place))


def test_tg_08_the_adopted_plan_bounds_the_waves_of_its_weeks(country):
    elders, sixty = country
    enter(("01", 6, 6), ("13", 3, 3), ("", 3, 3), weeks=2)
    assert computed().adopted_at is None and bounds.planned(elders, MONDAY) is None, "computed is not adopted"
    row = adopted()
    seen = bounds.planned(elders, MONDAY)
    assert seen and seen.plan == row and seen.total == 20
    first = waves.launch_wave(elders, on=MONDAY, by="test")
    assert first and (first.found, first.size) == (34, 20)
    expected = dict(PlannedShare.objects.filter(plan=row, week=MONDAY, invited__gt=0).values_list("departement_code", "invited"))
    assert invited() == Counter({("anciens", MONDAY, code): persons for code, persons in expected.items()})
    assert waves.launch_wave(elders, on=MONDAY + timedelta(1), by="test") is None, "the share of the week is gone"
    waves.launch_wave(elders, on=MONDAY + WEEK, by="test")
    waves.launch_wave(sixty, on=MONDAY + WEEK, by="test")
    assert sum(invited().values()) == PlannedShare.objects.filter(plan=row).aggregate(n=Sum("invited"))["n"]
    assert Invitation.objects.values("person").distinct().count() == Invitation.objects.count(), "each in one group only"
    after = bounds.planned(elders, MONDAY + 2 * WEEK)
    assert after is None, "outside the plan's weeks: as without a plan"


def test_tg_08_a_wave_in_two_parts_takes_the_share_of_the_week_once(country):
    elders, _ = country
    enter(("01", 6, 6), ("13", 3, 3), weeks=1)
    adopted(1)
    assert waves.launch_wave(elders, on=MONDAY, by="test", capacity=4).size == 4
    rest = waves.launch_wave(elders, on=MONDAY + timedelta(1), by="test")
    assert rest.size == 11 and sum(invited().values()) == 15
    # A plan computed now counts them as doses of the week, and does not take them off its own shares again.
    enter(("01", 12, 12))
    second = adopted(1, as_of=MONDAY + timedelta(2))
    more = PlannedShare.objects.get(plan=second, departement_code="01").invited
    assert more == 10 and bounds.planned(elders, MONDAY + timedelta(2)).left == {"01": 10}


def test_tg_08_the_people_of_a_more_urgent_group_are_left_to_it(country):
    """Both open: the wave of the sixty and over takes nobody of 75 while elders still wait in the plan."""
    also = of_age("tous", 18)
    enter(("01", 60, 60), ("13", 60, 60))
    adopted(1)
    query, _ = waves.planned_sql(also, also.current_target.on(MONDAY), bounds.planned(also, MONDAY), MONDAY, None)
    assert query.count("FROM people_person") == 1, "the register is read once for both targets"
    wave = waves.launch_wave(also, on=MONDAY, by="test")
    assert wave.size == 40 and not Invitation.objects.filter(person__birth_date=OLD).exists()


def test_tg_08_who_was_invited_before_the_plan_is_of_the_next_group(country):
    elders, _ = country
    also = of_age("tous", 18)
    waves.launch_wave(elders, on=MONDAY, by="test")
    enter(("01", 200, 200), ("13", 200, 200), ("", 20, 20))
    adopted(1)
    assert waves.launch_wave(also, on=MONDAY, by="test").size == 74, "34 of them invited by the first group before"


def test_tg_08_groups_come_by_opening_day_never_before_their_own_first_day():
    """The doctrine's rank decides between those of one day only; a campaign made on a page comes after them."""
    day = date(2021, 3, 27)
    days = {"covid-75": date(2021, 6, 1), "une-page": day, "covid-70": date(2021, 1, 1)}
    campaigns = [Campaign(slug=slug, starts_on=starts_on) for slug, starts_on in days.items()]
    found = in_order("covid19", campaigns, rules.as_known_on(day))
    assert [(each.slug, opens_on) for each, opens_on in found] == [
        ("covid-70", day), ("une-page", day), ("covid-75", date(2021, 6, 1)),
    ]  # fmt: skip


def test_tg_08_a_bounded_wave_leaves_out_who_no_channel_reaches(country):
    elders, _ = country
    enter(("01", 60, 60))
    adopted(1)
    elders.channels = ["email"]
    elders.save()
    assert waves.launch_wave(elders, on=MONDAY, by="test") is None and not Invitation.objects.exists()


def test_tg_08_only_a_group_that_runs_and_waits_that_week_keeps_its_people(country):
    elders, _ = country
    also = of_age("tous", 18)
    enter(("01", 60, 60), ("13", 60, 60), ("", 60, 60), weeks=2)
    adopted(2)
    kept = [bounds.planned(also, day).more_urgent for day in (MONDAY, MONDAY + WEEK)]
    assert kept == [[elders], []], "all of them are invited in the first week"
    stop_campaign(elders, by="test")
    assert bounds.planned(also, MONDAY).more_urgent == []


def test_tg_08_a_campaign_that_the_plan_does_not_know_is_not_bounded(country):
    enter(("01", 6, 6))
    adopted(1)
    late = of_age("apres-coup", 70)
    assert bounds.planned(late, MONDAY) is None and waves.launch_wave(late, on=MONDAY, by="test").size == 34


def test_tg_08_the_last_adopted_plan_stands_and_adopting_twice_changes_nothing(country):
    enter(("01", 6, 6), weeks=3)
    first, second = adopted(), adopted(1)
    again = adopt_plan(first, by="autre", at=clock.now(), on=MONDAY)
    assert again.adopted_by == "test" and bounds.adopted("covid19") == second
    with pytest.raises(CannotPlan, match="passées"):
        adopt_plan(computed(1), by="test", at=clock.now(), on=MONDAY + WEEK)


def test_capacities_are_entered_changed_cleared_and_copied(db):
    enter(("01", 6, 7), ("13", 1, 2), ("", 5, 5))
    assert save_capacities("covid19", [Capacity("01", MONDAY, 6, 7)], by="test", at=clock.now()) == 0
    changed = save_capacities("covid19", [Capacity("01", MONDAY, 8, 7)], by="b", at=clock.now(), cleared=[("13", MONDAY)])
    assert changed == 2
    assert entered("covid19") == [Capacity("", MONDAY, 5, 5), Capacity("01", MONDAY, 8, 7)]
    enter(("01", 1, 1), week=MONDAY + WEEK)
    assert copy_week("covid19", MONDAY + WEEK, by="test", at=clock.now()) == 1
    assert entered("covid19", [MONDAY + WEEK]) == [Capacity("", MONDAY + WEEK, 5, 5), Capacity("01", MONDAY + WEEK, 1, 1)]
    assert not entered("grippe")
    with pytest.raises(ValueError, match="Monday"):
        enter(("01", 1, 1), week=MONDAY + timedelta(1))


def test_a_plan_tells_that_its_capacities_have_changed_since(country):
    enter(("01", 6, 6), weeks=2)
    row = computed()
    assert not capacities_changed(row)
    WeeklyCapacity.objects.filter(week=MONDAY).update(doses=7)
    assert capacities_changed(row)


PHASES = rules.as_known_on(date(2022, 12, 31)).version("covid.priority", date(2022, 12, 31)).members


@pytest.mark.parametrize("phase", PHASES, ids=[phase.key for phase in PHASES])
def test_tg_08_every_phase_has_its_date_and_source(phase):
    assert phase.in_force and phase.known_from <= phase.in_force and phase.source


def test_tg_08_the_plan_of_the_real_phases_of_2021_never_invites_before_a_phase_opens(db):
    """Every campaign of the programme, by what was known on 1 March 2021: adults were not dated yet, 50 and over neither."""
    load_templates(by="test")
    for first, born in ((1, date(1930, 1, 1)), (21, date(1949, 1, 1)), (41, date(1959, 1, 1)), (61, date(1990, 1, 1))):
        people(first, 20, "01", born)
    save_campaigns(rules.as_known_on(date(2021, 11, 21)), 1)
    start = date(2021, 3, 1)
    enter(("01", 100, 100), week=start, weeks=20)
    known = rules.as_known_on(start)
    problem = pose("covid19", first_week=start, weeks=20, as_of=start, book=known).problem
    opens = {group.name: group.opens_on for group in problem.groups}
    assert opens["covid-75"] == date(2021, 1, 18) and opens["covid-70"] == date(2021, 3, 27)
    for day, adults in ((date(2021, 4, 1), date(2021, 6, 15)), (date(2021, 5, 20), date(2021, 5, 31))):
        found = Plan(computed(12, first_week=bounds.monday(day), as_of=day, book=rules.as_known_on(day)))
        assert found.openings[found.slugs.index("covid-adultes")] == adults
        for line, numbers in zip(found.groups(), found.invited.swapaxes(0, 1), strict=True):
            served = [week for week, persons in zip(found.weeks, numbers, strict=True) if persons.sum()]
            assert all(line.opens_on < week + WEEK for week in served), line.campaign.slug
        assert found.invited.sum() > 0

"""The ready-made campaigns: TG-05 standing exclusions, TG-08 phases, TG-12 what is shipped."""

from dataclasses import dataclass, field
from datetime import date, timedelta

import pytest

from allant import clock
from allant.campaigns.actions import CampaignPlan, save_campaign
from allant.campaigns.models import Invitation, Wave
from allant.doctrine import rules
from allant.immunizations.models import Dose
from allant.outreach.actions import load_templates
from allant.outreach.models import Channel, Template
from allant.people.models import Person, Situation
from allant.targeting import engine_postgres, sentence
from allant.vaccination.campaigns import exclusions, population, ready_made

LAST_DAY = date(2021, 11, 21)
BOOK = rules.as_known_on(LAST_DAY)
PLANS = {plan.slug: plan for plan in ready_made(BOOK)}
ALLER_VERS = "covid-aller-vers-75"


@dataclass(frozen=True)
class Somebody:
    """A person on a campaign's first day: born `years` before, `days` later; situations from and until days of that day."""

    years: int
    days: int = 0
    situations: tuple[str, ...] = ()
    dose: bool = False
    complete_months: int | None = None
    boosted: bool = False
    other: dict[str, object] = field(default_factory=dict)

    def settle(self, on: date) -> int:
        """Put them in the register; their number."""
        born = date(on.year - self.years, on.month, on.day) + timedelta(self.days)
        person = Person.objects.create(family_name="Martin", given_names="Jeanne", birth_date=born, **self.other)
        for name in self.situations:
            kind, _, code = name.partition(":")
            Situation.objects.create(person=person, kind=kind, code=code, starts_on=on - timedelta(30))
        if self.complete_months is not None:
            _dose(person, 1, _months_before(on, self.complete_months) - timedelta(28))
            _dose(person, 2, _months_before(on, self.complete_months))
        if self.dose:
            _dose(person, 1, on - timedelta(1))
        if self.boosted:
            _dose(person, 3, on - timedelta(1), series="booster")
        return person.pk


def _dose(person: Person, number: int, on: date, series: str = "primary") -> None:
    Dose.objects.create(
        person=person, occurred_on=on, vaccine="comirnaty", dose_number=number, series=series, series_doses=2,
        recorded_at=clock.now(), recorded_by="test", source="csv", source_key=f"{person.pk}:{number}",
    )  # fmt: skip


def _months_before(on: date, months: int) -> date:
    year, month = divmod(on.year * 12 + on.month - 1 - months, 12)
    return date(year, month + 1, on.day)


EHPAD, NURSE, ALD = ("institution:ehpad",), ("profession:infirmier",), ("ald:ald8",)
INSIDE = {
    "covid-ehpad": [Somebody(60, situations=EHPAD), Somebody(90, situations=("institution:usld",))],
    "covid-soignants": [Somebody(18, situations=NURSE), Somebody(63, situations=NURSE)],
    "covid-75": [Somebody(75), Somebody(104), Somebody(80, situations=EHPAD)],
    ALLER_VERS: [Somebody(75), Somebody(75, situations=ALD)],
    "covid-comorbidites-50": [Somebody(50, situations=ALD), Somebody(65, 1, situations=("obesity",))],
    "covid-70": [Somebody(70)],
    "covid-60": [Somebody(60)],
    "covid-50": [Somebody(50)],
    "covid-adultes": [Somebody(18), Somebody(99)],
    "covid-12-17": [Somebody(12), Somebody(18, 1)],
    "covid-rappel-80": [Somebody(80, complete_months=6)],
    "covid-rappel-65-79": [Somebody(65, complete_months=6), Somebody(80, 1, complete_months=7)],
}
OUTSIDE = {
    "covid-ehpad": [Somebody(90), Somebody(90, situations=("institution:mas_fam",)), Somebody(90, situations=EHPAD, dose=True)],
    "covid-soignants": [Somebody(40), Somebody(18, 1, situations=NURSE), Somebody(40, situations=NURSE, dose=True)],
    "covid-75": [Somebody(75, 1), Somebody(80, dose=True)],
    ALLER_VERS: [Somebody(75, 1), Somebody(80, dose=True), Somebody(80, situations=EHPAD)],
    "covid-comorbidites-50": [Somebody(50), Somebody(50, 1, situations=ALD), Somebody(65, situations=ALD)],
    "covid-70": [Somebody(70, 1), Somebody(70, dose=True)],
    "covid-60": [Somebody(60, 1)],
    "covid-50": [Somebody(50, 1)],
    "covid-adultes": [Somebody(18, 1), Somebody(18, dose=True)],
    "covid-12-17": [Somebody(12, 1), Somebody(18)],
    "covid-rappel-80": [
        Somebody(80, 1, complete_months=6), Somebody(80), Somebody(80, dose=True), Somebody(80, complete_months=5),
        Somebody(80, complete_months=7, boosted=True),
    ],
    "covid-rappel-65-79": [Somebody(80, complete_months=6), Somebody(65, 1, complete_months=6), Somebody(70, complete_months=5)],
}  # fmt: skip


def found(plan: CampaignPlan) -> set[int]:
    return set(engine_postgres.people(plan.target)["person_id"].to_pylist())


@pytest.mark.django_db
@pytest.mark.parametrize("slug", PLANS)
def test_tg_08_each_phase_holds_of_people_inside_and_not_of_those_outside(slug):
    plan = PLANS[slug]
    inside = {somebody.settle(plan.starts_on) for somebody in INSIDE[slug]}
    outside = {somebody.settle(plan.starts_on) for somebody in OUTSIDE[slug]}
    assert inside and outside
    assert found(plan) == inside


@pytest.mark.django_db
@pytest.mark.parametrize("slug", PLANS)
def test_tg_02_the_objective_speaks_of_the_living_with_or_without_the_act(slug):
    plan = PLANS[slug]
    inside = [somebody.settle(plan.starts_on) for somebody in INSIDE[slug]]
    concerned = engine_postgres.people(plan.objective_population)["person_id"].to_pylist()
    assert concerned == inside
    _dose(Person.objects.get(pk=inside[0]), 9, plan.starts_on)
    Person.objects.filter(pk=inside[-1]).update(died_on=plan.starts_on)
    still = engine_postgres.people(plan.objective_population)["person_id"].to_pylist()
    assert still == inside[:-1]


EXCLUDED = {
    "deceased": Somebody(80, other={"died_on": date(2021, 3, 1)}),
    "rights_closed": Somebody(80, other={"rights_open": False}),
    "opted_out": Somebody(80, situations=("opted_out",)),
    "already_invited": Somebody(80),
    "institution": Somebody(80, situations=("institution:other",)),
    "guardianship": Somebody(80, situations=("guardianship",)),
    "mgen": Somebody(80, other={"scheme": "mgen"}),
    "msa": Somebody(80, other={"scheme": "msa"}),
    "cnmss": Somebody(80, other={"scheme": "cnmss"}),
}
ALLER_VERS_ONLY = {"institution", "guardianship"}


def test_tg_05_every_ground_of_the_doctrine_has_its_person():
    grounds = [*BOOK.value("targeting.standing_exclusions", LAST_DAY), *BOOK.value("targeting.schemes_apart", LAST_DAY)]
    assert {ground["code"] for ground in grounds} == set(EXCLUDED)


def invited(plan: CampaignPlan, person: int) -> None:
    """As if a wave had invited that person."""
    campaign = save_campaign(plan, by="test")
    wave = Wave.objects.create(
        campaign=campaign, target_version=campaign.current_target, number=1, planned_on=plan.starts_on, as_of=plan.starts_on,
        found=1, size=1, target_hash="", target_file="", first_serial=1, key_version=1, launched_at=clock.now(),
        launched_by="test",
    )  # fmt: skip
    Invitation.objects.create(
        campaign=campaign, wave=wave, person_id=person, channel="sms", invited_on=plan.starts_on, code_serial=1,
        code_key_version=1,
    )  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("slug", [ALLER_VERS, "covid-75"])
@pytest.mark.parametrize("ground", EXCLUDED)
def test_tg_05_each_standing_exclusion_excludes(slug, ground):
    plan = PLANS[slug]
    like_them, excluded = Somebody(80).settle(plan.starts_on), EXCLUDED[ground].settle(plan.starts_on)
    if ground == "already_invited":
        invited(plan, excluded)
    contacted = slug == "covid-75" and ground in ALLER_VERS_ONLY
    assert found(plan) == ({like_them, excluded} if contacted else {like_them})


@pytest.mark.django_db
def test_tg_05_an_exclusion_that_has_ended_and_another_campaign_exclude_no_more():
    plan = PLANS[ALLER_VERS]
    freed, invited_elsewhere = Somebody(80).settle(plan.starts_on), Somebody(80).settle(plan.starts_on)
    Situation.objects.create(person_id=freed, kind="guardianship", starts_on=date(2020, 1, 1), ends_on=plan.starts_on)
    invited(PLANS["covid-75"], invited_elsewhere)
    assert found(plan) == {freed, invited_elsewhere}


def test_tg_05_an_exclusion_nobody_can_read_is_refused():
    class Other:
        def value(self, key, on):
            return [{"code": "left_handed", "applies_to": "all"}] if "exclusions" in key else [{"code": "msa"}]

    with pytest.raises(LookupError, match="« left_handed »"):
        exclusions(Other(), LAST_DAY, slug="essai", contact="information")  # type: ignore[arg-type]


def test_a_group_by_vaccine_alone_is_no_population_of_a_day():
    with pytest.raises(ValueError, match="janssen"):
        population({"vaccines": ["janssen"]}, LAST_DAY)


def test_tg_12_the_campaigns_of_2021_are_shipped_by_opening_day():
    assert set(PLANS) == set(INSIDE) == set(OUTSIDE)
    days = [plan.starts_on for plan in PLANS.values()]
    assert days == sorted(days)
    assert (PLANS["covid-ehpad"].starts_on, PLANS["covid-adultes"].starts_on) == (date(2020, 12, 27), date(2021, 5, 31))
    assert (PLANS[ALLER_VERS].starts_on, PLANS[ALLER_VERS].channels) == (date(2021, 3, 31), ("call", "sms"))


def test_tg_08_a_campaign_whose_phase_is_not_known_yet_is_not_there():
    known = {plan.slug for plan in ready_made(rules.as_known_on(date(2021, 1, 20)))}
    assert known == {"covid-ehpad", "covid-75", ALLER_VERS}


def test_tg_12_each_campaign_says_its_sources_or_its_assumptions():
    for plan in PLANS.values():
        assert plan.source and plan.objective and sentence(plan.target), plan.slug


@pytest.mark.django_db
def test_av_13_each_channel_of_a_campaign_has_its_wording():
    load_templates(by="test")
    loaded = set(Template.objects.values_list("slug", "channel"))
    wanted = {(plan.template, channel) for plan in PLANS.values() for channel in plan.channels}
    assert wanted - loaded == set()
    assert {channel for _, channel in wanted} <= set(Channel.values)


def test_tg_01_the_objective_of_the_seed_is_kept():
    assert PLANS[ALLER_VERS].objective_share == PLANS["covid-75"].objective_share
    assert f"{PLANS[ALLER_VERS].objective_share}" == "0.8" and "2,3 millions" in PLANS[ALLER_VERS].objective

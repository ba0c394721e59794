"""The ready-made campaigns: TG-05 standing exclusions, TG-06 why, TG-08 phases, TG-12 what is shipped."""

from dataclasses import replace
from datetime import date

import pytest
from django.db import connection

from allant import clock, facts
from allant.campaigns.actions import CampaignPlan, save_campaign
from allant.campaigns.exclusions import exclusions
from allant.campaigns.models import Invitation, Wave
from allant.campaigns.populations import population
from allant.campaigns.ready_made import ready_made
from allant.doctrine import rules
from allant.outreach.actions import load_templates
from allant.outreach.models import Channel, Template
from allant.people.models import Person, Situation
from allant.targeting import engine_postgres, sentence, why
from tests.campaigns.ready_made.somebody import Somebody, give

LAST_DAY = date(2022, 12, 31)
BOOK = rules.as_known_on(LAST_DAY)
PLANS = {plan.slug: plan for plan in ready_made(BOOK)}
ALLER_VERS = "covid-aller-vers-75"
EVERYBODY = "espace-sante-notification"

EHPAD, NURSE, ALD = ("institution:ehpad",), ("profession:nurse",), ("ald:8",)
PREGNANT, AT_RISK = ("pregnancy",), ("immunodepressed",)
INSIDE = {
    "covid-ehpad": [Somebody(60, situations=EHPAD), Somebody(90, situations=("institution:usld",))],
    "covid-soignants": [Somebody(18, situations=NURSE), Somebody(63, situations=NURSE)],
    "covid-75": [Somebody(75), Somebody(104), Somebody(80, situations=EHPAD)],
    ALLER_VERS: [Somebody(75), Somebody(75, situations=ALD)],
    "covid-comorbidites-50": [Somebody(50, situations=ALD), Somebody(65, 1, situations=("obesity",))],
    "covid-comorbidites-65": [Somebody(65, situations=ALD), Somebody(75, 1, situations=AT_RISK)],
    "covid-70": [Somebody(70)],
    "covid-grossesse": [Somebody(18, situations=PREGNANT), Somebody(40, situations=PREGNANT)],
    "covid-60": [Somebody(60)],
    "covid-comorbidites-18": [Somebody(18, situations=ALD), Somebody(90, situations=("obesity",))],
    "covid-50": [Somebody(50)],
    "covid-adultes": [Somebody(18), Somebody(99)],
    "covid-12-17": [Somebody(12), Somebody(18, 1)],
    "covid-5-11": [Somebody(5), Somebody(12, 1)],
    "covid-aller-vers-80": [Somebody(80), Somebody(95, doctor=False)],
    "covid-aller-vers-precaires": [Somebody(18, situations=("c2s",)), Somebody(70, situations=("ame",))],
    "covid-medicalise-sans-medecin": [
        Somebody(40, situations=AT_RISK, doctor=False),
        Somebody(18, situations=("ald:30",), doctor=False),
    ],
    "covid-medicalise": [Somebody(40, situations=AT_RISK), Somebody(70, situations=("ald:5",), doctor=False)],
    "covid-courrier-93": [Somebody(75)],
    "covid-courrier-84": [Somebody(75, situations=("nursing_care",))],
    "covid-courrier-75": [Somebody(75)],
    "covid-rappel-80": [Somebody(80, complete_months=6)],
    "covid-rappel-65-79": [Somebody(65, complete_months=6), Somebody(80, 1, complete_months=7)],
    "covid-rappel-janssen": [Somebody(18, complete_months=1, vaccine="janssen")],
    "covid-rappel-comorbidites": [
        Somebody(18, situations=ALD, complete_months=6),
        Somebody(65, 1, situations=AT_RISK, complete_months=7),
    ],
    "covid-rappel-adultes": [Somebody(18, complete_months=5), Somebody(65, 1, complete_months=6)],
    "covid-rappel-janssen-decembre": [
        Somebody(18, complete_months=1, vaccine="janssen"),
        Somebody(70, complete_months=5, vaccine="janssen"),
    ],
    "covid-rappel-65": [Somebody(65, complete_months=1), Somebody(90, complete_months=8)],
    "grippe-2021-bons": [
        Somebody(65),
        Somebody(40, situations=ALD),
        Somebody(30, situations=NURSE),
        Somebody(30, situations=("profession:home_helper",)),
    ],
    "grippe-2021-grossesse": [Somebody(30, situations=PREGNANT)],
    "grippe-2022-bons": [Somebody(65), Somebody(40, situations=ALD), Somebody(30, situations=NURSE)],
    "grippe-2022-grossesse": [Somebody(30, situations=PREGNANT)],
    "grippe-2022-ame": [Somebody(65, situations=("ame",)), Somebody(30, situations=("ame", "pregnancy"))],
    "c2s-rsa": [Somebody(30, situations=("rsa",))],
    "c2s-aspa": [Somebody(70, situations=("aspa",))],
    "ame-information": [Somebody(30, situations=("ame",))],
    EVERYBODY: [Somebody(1), Somebody(90), Somebody(40, other={"scheme": "msa"})],
}
OUTSIDE = {
    "covid-ehpad": [Somebody(90), Somebody(90, situations=("institution:mas_fam",)), Somebody(90, situations=EHPAD, dose=True)],
    "covid-soignants": [Somebody(40), Somebody(18, 1, situations=NURSE), Somebody(40, situations=NURSE, dose=True)],
    "covid-75": [Somebody(75, 1), Somebody(80, dose=True)],
    ALLER_VERS: [Somebody(75, 1), Somebody(80, dose=True), Somebody(80, situations=EHPAD)],
    "covid-comorbidites-50": [Somebody(50), Somebody(50, 1, situations=ALD), Somebody(65, situations=ALD)],
    "covid-comorbidites-65": [Somebody(65), Somebody(65, 1, situations=ALD), Somebody(75, situations=ALD)],
    "covid-70": [Somebody(70, 1), Somebody(70, dose=True)],
    "covid-grossesse": [Somebody(30), Somebody(18, 1, situations=PREGNANT), Somebody(30, situations=PREGNANT, dose=True)],
    "covid-60": [Somebody(60, 1)],
    "covid-comorbidites-18": [Somebody(18), Somebody(18, 1, situations=ALD)],
    "covid-50": [Somebody(50, 1)],
    "covid-adultes": [Somebody(18, 1), Somebody(18, dose=True)],
    "covid-12-17": [Somebody(12, 1), Somebody(18)],
    "covid-5-11": [Somebody(5, 1), Somebody(12)],
    "covid-aller-vers-80": [Somebody(80, 1), Somebody(85, dose=True), Somebody(85, situations=("guardianship",))],
    "covid-aller-vers-precaires": [
        Somebody(40),
        Somebody(18, 1, situations=("c2s",)),
        Somebody(40, situations=("c2s",), dose=True),
    ],
    "covid-medicalise-sans-medecin": [
        Somebody(40, situations=AT_RISK),
        Somebody(40, doctor=False),
        Somebody(40, situations=ALD, doctor=False),
    ],
    "covid-medicalise": [
        Somebody(40),
        Somebody(40, situations=AT_RISK, dose=True),
        Somebody(40, situations=(*AT_RISK, "guardianship")),
    ],
    "covid-courrier-93": [Somebody(75, 1), Somebody(80, dose=True)],
    "covid-courrier-84": [Somebody(75), Somebody(80, situations=("nursing_care",), dose=True)],
    "covid-courrier-75": [Somebody(75, 1), Somebody(80, dose=True)],
    "covid-rappel-80": [
        Somebody(80, 1, complete_months=6),
        Somebody(80),
        Somebody(80, dose=True),
        Somebody(80, complete_months=5),
        Somebody(80, complete_months=7, boosted=True),
    ],
    "covid-rappel-65-79": [Somebody(80, complete_months=6), Somebody(65, 1, complete_months=6), Somebody(70, complete_months=5)],
    "covid-rappel-janssen": [Somebody(18, complete_months=6), Somebody(18, complete_months=0, vaccine="janssen")],
    "covid-rappel-comorbidites": [
        Somebody(65, situations=ALD, complete_months=6),
        Somebody(40, situations=ALD, complete_months=5),
        Somebody(40, complete_months=6),
    ],
    "covid-rappel-adultes": [
        Somebody(18, complete_months=4),
        Somebody(65, complete_months=6),
        Somebody(40, complete_months=6, boosted=True),
    ],
    "covid-rappel-janssen-decembre": [
        Somebody(40, complete_months=6),
        Somebody(40, complete_months=4, vaccine="janssen", boosted=True),
    ],
    "covid-rappel-65": [Somebody(64, complete_months=6), Somebody(70, dose=True), Somebody(70, complete_months=6, boosted=True)],
    "grippe-2021-bons": [
        Somebody(64),
        Somebody(30, situations=PREGNANT),
        Somebody(30, situations=("obesity",)),
        Somebody(70, situations=("ame",)),
    ],
    "grippe-2021-grossesse": [Somebody(30), Somebody(70), Somebody(30, situations=("ame", "pregnancy"))],
    "grippe-2022-bons": [Somebody(64), Somebody(30, situations=PREGNANT), Somebody(70, situations=("ame",))],
    "grippe-2022-grossesse": [Somebody(70)],
    "grippe-2022-ame": [Somebody(30, situations=("ame",)), Somebody(70)],
    "c2s-rsa": [Somebody(30, situations=("rsa", "c2s")), Somebody(30), Somebody(18, 1, situations=("rsa",))],
    "c2s-aspa": [Somebody(70, situations=("aspa", "c2s")), Somebody(70)],
    "ame-information": [Somebody(30, situations=("c2s",))],
    EVERYBODY: [Somebody(40, situations=("ame",))],
}


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
@pytest.mark.parametrize("slug", [slug for slug, plan in PLANS.items() if plan.objective_population])
def test_tg_02_the_objective_speaks_of_the_living_with_or_without_the_act(slug):
    plan = PLANS[slug]
    inside = [somebody.settle(plan.starts_on) for somebody in INSIDE[slug]]
    concerned = engine_postgres.people(plan.objective_population)["person_id"].to_pylist()
    assert concerned == inside
    give(Person.objects.get(pk=inside[0]), 9, plan.starts_on)
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
ALLER_VERS_ONLY, SCHEMES = {"institution", "guardianship"}, {"mgen", "msa", "cnmss"}
OUTREACH = {slug for slug in PLANS if "aller-vers" in slug or "medicalise" in slug}


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
@pytest.mark.parametrize("slug", PLANS)
def test_tg_05_each_standing_exclusion_excludes(slug):
    """For each kind: somebody it means, and the same in each of the grounds of the doctrine."""
    plan, like_them = PLANS[slug], INSIDE[slug][0]
    met, expected = like_them.settle(plan.starts_on), set()
    for ground, somebody in EXCLUDED.items():
        excluded = replace(like_them, situations=like_them.situations + somebody.situations, other=somebody.other)
        number = excluded.settle(plan.starts_on)
        if ground == "already_invited":
            invited(plan, number)
        elif (ground in ALLER_VERS_ONLY and slug not in OUTREACH) or (ground in SCHEMES and slug == EVERYBODY):
            expected.add(number)
    assert found(plan) == {met} | expected


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


def test_tg_12_the_campaigns_are_shipped_by_opening_day():
    assert set(PLANS) == set(INSIDE) == set(OUTSIDE)
    days = [plan.starts_on for plan in PLANS.values()]
    assert days == sorted(days)
    opening = {
        "covid-ehpad": (2020, 12, 27), "covid-75": (2021, 1, 18), ALLER_VERS: (2021, 3, 31), "covid-adultes": (2021, 5, 31),
        "covid-medicalise": (2021, 7, 26), "covid-medicalise-sans-medecin": (2021, 7, 26), "grippe-2021-bons": (2021, 10, 22),
        "covid-rappel-comorbidites": (2021, 11, 19), "covid-rappel-adultes": (2021, 11, 27), "covid-rappel-65": (2021, 12, 1),
        "covid-rappel-janssen-decembre": (2021, 12, 1), "grippe-2022-bons": (2022, 10, 23), "c2s-rsa": (2022, 1, 1),
        "c2s-aspa": (2022, 4, 1), EVERYBODY: (2022, 1, 1),
    }  # fmt: skip
    assert {slug: PLANS[slug].starts_on for slug in opening} == {slug: date(*day) for slug, day in opening.items()}
    assert PLANS[ALLER_VERS].channels == ("call", "sms")


def test_tg_08_a_campaign_whose_phase_is_not_known_yet_is_not_there():
    known = {plan.slug for plan in ready_made(rules.as_known_on(date(2021, 1, 20)))}
    assert {"covid-ehpad", "covid-75", ALLER_VERS} <= known  # and those that will go back to the 75 and over
    assert not known & {"covid-70", "covid-adultes", "covid-medicalise", "covid-rappel-80", "grippe-2021-bons", EVERYBODY}


def test_tg_12_each_campaign_says_its_sources_or_its_assumptions():
    for plan in PLANS.values():
        assert plan.source and plan.objective and sentence(plan.target), plan.slug


def test_tg_12_only_the_calls_of_the_medical_service_are_medical():
    assert {slug for slug, plan in PLANS.items() if plan.medical} == {"covid-medicalise", "covid-medicalise-sans-medecin"}
    assert {plan.channels for plan in PLANS.values() if plan.medical} == {("call",)}


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


@pytest.mark.django_db
@pytest.mark.parametrize("slug", PLANS)
def test_tg_06_why_agrees_with_the_target_for_each_campaign(slug):
    """One of each side, explained in French criterion by criterion."""
    plan = PLANS[slug]
    for somebody, expected in ((INSIDE[slug][0], True), (OUTSIDE[slug][0], False)):
        verdict = why(plan.target, facts.of_person(connection, somebody.settle(plan.starts_on)))
        assert verdict.holds is expected
        assert len(verdict.parts) >= 4 and all(part.wording for part in verdict.parts)

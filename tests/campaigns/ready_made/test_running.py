"""TG-12: `allant campaign run` does all of a ready-made campaign, once a day."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from pytest_django import Settings
from typer.testing import CliRunner

from allant.campaigns.actions import save_campaign
from allant.campaigns.models import Invitation, SchemeFile
from allant.campaigns.proposals.slot_letters import SLOT
from allant.campaigns.ready_made.commands import app
from allant.campaigns.ready_made.running import run_campaign
from allant.campaigns.scheme_files import SchemeFileRefused, write_scheme_file
from allant.campaigns.waves import launch_wave
from allant.people.models import Person
from tests.campaigns.conftest import persons
from tests.campaigns.proposal_cases import centre
from tests.campaigns.ready_made.somebody import Somebody
from tests.campaigns.ready_made.test_targets import BOOK, INSIDE, OUTSIDE, PLANS

pytestmark = pytest.mark.django_db
NAME, DAY = "covid-75", "2021-02-01"


@pytest.fixture
def register(settings: Settings, tmp_path: Path) -> Path:
    """Thirty people of 80, five of the MSA; half have a mobile."""
    settings.ALLANT_HOME = tmp_path
    persons(30)
    Person.objects.filter(pk__lte=5).update(scheme="msa")
    return tmp_path


def run(*words: str) -> dict[str, object]:
    result = CliRunner().invoke(app, ["run", *words, "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)  # type: ignore[no-any-return]


def test_tg_12_one_command_invites_writes_and_gives_the_other_schemes_their_list(register: Path) -> None:
    done = run(NAME, "--on", DAY)
    assert done["invited"] == Invitation.objects.count() == 25
    assert sum(done["sent"].values()) == 25 and done["schemes"]["msa"] == 5  # type: ignore[attr-defined,index]
    written = {name for name, count in done["sent"].items() if count}  # type: ignore[attr-defined]
    assert {path.parent.name for path in register.glob("outbox/*/*.csv")} == written
    assert (register / "schemes" / f"{NAME}-msa-20210201.csv").is_file()


def test_tg_12_the_same_day_again_sends_nothing_twice(register: Path) -> None:
    run(NAME, "--on", DAY)
    files = sorted(register.glob("**/*.csv"))
    again = run(NAME, "--on", DAY)
    assert (again["invited"], sum(again["sent"].values())) == (25, 0)  # type: ignore[attr-defined]
    assert Invitation.objects.count() == 25 and SchemeFile.objects.count() == 3
    assert sorted(register.glob("**/*.csv")) == files


def test_tg_12_a_name_mistyped_or_a_day_before_the_opening_is_refused_with_what_to_do(register: Path) -> None:
    for words, said in ((["covid-57", "--on", DAY], "Vouliez-vous dire"), ([NAME, "--on", "2021-01-10"], "pas encore commencé")):
        result = CliRunner().invoke(app, ["run", *words])
        assert result.exit_code == 1 and said in result.stderr, result.output
    assert not Invitation.objects.exists()


def test_tg_12_the_ready_made_campaigns_are_listed(register: Path) -> None:
    listed = json.loads(CliRunner().invoke(app, ["list", "--on", "2021-12-31", "--json"]).stdout)
    assert len(listed) >= 10 and NAME in [each["name"] for each in listed]
    assert all(set(each) == {"name", "title", "starts_on"} for each in listed)


@pytest.mark.parametrize("slug", PLANS)
def test_tg_12_each_campaign_runs_on_a_small_country(settings: Settings, tmp_path: Path, slug: str) -> None:
    """Somebody it means is invited by one of its channels and written to; somebody it does not mean is not."""
    settings.ALLANT_HOME = tmp_path
    plan = PLANS[slug]
    contacts = ("landline", "mobile", "email")
    fields = {"postcode": "93200", "departement_code": "84" if slug.endswith("-84") else "93" if slug.endswith("-93") else "01"}
    settled = [
        Somebody(**(vars(each) | {"contacts": contacts, "other": each.other | fields})).settle(plan.starts_on)
        for each in (INSIDE[slug][0], OUTSIDE[slug][0])
    ]
    on = plan.starts_on
    at = datetime(on.year, on.month, on.day, 8, tzinfo=UTC)
    if plan.offers == SLOT:  # no letter without its slot (AV-40)
        Person.objects.update(commune_code=centre().location.commune_code)
    done = run_campaign(plan, on=on, at=at, by="test", folder=tmp_path, book=BOOK)
    assert [each.person_id for each in Invitation.objects.all()] == settled[:1]
    channel = Invitation.objects.get().channel
    assert channel == plan.channels[0]
    assert sum(done.sent.values()) == (channel in ("sms", "email", "letter"))
    assert len(done.files) == (3 if plan.schemes_apart else 0)


def test_av_01_the_sms_of_the_75_and_over_leave_from_31_march_to_6_april_only(settings: Settings, tmp_path: Path) -> None:
    """TG-12: calls go on after that; who has no phone is not contacted by this campaign."""
    settings.ALLANT_HOME = tmp_path
    plan = PLANS["covid-aller-vers-75"]
    campaign = save_campaign(plan, by="test")
    assert (campaign.channels_on(date(2021, 4, 6)), campaign.channels_on(date(2021, 4, 7))) == (["call", "sms"], ["call"])
    Somebody(80).settle(plan.starts_on)
    Somebody(80, contacts=("email",)).settle(plan.starts_on)
    for day, invited in ((6, {"sms", "call"}), (7, {"call"})):
        mobile = Somebody(80, contacts=("mobile",)).settle(plan.starts_on)
        landline = Somebody(80, contacts=("landline", "mobile")).settle(plan.starts_on)
        launch_wave(campaign, on=date(2021, 4, day), by="test")
        found = dict(Invitation.objects.filter(person__in=(mobile, landline)).values_list("person", "channel"))
        assert set(found.values()) == invited
    assert Invitation.objects.count() == 3


def test_av_27_no_list_of_a_medical_campaign_leaves_for_another_scheme(settings: Settings, tmp_path: Path) -> None:
    settings.ALLANT_HOME = tmp_path
    campaign = save_campaign(PLANS["covid-medicalise"], by="test")
    with pytest.raises(SchemeFileRefused, match="service médical"):
        write_scheme_file(campaign=campaign, scheme="msa", on=date(2021, 8, 1), by="test", folder=tmp_path, book=BOOK)

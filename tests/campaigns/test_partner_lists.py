"""TG-11, AV-27: of a campaign's target, a partner is given the people who agreed before that partner, and no medical datum."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from pytest_django import Settings
from typer.testing import CliRunner

from allant import clock
from allant.accounts.actors import Actor
from allant.accounts.models import AccessLogEntry
from allant.campaigns.actions import save_campaign
from allant.campaigns.models import Campaign, Invitation, PartnerConsent
from allant.campaigns.partner_commands import app
from allant.campaigns.partner_consents import Line, read_lines, record_consents, withdraw_consent
from allant.campaigns.partner_lists import PartnerList, PartnerListRefused, deliver, partners
from allant.campaigns.waves import launch_wave
from allant.directory.models import Organisation
from allant.doctrine import rules
from allant.immunizations.models import Dose
from allant.people.actions import merge
from allant.people.models import ContactPoint, Person, Situation
from allant.targeting import define, engine_postgres, tables
from tests.campaigns.conftest import OPENING, persons, plan

pytestmark = pytest.mark.django_db
BY = Actor(name="essai", role="campaign_manager", structure="cpam-01")
ON = date(2021, 2, 1)
BOOK = rules.as_known_on(ON)
HEADER = "nom;prenoms;date_naissance;code_postal;accord_le"


@pytest.fixture
def partner() -> Organisation:
    return Organisation.objects.create(code="RESTOS-01", name="Aide du département", kind="partner", departement_code="01")


@pytest.fixture
def six(campaign: Campaign, partner: Organisation) -> list[Person]:
    """Six people of 80 in the target, all agreed on 20 January."""
    persons(6)
    people = list(Person.objects.order_by("pk"))
    for each in people:
        agree(partner, each)
    return people


def agree(partner: Organisation, person: Person, on: date = date(2021, 1, 20), programme: str = "covid19") -> PartnerConsent:
    return PartnerConsent.objects.create(
        organisation=partner, person=person, programme=programme, given_on=on, recorded_at=clock.now(), recorded_by="test"
    )


def listed(campaign: Campaign, partner: Organisation) -> PartnerList:
    return deliver(campaign=campaign, partner=partner, on=ON, by=BY, book=BOOK)


def test_tg_11_the_list_holds_who_agreed_and_is_meant(six: list[Person], campaign: Campaign, partner: Organisation) -> None:
    assert listed(campaign, partner).person_ids == tuple(each.pk for each in six)
    Dose.objects.create(
        person=six[0], occurred_on=date(2021, 1, 25), vaccine="comirnaty", dose_number=1, series="primary", series_doses=2,
        recorded_at=clock.now(), recorded_by="test", source="csv", source_key="x",
    )  # fmt: skip
    Person.objects.filter(pk=six[1].pk).update(birth_date=date(1990, 1, 1))
    PartnerConsent.objects.standing().filter(person=six[2]).update(withdrawn_on=ON)
    Person.objects.filter(pk=six[3].pk).update(departement_code="13")
    Situation.objects.create(person=six[4], kind="opted_out", starts_on=date(2021, 1, 30))
    assert listed(campaign, partner).person_ids == (six[5].pk,)


def test_tg_11_who_agreed_for_another_partner_another_programme_or_long_ago_is_not_listed(
    campaign: Campaign, partner: Organisation
) -> None:
    persons(4)
    other = Organisation.objects.create(code="AUTRE", name="Autre", kind="partner")
    agree(other, Person.objects.get(pk=1))
    agree(partner, Person.objects.get(pk=2), programme="flu")
    agree(partner, Person.objects.get(pk=3), on=date(2020, 8, 4))
    agree(partner, Person.objects.get(pk=4), on=date(2020, 8, 5))  # 180 days before
    assert listed(campaign, partner).person_ids == (4,)
    assert listed(campaign, other).person_ids == (1,)  # without a département: of everywhere


def test_tg_11_who_was_invited_stays_on_the_list_until_the_act(
    six: list[Person], campaign: Campaign, partner: Organisation, settings: Settings, tmp_path: Path
) -> None:
    """The partner helps precisely those; the target of a ready-made campaign leaves out whom it invited."""
    settings.ALLANT_HOME = tmp_path
    t = tables()
    old = t.person.age_on(OPENING) >= 75
    save_campaign(plan(target=define(old & ~t.dose.exists() & ~t.invitation.where(campaign="essai").exists())), by="test")
    launch_wave(campaign, on=OPENING, by="test")
    assert Invitation.objects.count() == 6 and engine_postgres.count(campaign.current_target.on(ON)) == 0
    assert len(listed(campaign, partner).rows) == 6


def test_tg_11_no_medical_datum_and_no_number_leaves(six: list[Person], campaign: Campaign, partner: Organisation) -> None:
    """Name, postcode, a telephone that is not refused; formulas are defused."""
    Situation.objects.create(person=six[0], kind="ald", code="8", starts_on=date(2020, 1, 1))
    Person.objects.filter(pk=six[1].pk).update(family_name="=1+1")
    ContactPoint.objects.filter(person=six[3]).update(opted_out_on=ON)
    made = listed(campaign, partner)
    assert made.columns == ("nom", "prenoms", "code_postal", "telephone")
    text = made.csv().decode()
    assert text.splitlines()[0] == "nom;prenoms;code_postal;telephone"
    assert "'=1+1" in text and "ald" not in text and "1940" not in text
    assert sorted(row[3] != "" for row in made.rows) == [False] * 3 + [True] * 3  # 2 and 6 have a mobile, 3 a landline


def test_tg_11_the_delivery_is_logged_with_each_person(six: list[Person], campaign: Campaign, partner: Organisation) -> None:
    made = listed(campaign, partner)
    entries = AccessLogEntry.objects.filter(batch_id=made.batch_id)
    assert sorted(entries.values_list("person_id", flat=True)) == sorted(made.person_ids)
    assert {entry.action for entry in entries} == {"bulk"} and "RESTOS-01" in entries[0].purpose


def test_tg_11_a_merged_record_is_one_person(six: list[Person], campaign: Campaign, partner: Organisation) -> None:
    """VC-63: an agreement given under the record absorbed holds, and is withdrawn with the other's."""
    merge(duplicate=six[0], into=six[1], by="agent", reason="même NIR")
    assert listed(campaign, partner).person_ids == tuple(each.pk for each in six[1:])
    assert withdraw_consent(partner=partner, person=six[1], programme="covid19", on=ON, by=BY)
    assert listed(campaign, partner).person_ids == tuple(each.pk for each in six[2:])
    assert not withdraw_consent(partner=partner, person=six[1], programme="covid19", on=ON, by=BY)


def test_av_27_no_list_of_a_medical_campaign_nor_for_another_organisation(campaign: Campaign, partner: Organisation) -> None:
    fund = Organisation.objects.create(code="cpam-01", name="CPAM de l'Ain", kind="cpam", departement_code="01")
    with pytest.raises(PartnerListRefused, match="n'est pas un partenaire"):
        listed(campaign, fund)
    Campaign.objects.update(medical=True)
    campaign.refresh_from_db()
    with pytest.raises(PartnerListRefused, match="service médical"):
        listed(campaign, partner)
    assert not AccessLogEntry.objects.exists()


def lines(*rows: str) -> list[Line]:
    return read_lines("\r\n".join([HEADER, *rows]).encode(), today=ON)


def test_av_27_the_agreements_of_a_file_are_recorded_once(campaign: Campaign, partner: Organisation) -> None:
    """By name, birth date and postcode; who is nobody, or two people, is said by line, and nothing is guessed."""
    persons(3)
    Person.objects.filter(pk=1).update(family_name="Élan", given_names="Zoé Marie")
    Person.objects.filter(pk=2).update(family_name="Élan", given_names="Zoélie", postcode="69001")
    Person.objects.filter(pk=3).update(family_name="Élan", given_names="Zoé", died_on=date(2021, 1, 1))
    agreed = ("ELAN;zoe;1940-05-17;01000", "Élan;Zoé;1940-05-18;01000", "Élan;Zoé;1940-05-17;69001")
    asked = lines(f"{agreed[0]};2021-01-20", f"{agreed[1]};2021-01-20", "", f"{agreed[2]};2021-01-20")
    done = record_consents(partner=partner, programme="covid19", lines=asked, by=BY)
    assert (done.added, done.known, done.unmatched) == (1, 0, (3, 5))
    assert PartnerConsent.objects.get().person_id == 1
    assert AccessLogEntry.objects.get().person_id == 1
    again = record_consents(partner=partner, programme="covid19", lines=asked, by=BY)
    assert (again.added, again.known) == (0, 1)
    assert [each.consents for each in partners()] == [1]


@pytest.mark.parametrize(("content", "said"), [
    (b"\xff\xfe", "UTF-8"),
    (b"nom;prenoms\n", "colonnes"),
    (f"{HEADER}\nA;B;1940-05-17;01000\n".encode(), "Ligne 2 : 4 colonnes"),
    (f"{HEADER}\nA;B;17/05/1940;01000;2021-01-20\n".encode(), "AAAA-MM-JJ"),
    (f"{HEADER}\nA;;1940-05-17;01000;2021-01-20\n".encode(), "prénom"),
    (f"{HEADER}\nA;B;1940-05-17;01000;2021-02-02\n".encode(), "aujourd'hui"),
])  # fmt: skip
def test_av_27_a_file_that_cannot_be_read_is_refused_with_its_line(content: bytes, said: str) -> None:
    with pytest.raises(PartnerListRefused, match=said):
        read_lines(content, today=ON)


def test_tg_11_the_command_records_writes_and_withdraws(
    campaign: Campaign, partner: Organisation, settings: Settings, tmp_path: Path
) -> None:
    persons(2)
    settings.ALLANT_TODAY, settings.ALLANT_HOME = ON, tmp_path
    file = tmp_path / "accords.csv"
    Person.objects.filter(pk=2).update(family_name="Durand")
    file.write_text(f"{HEADER}\nDurand;Jeanne;1940-05-17;01000;2021-01-20\n", encoding="utf-8")
    run = CliRunner().invoke
    assert "1 accords enregistrés" in run(app, ["consents", "RESTOS-01", str(file)]).stdout
    done = run(app, ["write", "essai", "RESTOS-01", "--on", "2021-02-01"])
    assert done.exit_code == 0, done.output
    written = tmp_path / "partners" / "essai-RESTOS-01-20210201.csv"
    assert "Durand;Jeanne;01000" in written.read_text(encoding="utf-8") and written.stat().st_mode & 0o077 == 0
    assert "Accord retiré" in run(app, ["withdraw", "RESTOS-01", "2", "--on", "2021-02-01"]).stdout
    assert "0 personnes" in run(app, ["write", "essai", "RESTOS-01", "--on", "2021-02-01"]).stdout
    for words in (["write", "rien", "RESTOS-01"], ["write", "essai", "RIEN"], ["withdraw", "RESTOS-01", "99"]):
        assert run(app, words).exit_code == 1

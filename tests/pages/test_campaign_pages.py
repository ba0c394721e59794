"""The pages of campaign managers: list, one campaign, « Pourquoi ? »."""

from __future__ import annotations

from html import unescape

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from allant.accounts.actions import Grant, replace_memberships
from allant.accounts.models import AccessLogEntry, LoggedAction
from allant.accounts.roles import Role
from allant.campaigns import keyring
from allant.campaigns.codes import render
from allant.campaigns.models import Campaign, Invitation
from allant.campaigns.reads import gap
from allant.campaigns.territories import add_territories
from allant.people.actions import merge
from allant.people.models import Person
from tests.accounts.sessions import account_with, enter
from tests.pages import small_country

pytestmark = pytest.mark.django_db

NO_BREAK = "\u00a0"


@pytest.fixture
def campaign(settings: Settings) -> Campaign:
    """The small country on its day."""
    settings.ALLANT_TODAY = small_country.TODAY
    return small_country.settle()


@pytest.fixture
def manager(client: Client) -> Client:
    """A national campaign manager, signed in."""
    enter(client, account_with(Role.CAMPAIGN_MANAGER, structures=("CNAM",)))
    return client


def text(client: Client, path: str, **data: str) -> str:
    """The page as a reader sees it."""
    answer = client.post(path, data) if data else client.get(path)
    assert answer.status_code == 200, answer
    return " ".join(unescape(answer.content.decode()).replace(NO_BREAK, " ").split())


def search(client: Client, typed: str):
    """Send the search form."""
    return client.post("/campagnes/essai/pourquoi/", {"value": typed})


def test_the_list_shows_state_waves_and_invitations(manager: Client, campaign: Campaign) -> None:
    page = text(manager, "/campagnes/")
    assert "Soixante ans et plus" in page and "En cours" in page
    assert '<td class="allant-number">20</td>' in page


def test_an_empty_list_says_what_to_do(manager: Client) -> None:
    assert "Aucune campagne" in text(manager, "/campagnes/")


def test_the_list_costs_the_same_for_many_campaigns(
    manager: Client, campaign: Campaign, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    manager.get("/campagnes/")
    with django_assert_num_queries(6):  # session, account, memberships, count, campaigns, access log
        manager.get("/campagnes/")
    Campaign.objects.bulk_create(
        Campaign(slug=f"autre-{n}", programme="covid19", title=f"Autre {n}", starts_on=small_country.OPENING, act="x.y")
        for n in range(60)
    )
    with django_assert_num_queries(6):
        page = manager.get("/campagnes/?page=2").content.decode()
    assert page.count("Autre ") == 25


def test_tg02_the_gap_is_shown_with_its_numbers_formula_and_date(manager: Client, campaign: Campaign) -> None:
    """TG-02."""
    seen = gap(campaign, small_country.TODAY)
    assert seen and seen.to_reach
    page = text(manager, "/campagnes/essai/")
    assert f"80 % × {seen.concerned} personnes concernées − {seen.done} déjà faites" in page
    assert f"<strong>{seen.to_reach}</strong>" in page
    assert "au 21 février 2021, d’après le registre" in page


def test_tg03_the_target_reads_back_in_french_with_its_count(manager: Client, campaign: Campaign) -> None:
    """TG-03."""
    page = text(manager, "/campagnes/essai/")
    assert campaign.current_target.sentence in page
    assert "Ille-et-Vilaine" in page and "Femme" in page and "Régime général" in page


def test_the_waves_and_their_channels_are_listed(manager: Client, campaign: Campaign) -> None:
    page = text(manager, "/campagnes/essai/")
    wave = campaign.waves.get()
    assert "Vague 1" in page and f"SMS : {wave.by_channel['sms']}" in page


def test_tg10_the_effect_names_the_act_and_a_campaign_that_informs_says_that_nothing_is_measured(
    manager: Client, campaign: Campaign
) -> None:
    """TG-10: « personne n’a été invité » is only said when it is true."""
    assert "Acte mesuré : <strong>Première dose</strong>" in text(manager, "/campagnes/essai/")
    Campaign.objects.filter(pk=campaign.pk).update(act="")
    page = text(manager, "/campagnes/essai/")
    assert "Aucun acte n’est mesuré : cette campagne informe" in page and "Personne n’a encore été invité" not in page
    assert 'href="/campagnes/essai/chiffres/"' in page


def test_tg14_why_tells_the_departements_of_an_experiment_then_and_now(manager: Client, campaign: Campaign) -> None:
    """TG-06, TG-14: on the page of an invited person, of another one, and on the person's own page."""
    add_territories(campaign, ["35", "75"], starts_on=small_country.OPENING, by="test")
    invitation = small_country.an_invitation()
    page = text(manager, f"/campagnes/essai/personnes/{invitation.pk}/pourquoi/")
    assert "au 21 février 2021, elle a lieu dans 35 Ille-et-Vilaine, 75 Paris" in page
    assert "ce jour-là, elle avait lieu dans" not in page, "the wave was launched before the experiment was bounded"
    elsewhere = Person.objects.exclude(departement_code__in=("35", "75")).exclude(pk__in=Invitation.objects.values("person_id"))
    person = elsewhere.exclude(pk__in=small_country.VACCINATED).filter(birth_date__year__lt=1950)[0]
    assert "expérimentation n’a pas lieu dans son département" in text(
        manager, "/campagnes/personne/contacts/", value=small_country.matricule(person.pk)
    )


def test_an_unknown_campaign_is_not_found(manager: Client) -> None:
    assert manager.get("/campagnes/aucune/").status_code == 404


def test_tg06_each_criterion_with_the_value_found_and_the_verdict(manager: Client, campaign: Campaign) -> None:
    """TG-06: found by matricule, explained on the page of the invitation, and logged."""
    invitation = small_country.an_invitation()
    answer = search(manager, small_country.matricule(invitation.person_id))
    assert answer["Location"] == f"/campagnes/essai/personnes/{invitation.pk}/pourquoi/"
    page = text(manager, answer["Location"])
    assert "60 ans ou plus" in page and "date de naissance" in page
    assert page.count(">vrai<") == 6, "the day of the invitation, then today"
    assert "Pourquoi elle a été invitée le 18 janvier 2021" in page
    entries = AccessLogEntry.objects.about(invitation.person_id)
    assert {entry.action for entry in entries} == {LoggedAction.SEARCH, LoggedAction.READ}


def test_tg06_an_invited_person_is_found_by_code_whatever_the_spacing(manager: Client, campaign: Campaign) -> None:
    invitation = small_country.an_invitation()
    (code,) = render([invitation.code_serial], keyring.keys()[invitation.code_key_version])
    answer = search(manager, f"{code[:4].lower()} {code[4:8]}-{code[8:]}")
    assert answer["Location"].endswith(f"/{invitation.pk}/pourquoi/")


def test_tg06_somebody_not_invited_is_explained_too(manager: Client, campaign: Campaign) -> None:
    vaccinated = Person.objects.exclude(pk__in=Invitation.objects.values("person_id")).filter(pk__in=small_country.VACCINATED)
    answer = search(manager, small_country.matricule(vaccinated[0].pk))
    page = unescape(answer.content.decode())
    assert "n’est pas dans la cible" in page and ">faux<" in page


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", "obligatoire"),
        ("12", "2 caractères lus, 13 attendus"),
        ("2 40 05 35 120 001 00", "ne correspond pas aux 13 premiers caractères"),
        ("299999999999", "comporte une faute de frappe"),
        ("1 85 05 78 006 084 91", "Aucune personne ne porte ce matricule"),
    ],
)
def test_what_was_typed_wrong_is_told(manager: Client, campaign: Campaign, typed: str, reason: str) -> None:
    answer = search(manager, typed)
    assert answer.status_code == 200
    assert reason in unescape(answer.content.decode())


def test_no_address_and_no_log_holds_the_number(manager: Client, campaign: Campaign) -> None:
    number = small_country.matricule(small_country.an_invitation().person_id)
    assert number[:13] not in search(manager, number)["Location"]
    for entry in AccessLogEntry.objects.values():
        assert number[:13] not in str(entry)


def test_a_local_manager_sees_the_people_of_their_departement(client: Client, campaign: Campaign) -> None:
    user = account_with(username="agency:local")
    replace_memberships(user=user, grants=[Grant(Role.CAMPAIGN_MANAGER, "CPAM-35", "CPAM 35", departement_code="35")])
    enter(client, user)
    here, elsewhere = (
        Person.objects.filter(departement_code=code, pk__in=small_country.VACCINATED).first() for code in ("35", "75")
    )
    assert here and elsewhere
    assert search(client, small_country.matricule(here.pk)).status_code == 200
    assert search(client, small_country.matricule(elsewhere.pk)).status_code == 403
    assert AccessLogEntry.objects.about(elsewhere.pk).get().action == LoggedAction.REFUSED
    outside = Invitation.objects.exclude(person__departement_code="35").first()
    assert outside
    assert client.get(f"/campagnes/essai/personnes/{outside.pk}/pourquoi/").status_code == 403


def test_an_invitation_of_another_campaign_is_not_found(manager: Client, campaign: Campaign) -> None:
    invitation = small_country.an_invitation()
    Campaign.objects.create(slug="autre", programme="covid19", title="Autre", starts_on=small_country.OPENING, act="x.y")
    assert manager.get(f"/campagnes/autre/personnes/{invitation.pk}/pourquoi/").status_code == 404


@pytest.mark.parametrize("by", ["number", "code"])
def test_tg06_the_invitation_of_a_merged_record_is_found_from_the_survivor(manager: Client, campaign: Campaign, by: str) -> None:
    """VC-63, TG-06: merging keeps the invitation, explained with what is known of the person under both records."""
    invitation = small_country.an_invitation()
    survivor = Person.objects.exclude(pk__in=Invitation.objects.values("person_id")).exclude(doses__isnull=False)[0]
    merge(duplicate=invitation.person, into=survivor, by="test", reason="même personne")
    (code,) = render([invitation.code_serial], keyring.keys()[invitation.code_key_version])
    answer = search(manager, small_country.matricule(survivor.pk) if by == "number" else code)
    assert answer["Location"].endswith(f"/{invitation.pk}/pourquoi/")
    page = text(manager, answer["Location"])
    assert "Pourquoi elle a été invitée" in page and ">inconnu<" not in page
    assert AccessLogEntry.objects.about(survivor.pk).exists()

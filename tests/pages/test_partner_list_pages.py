"""TG-11, AV-27 on the pages: lists for partners, and what a medical campaign keeps from those who are not its callers."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from allant.accounts.models import AccessLogEntry
from allant.accounts.roles import Role
from allant.campaigns.models import Campaign, PartnerConsent
from allant.directory.models import Organisation
from allant.people.models import Person
from tests.accounts.sessions import account_with, enter
from tests.pages import small_country

pytestmark = pytest.mark.django_db
LISTS = "/campagnes/essai/partenaires/"
SECRET = "60 ans ou plus"


@pytest.fixture
def partner(settings: Settings) -> Organisation:
    settings.ALLANT_TODAY = small_country.TODAY
    small_country.settle()
    return Organisation.objects.create(code="RESTOS-13", name="Aide du département", kind="partner", departement_code="13")


def consents(person: Person) -> SimpleUploadedFile:
    """The file of a partner, with one person and one nobody knows."""
    rows = [
        "nom;prenoms;date_naissance;code_postal;accord_le",
        f"{person.family_name};{person.given_names};{person.birth_date};{person.postcode};2021-02-01",
        "Personne;Inconnue;1940-01-01;13001;2021-02-01",
    ]
    return SimpleUploadedFile("accords.csv", "\n".join(rows).encode(), "text/csv")


def somebody_meant() -> Person:
    person = Person.objects.filter(birth_date__year__lt=1950, departement_code="13", pk__gt=200).first()
    assert person
    Person.objects.filter(pk=person.pk).update(family_name="Élan")
    person.refresh_from_db()
    return person


def test_tg_11_a_manager_records_agreements_and_hands_over_the_list(client: Client, partner: Organisation) -> None:
    person = somebody_meant()
    enter(client, account_with(Role.CAMPAIGN_MANAGER))
    answer = client.post(LISTS, {"partner": partner.pk, "file": consents(person)}, follow=True)
    page = answer.content.decode()
    assert "1 accords enregistrés" in page and "Lignes qui ne désignent personne" in page
    answer = client.post(f"{LISTS}{partner.pk}/liste/")
    assert answer["Content-Type"].startswith("text/csv") and answer["Cache-Control"] == "no-store"
    assert answer.content.decode().splitlines()[1].startswith("Élan;")
    purposes = AccessLogEntry.objects.about(person.pk).values_list("action", flat=True)
    assert sorted(purposes) == ["bulk", "write"]


def test_av_41_a_campaign_leads_to_its_lists_for_partners(client: Client, partner: Organisation) -> None:
    """AV-41: partners act with the lists of TG-11, reached from the campaign; the record of their actions is PA, elsewhere."""
    enter(client, account_with(Role.CAMPAIGN_MANAGER))
    page = client.get("/campagnes/essai/").content.decode()
    assert f'href="{LISTS}"' in page and "Listes pour les partenaires" in page
    assert partner.name in client.get(LISTS).content.decode()


def test_tg_11_a_wrong_file_changes_nothing(client: Client, partner: Organisation) -> None:
    enter(client, account_with(Role.CAMPAIGN_MANAGER))
    wrong = SimpleUploadedFile("x.csv", b"nom\nA", "text/csv")
    answer = client.post(LISTS, {"partner": partner.pk, "file": wrong})
    assert answer.status_code == 422 and "La première ligne donne les colonnes" in answer.content.decode()
    assert not PartnerConsent.objects.exists()


def test_tg_11_a_manager_serves_the_partners_of_their_territory(client: Client, partner: Organisation) -> None:
    enter(client, account_with(Role.CAMPAIGN_MANAGER, departement="01"))
    assert partner.name not in client.get(LISTS).content.decode()
    assert client.post(f"{LISTS}{partner.pk}/liste/").status_code == 403
    answer = client.post(LISTS, {"partner": partner.pk, "file": consents(somebody_meant())})
    assert answer.status_code == 422 and not PartnerConsent.objects.exists()


@pytest.fixture
def medical(partner: Organisation) -> Campaign:
    """The same campaign as the medical service's, with a wave of twenty."""
    Campaign.objects.update(medical=True, title="Appels réservés")
    return Campaign.objects.get()


def contacts(client: Client, person_id: int) -> str:
    """What an agent reads of a person."""
    page = client.post("/campagnes/personne/contacts/", {"value": small_country.matricule(person_id)})
    return page.content.decode().split("<main")[1]


def test_av_27_a_manager_does_not_see_whom_a_medical_campaign_means(client: Client, medical: Campaign) -> None:
    enter(client, account_with(Role.CAMPAIGN_MANAGER))
    invited = small_country.an_invitation()
    page = client.get("/campagnes/essai/").content.decode()
    assert "cible-reservee" in page and "Pourquoi cette personne" not in page and "Modifier la cible" not in page
    assert SECRET not in page
    assert SECRET not in client.get("/campagnes/essai/vague/").content.decode()
    for address in ("pourquoi/", f"personnes/{invited.pk}/pourquoi/", "partenaires/"):
        assert client.get(f"/campagnes/essai/{address}").status_code == 403, address
    assert client.post("/campagnes/essai/cible/").status_code == 403


def test_av_27_the_medical_service_sees_it(client: Client, medical: Campaign) -> None:
    enter(client, account_with(Role.MEDICAL_SERVICE))
    invited = small_country.an_invitation()
    page = client.get("/campagnes/essai/").content.decode()
    assert SECRET in page and "Lancer une vague" not in page
    assert SECRET in client.get(f"/campagnes/essai/personnes/{invited.pk}/pourquoi/").content.decode()
    assert "Appels réservés" in contacts(client, invited.person_id)


@pytest.mark.parametrize("role", [Role.CAMPAIGN_MANAGER, Role.CALL_AGENT, Role.FRONT_DESK_AGENT])
def test_av_27_other_agents_read_that_the_medical_service_called_and_no_more(
    client: Client, medical: Campaign, role: Role
) -> None:
    """Neither its title among the contacts, nor whether it means somebody it has not called."""
    enter(client, account_with(role))
    text = contacts(client, small_country.an_invitation().person_id)
    assert "<strong>Service médical</strong>" in text and "Appels réservés" not in text and SECRET not in text
    somebody = Person.objects.filter(birth_date__year__lt=1950, pk__gt=300).first()
    assert somebody
    assert "Aucune campagne n’est ouverte" in contacts(client, somebody.pk)

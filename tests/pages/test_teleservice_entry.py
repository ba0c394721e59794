"""Manual entry of an unknown patient, the completion of places, support and annex, the N°AM (VC-13, VC-31, VC-50, VC-51)."""

from __future__ import annotations

import time
from datetime import date, datetime
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries, Settings

from allant import clock
from allant.accounts.models import AccessLogEntry, Membership
from allant.directory.actions import location_for
from allant.doctrine import rules
from allant.pages.professional import support
from allant.pages.professional.help_views import families
from allant.people.matricule import key
from allant.people.models import Person
from allant.people.registration import NewPerson, register_person
from tests.pages.teleservice import HOME, MIDWIFE, find, signed_in

TODAY = date(2021, 2, 21)
NUMBER = "2480535238004"
NIR = f"{NUMBER}{key(NUMBER):02d}"
ENTRY = {
    "family_name": "Le Goff", "given_names": "Anne", "birth_date": "11/05/1948", "birth_rank": "1", "sex": "F",
    "locality": "35000 Rennes", "phone": "06 39 98 00 12", "email": "",
}  # fmt: skip
PAGE = "/professionnel/vaccin-covid/nouveau-patient/"
PLACES = "/professionnel/vaccin-covid/lieux/"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def on_the_day(settings: Settings) -> None:
    settings.ALLANT_TODAY = TODAY


def text_of(answer: Any) -> str:
    return unescape(answer.content.decode())


def test_vc13_an_unknown_number_leads_to_manual_entry_and_then_to_the_file(client: Client) -> None:
    """VC-13: the warning to check the number, the link, the two parts, the file."""
    signed_in(client)
    answer = find(client, NIR)
    page = text_of(answer)
    assert answer.status_code == 404 and "Vérifiez d’abord le numéro" in page and f'href="{PAGE}">via ce lien' in page
    page = text_of(client.get(PAGE))
    assert "2 48 05 35 238 004" in page and f'<a href="{HOME}">revenez à la recherche' in page
    assert "1. Identité" in page and "2. Coordonnées" in page
    assert 'name="birth_rank" value="1"' in page and 'id="id_sex_1" name="sex" value="F" checked' in page
    answer = client.post(PAGE, ENTRY)
    person = Person.objects.get()
    assert answer["Location"] == reverse("teleservice_file", args=[person.pk])
    assert (person.birth_date, person.commune_code, person.postcode) == (date(1948, 5, 11), "35238", "35000")
    logged = set(AccessLogEntry.objects.filter(person_id=person.pk).values_list("action", "purpose"))
    assert ("write", "téléservice : saisie manuelle d'un patient") in logged
    assert find(client, NIR)["Location"] == reverse("teleservice_file", args=[person.pk])
    assert NUMBER not in answer["Location"]


def test_vc13_the_second_twin_is_entered_from_the_list(client: Client) -> None:
    """VC-13: attached to the same number, with the rank 2; then both are listed."""
    signed_in(client)
    find(client, NIR)
    client.post(PAGE, ENTRY)
    find(client, NIR)
    assert "D’autres assurés sont déjà connus sous ce numéro" in text_of(client.get(PAGE))
    answer = client.post(PAGE, ENTRY | {"given_names": "Marie"})
    assert answer.status_code == 422 and "rang suivant" in text_of(answer)
    assert client.post(PAGE, ENTRY | {"given_names": "Marie", "birth_rank": "2"}).status_code == 302
    assert find(client, NIR)["Location"] == reverse("teleservice_choice")
    assert [rank in text_of(client.get(reverse("teleservice_choice"))) for rank in ("rang 1", "rang 2")] == [True, True]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"family_name": ""}, "Champ à compléter"),
        ({"birth_date": "31/02/1948"}, "Date illisible"),
        ({"birth_date": "22/02/2021"}, "futur"),
        ({"birth_rank": "un"}, "Rang illisible"),
        ({"sex": ""}, "Champ à compléter"),
        ({"locality": "Nullepart"}, "Localité inconnue"),
        ({"locality": "Saint-Denis"}, "Plusieurs localités"),
        ({"phone": "12"}, "téléphone impossible"),
        ({"email": "anne"}, "Adresse électronique incomplète"),
        ({"sex": "M"}, "La saisie et le numéro ne s’accordent pas"),
    ],
)
def test_vc13_what_is_wrong_is_said_beside_its_field_and_nothing_is_lost(
    client: Client, changes: dict[str, str], says: str
) -> None:
    """VC-13: a summary with links, every value kept, nothing written."""
    signed_in(client)
    find(client, NIR)
    answer = client.post(PAGE, ENTRY | changes)
    page = text_of(answer)
    assert answer.status_code == 422 and says in page and "Le patient n’est pas encore enregistré" in page
    assert 'value="Anne"' in page and not Person.objects.exists()


def test_vc13_without_script_a_locality_with_several_communes_is_chosen_in_a_list(client: Client) -> None:
    """VC-13: the list comes back with the page."""
    signed_in(client)
    find(client, NIR)
    page = text_of(client.post(PAGE, ENTRY | {"locality": "Saint-Denis"}))
    assert '<option value="93066">93200 Saint-Denis' in page
    client.post(PAGE, ENTRY | {"locality": "Saint-Denis", "commune_code": "93066"})
    assert Person.objects.get().commune_code == "93066"


def test_vc13_an_entry_that_disagrees_with_the_number_is_kept_once_it_was_checked(client: Client) -> None:
    """VC-13: the number may be that of the holder of the rights."""
    signed_in(client)
    find(client, NIR)
    child = ENTRY | {"birth_date": "11052010"}
    page = text_of(client.post(PAGE, child))
    assert "L'année de naissance inscrite dans le numéro est 48, celle saisie est 2010." in page
    assert client.post(PAGE, child | {"confirmed": "on"}).status_code == 302


def test_vc13_the_card_of_an_unknown_patient_fills_the_entry(client: Client) -> None:
    """VC-05, VC-13."""
    signed_in(client)
    card = {"card_family_name": "Le Goff", "card_given_names": "Anne", "card_birth_date": "1948-05-11", "card_birth_rank": "2"}
    assert find(client, NIR, source="card", **card).status_code == 404
    page = text_of(client.get(PAGE))
    assert all(f'value="{value}"' in page for value in ("Le Goff", "Anne", "11/05/1948", "2"))
    assert find(client, NIR, source="card", card_birth_date="demain").status_code == 404
    assert client.get(PAGE).status_code == 200


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("35", None),
        ("ren", "35000 Rennes"),
        ("35000 r", "35000 Rennes"),
        ("st denis", "93200 Saint-Denis"),
        ("r", None),
        ("", None),
    ],
)
def test_vc13_places_from_two_characters(client: Client, typed: str, first: str | None) -> None:
    """VC-13: by postcode or name, accents and « St » as one types them; nothing before two characters."""
    signed_in(client)
    results = client.get(PLACES, {"q": typed}).json()["results"]
    assert len(results) <= 12 and bool(results) is (len(typed) > 1)
    if first:
        assert first in [one["label"] for one in results]
        assert results[0]["fill"].keys() == {"postcode", "commune_code"}


def test_vc31_known_places_come_before_communes(client: Client) -> None:
    """VC-31: over known places of the kind, then communes."""
    signed_in(client)
    location_for(kind="ehpad", name="Les Rosiers", postcode="35000", commune_code="35238", by="test")
    location_for(kind="centre", name="Rosace", postcode="35000", commune_code="35238", by="test")
    found = client.get(PLACES, {"q": "ros", "kind": "ehpad"}).json()["results"]
    assert found[0]["label"] == "Les Rosiers (35000)" and found[0]["fill"]["place_name"] == "Les Rosiers"
    assert "Rosace (35000)" not in [one["label"] for one in found] and len(found) > 1


def test_vc13_a_list_of_places_comes_within_100_ms(client: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    """VC-13: the whole answer, session included, the slowest of the first letters; three queries, none in the access log."""
    signed_in(client)
    client.get(PLACES, {"q": "sa"})  # the index is read once a process
    taken, worked = [], []
    for typed in ("sa", "la", "75", "13", "saint", "montr"):
        begin, own = time.perf_counter(), time.thread_time()
        client.get(PLACES, {"q": typed})
        taken.append(time.perf_counter() - begin)
        worked.append(time.thread_time() - own)
    assert min(taken) < 0.1 and max(worked) < 0.1  # a crowded machine makes one wait; what each costs does not change
    before = AccessLogEntry.objects.count()
    with django_assert_num_queries(3):
        client.get(PLACES, {"q": "sa"})
    assert AccessLogEntry.objects.count() == before


def test_query_counts_of_an_entry(client: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    signed_in(client)
    find(client, NIR)
    with django_assert_num_queries(4):
        client.get(PAGE)
    with django_assert_num_queries(17):  # of which the savepoint that holds the person and the access log together
        client.post(PAGE, ENTRY)
    with django_assert_num_queries(4):
        client.get(reverse("teleservice_support"))
    with django_assert_num_queries(4):
        client.get(reverse("teleservice_annex"))


# Support (VC-50)

TABLE = [
    # a Thursday, Paris time                                liberal  employee
    ("2021-02-18 08:29", "35", "L", False, False),
    ("2021-02-18 08:30", "35", "L", True, False),
    ("2021-02-18 09:00", "35", "L", True, True),
    ("2021-02-18 17:29", "35", "L", True, True),
    ("2021-02-18 17:30", "35", "L", False, True),
    ("2021-02-18 20:00", "35", "S", False, False),
    ("2021-02-20 10:00", "35", "S", False, False),  # Saturday
    ("2021-04-05 10:00", "35", "S", False, False),  # Easter Monday
    ("2021-04-02 10:00", "35", "S", True, True),  # Good Friday: a working day, but
    ("2021-04-02 10:00", "57", "S", False, False),  # … not in Moselle
    ("2021-04-02 10:00", "67", "S", False, False),  # … nor in Alsace
    ("2021-05-27 10:00", "971", "L", False, False),  # abolition of slavery, Guadeloupe
    ("2021-05-27 10:00", "972", "L", True, True),
    ("2021-12-20 10:00", "974", "L", False, False),  # abolition of slavery, Réunion
    ("2021-07-14 10:00", "", "", False, False),
]


@pytest.mark.parametrize(("at", "departement", "mode", "liberal", "employee"), TABLE)
def test_vc50_open_or_closed_now(at: str, departement: str, mode: str, liberal: bool, employee: bool) -> None:
    """VC-50: days, hours in Paris time, public holidays of the place; the line of one's own practice first."""
    instant = datetime.fromisoformat(at).replace(tzinfo=clock.PARIS)
    lines = support.lines(rules.as_known_on(instant.date()), instant, departement, mode)
    assert {line.code: line.open for line in lines} == {"liberal": liberal, "salarie": employee}
    assert lines[0].code == ("salarie" if mode == "S" else "liberal") and lines[0].yours is bool(mode)


def test_vc50_when_it_opens_again() -> None:
    """VC-50: after Easter: Tuesday."""
    friday = datetime(2021, 4, 2, 18, 0, tzinfo=clock.PARIS)
    (liberal, _) = support.lines(rules.as_known_on(friday.date()), friday, "35", "L")
    assert liberal.opens == datetime(2021, 4, 6, 8, 30, tzinfo=clock.PARIS)


def test_vc50_the_page(client: Client) -> None:
    """VC-50: numbers and hours; the number that the seed leaves blank is said to be missing, not invented."""
    signed_in(client)
    page = text_of(client.get(reverse("teleservice_support")))
    assert "0800 08 12 07" in page and "du lundi au vendredi, de 9 h à 20 h" in page and "de 8 h 30 à 17 h 30" in page
    assert "Numéro non encore communiqué" in page and page.index("Exercice libéral") < page.index("Salarié")


# Annex (VC-51)


def test_vc51_the_annex_lists_the_professions_of_the_code(client: Client) -> None:
    """VC-51: three parts and twenty-two professions, with what each may do that day; open to a refused profession too."""
    signed_in(client, profession=MIDWIFE)
    page = text_of(client.get(reverse("teleservice_annex")))
    parts = dict(families(TODAY))
    assert [len(professions) for professions in parts.values()] == [3, 3, 16]
    names = [profession.label for professions in parts.values() for profession in professions]
    assert all(name in page for name in names)
    assert [one.label for professions in parts.values() for one in professions if one.rights.record] == ["Médecin"]
    opened = {profession.label: profession.rights.record for _, some in families(date(2021, 12, 1)) for profession in some}
    assert opened["Sage-femme"] and opened["Infirmier ou infirmière"] and not opened["Diététicien"]


# N°AM (VC-31)


def test_vc31_the_am_number_is_typed_once_for_each_place_and_kept(client: Client) -> None:
    """VC-31: Pro Santé Connect does not state it; a later sign-in leaves it."""
    from allant.accounts.actions import Grant, replace_memberships
    from allant.accounts.roles import Role

    user = signed_in(client)
    address = reverse("teleservice_am_number")
    assert client.post(address, {"am_number": "12345"}).status_code == 422
    assert client.post(address, {"am_number": " 351234567 "})["Location"] == HOME
    assert "351234567 à ce lieu" in text_of(client.get(HOME))
    replace_memberships(user=user, grants=[Grant(Role.HEALTH_PROFESSIONAL, "R900001", "Nouveau nom", "35", "10")])
    assert Membership.objects.get().am_number == "351234567"


def test_a_person_registered_elsewhere_is_found(client: Client) -> None:
    """A person entered by a colleague is found by the same number."""
    new = NewPerson(NUMBER, "Le Goff", "Anne", date(1948, 5, 11), "F", 1, "35000", "35238", "35")
    person = register_person(new=new, by="colleague", on=TODAY)
    signed_in(client)
    assert find(client, NIR)["Location"] == reverse("teleservice_file", args=[person.pk])

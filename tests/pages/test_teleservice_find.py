"""Finding a patient in the téléservice: one field, a code or a NIR, and what happens when it is wrong."""

from __future__ import annotations

from datetime import date, timedelta
from html import unescape
from typing import Any

import pyarrow as pa
import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries, Settings

from allant.accounts.models import AccessLogEntry
from allant.campaigns import keyring
from allant.campaigns.codes import render
from allant.campaigns.models import Invitation
from allant.pages.professional.guesses import WRONG_GUESS
from allant.people.actions import load_matricules, load_persons, merge
from allant.people.matricule import key
from allant.people.models import Person
from tests.accounts.sessions import enter
from tests.pages import small_country
from tests.pages.teleservice import HOME, NURSE, find, professional, signed_in

pytestmark = pytest.mark.django_db

TODAY = date(2021, 2, 21)
PARENT, CHILD, TWIN, ALONE, GONE = 1, 2, 3, 4, 5


def nir(person_id: int) -> str:
    return small_country.matricule(person_id)


@pytest.fixture(autouse=True)
def family(settings: Settings) -> None:
    """A parent with twins attached, somebody alone, somebody dead; on the small country's day."""
    settings.ALLANT_TODAY = TODAY
    load_persons(
        pa.table({
            "person_id": [PARENT, CHILD, TWIN, ALONE, GONE],
            "family_name": ["Keraval", "Keraval", "Keraval", "Duroc", "Ancien"],
            "given_names": ["Maud", "Lise", "Tom", "Rose", "Paul"],
            "birth_date": pa.array([date(1980, 5, 2), date(2010, 3, 4), date(2010, 3, 4), date(1940, 1, 1), date(1930, 1, 1)]),
            "sex": ["F", "F", "M", "F", "M"],
            "policyholder_id": pa.array([None, PARENT, PARENT, None, None], pa.int64()),
            "died_on": pa.array([None, None, None, None, date(2021, 1, 2)], pa.date32()),
            "rights_open": [True, True, True, True, False],
        }),
        by="test",
    )  # fmt: skip
    ids = [PARENT, ALONE, GONE]
    load_matricules(
        pa.table({
            "person_id": ids, "value": [nir(n)[:13] for n in ids], "kind": ["NIR"] * 3,
            "starts_on": pa.array([date(2000, 1, 1)] * 3),
        }),
        by="test",
    )  # fmt: skip


def text_of(answer: Any) -> str:
    return unescape(answer.content.decode())


def file_of(person_id: int) -> str:
    return reverse("teleservice_file", args=[person_id])


@pytest.mark.parametrize("typed", ["{0}", " {0} ", "{1} {2}", "{3}"], ids=["15", "spaces", "with gap", "13"])
def test_vc10_a_nir_opens_the_file(client: Client, typed: str) -> None:
    """VC-10: with or without its key and its spaces."""
    signed_in(client)
    number = nir(ALONE)
    answer = find(client, typed.format(number, number[:7], number[7:], number[:13]))
    assert answer.status_code == 302 and answer["Location"] == file_of(ALONE)


def test_vc10_without_code_nor_nir_no_entry_is_possible(client: Client) -> None:
    """VC-10: the page says so; a file that was not found in this session does not open, nor does manual entry."""
    signed_in(client)
    assert "Sans code de ciblage ni NIR, aucune saisie n’est possible" in text_of(client.get(HOME))
    assert find(client, "").status_code == 422
    answer = client.get(file_of(ALONE))
    assert answer.status_code == 404 and "n'est pas ouvert dans votre session" in text_of(answer)
    assert client.get(reverse("teleservice_new_patient"))["Location"] == HOME


def test_vc11_everybody_attached_to_the_holder_is_listed_and_one_is_picked(client: Client) -> None:
    """VC-11: name, birth date, age, rank; a digit for each."""
    signed_in(client)
    answer = find(client, nir(PARENT))
    assert answer["Location"] == reverse("teleservice_choice")
    page = text_of(client.get(answer["Location"]))
    assert page.index("Keraval Maud") < page.index("Keraval Lise") and "Keraval Tom" in page
    assert "née le 4 mars 2010, 10 ans, rang 1" in page and page.count("data-key=") == 3
    assert client.post(answer["Location"], {"person": TWIN})["Location"] == file_of(TWIN)
    shown = AccessLogEntry.objects.filter(action="search").values_list("person_id", flat=True)
    assert set(shown) == {PARENT, CHILD, TWIN}


def test_vc11_only_a_person_of_the_last_search_can_be_picked(client: Client) -> None:
    """VC-11: an identifier sent by hand opens nothing."""
    signed_in(client)
    find(client, nir(PARENT))
    assert client.post(reverse("teleservice_choice"), {"person": ALONE}).status_code == 404
    assert client.get(file_of(ALONE)).status_code == 404


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("240053512000{key}", "Longueur"),
        ("2400535120004{key}", "Clé"),
        ("2400A35120004", "Caractères"),
        ("240132A120004", "Mois de naissance"),
        ("240132A12000499", "Clé"),
        ("940053512000400", "Premier caractère"),
        ("2 40 05 35 120 004 00", "Clé"),
        ("²40053512000400", "12 caractères"),
        ("'; DROP TABLE people_person; --", "12 caractères"),
        ("\x00240053512000400", "12 caractères"),
        ("é" * 30, "12 caractères"),
        ("9" * 41, "trop longue"),
    ],
)
def test_vc12_a_wrong_number_names_the_field_and_never_crashes(client: Client, typed: str, says: str) -> None:
    """VC-12: what is wrong, beside the field, which keeps what was typed; nothing is looked for."""
    signed_in(client)
    wrong_key = (key("2400535120004") % 97) + 1
    answer = find(client, typed.format(key=f"{wrong_key:02d}"))
    page = text_of(answer)
    assert answer.status_code == 422 and says in page
    assert "Numéro de sécurité sociale (NIR)" in page or "Code de ciblage" in page or "Saisie trop longue" in page
    assert not AccessLogEntry.objects.filter(purpose=WRONG_GUESS).exists()


def test_vc12_corsica(client: Client) -> None:
    """VC-12: 2A and 2B count as 19 and 18 in the key."""
    signed_in(client)
    number = "240052A120004"
    load_matricules(
        pa.table({"person_id": [ALONE], "value": [number], "kind": ["NIA"], "starts_on": pa.array([date(2001, 1, 1)])}), by="test"
    )
    assert find(client, f"{number}{key(number):02d}")["Location"] == file_of(ALONE)


@pytest.fixture
def an_invitation() -> tuple[Invitation, str]:
    """One of the small country, with its code."""
    small_country.load_people()
    small_country.load_campaign()
    invitation = small_country.an_invitation()
    return invitation, render([invitation.code_serial], keyring.key(invitation.code_key_version))[0]


@pytest.mark.parametrize("shape", ["{0}", "{1}", " {2} {3} ", "{2}-{3}"], ids=["as is", "lower case", "spaces", "dash"])
def test_vc14_a_code_in_another_case_or_with_spaces_opens_the_file(
    client: Client, an_invitation: tuple[Invitation, str], shape: str
) -> None:
    """VC-14."""
    signed_in(client)
    invitation, code = an_invitation
    assert find(client, shape.format(code, code.lower(), code[:4], code[4:]))["Location"] == file_of(invitation.person_id)


def test_vc14_one_wrong_character_is_a_typing_error_not_an_unknown_code(
    client: Client, an_invitation: tuple[Invitation, str]
) -> None:
    """VC-14: the check character sees it; it costs no guess."""
    signed_in(client)
    _, code = an_invitation
    wrong = ("3" if code[0] == "2" else "2") + code[1:]
    for typed in (wrong, code[:-1], code[:5] + "0" + code[6:]):
        answer = find(client, typed)
        assert answer.status_code == 422 and "Code de ciblage mal saisi" in text_of(answer)
    assert not AccessLogEntry.objects.filter(purpose=WRONG_GUESS).exists()


def unknown(order: int) -> str:
    """A well-formed number that nobody bears."""
    value = f"2400535999{order:03d}"
    return f"{value}{key(value):02d}"


def test_vc15_wrong_guesses_are_throttled_per_professional_and_logged(client: Client) -> None:
    """VC-15: ten in a quarter of an hour, then even a right number waits; a colleague does not; nothing typed is kept."""
    user = signed_in(client)
    for order in range(1, 11):
        assert find(client, unknown(order)).status_code == 404
    answer = find(client, nir(ALONE))
    assert answer.status_code == 429 and 0 < int(answer["Retry-After"]) <= 900
    assert "Vous pourrez recommencer à" in text_of(answer) and "15 minutes" in text_of(answer)
    logged = AccessLogEntry.objects.filter(purpose=WRONG_GUESS)
    assert logged.count() == 10 and {entry.actor_id for entry in logged} == {user.pk}
    assert all("2400535" not in f"{entry.path}{entry.purpose}{entry.actor}" for entry in AccessLogEntry.objects.all())
    colleague = Client()
    enter(colleague, professional("pro-sante-connect:autre", rpps="99900000222"))
    assert find(colleague, nir(ALONE)).status_code == 302


def test_vc15_the_window_slides(client: Client) -> None:
    """VC-15: a wrong guess is forgotten after a quarter of an hour."""
    user = signed_in(client)
    find(client, unknown(1))
    entry = AccessLogEntry.objects.get(purpose=WRONG_GUESS)
    fields = {"actor_id": user.pk, "actor": entry.actor, "action": entry.action, "purpose": WRONG_GUESS, "subject_kind": "person"}
    for minutes in (1, 2, 3, 4, 5, 6, 7, 8, 14.5):
        AccessLogEntry.objects.create(at=entry.at - timedelta(minutes=minutes), **fields)
    answer = find(client, nir(ALONE))
    assert answer.status_code == 429 and int(answer["Retry-After"]) <= 60 and "1 minute)" in text_of(answer)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE accounts_accesslogentry DISABLE TRIGGER USER")
        cursor.execute("DELETE FROM accounts_accesslogentry WHERE at < %s", [entry.at - timedelta(minutes=14)])
        cursor.execute("ALTER TABLE accounts_accesslogentry ENABLE TRIGGER USER")
    assert find(client, nir(ALONE)).status_code == 302


def test_a_merged_record_leads_to_the_survivor(client: Client) -> None:
    """VC-63: found by the number of either record; who was attached to the merged one is listed too."""
    signed_in(client)
    merge(duplicate=Person.objects.get(pk=PARENT), into=Person.objects.get(pk=ALONE), by="test", reason="même personne")
    for number in (nir(PARENT), nir(ALONE)):
        find(client, number)
        page = text_of(client.get(reverse("teleservice_choice")))
        assert "Duroc Rose" in page and "Keraval Tom" in page and "Keraval Maud" not in page


def test_a_dead_patient_and_closed_rights_are_said_at_once(client: Client) -> None:
    signed_in(client)
    answer = find(client, nir(GONE))
    said = [str(message) for message in answer.wsgi_request._messages]
    assert answer["Location"] == file_of(GONE)
    assert said[0] == "Ce patient est décédé le 02/01/2021 d'après l'état civil." and "droits" in said[1]


def test_vc05_a_card_with_one_beneficiary_opens_their_file(client: Client) -> None:
    """VC-05: the birth date and rank of the card choose among those attached; unknown ones leave the choice."""
    signed_in(client)
    Person.objects.filter(pk=TWIN).update(birth_rank=2)
    card = {"source": "card", "card_birth_date": "2010-03-04"}
    assert find(client, nir(PARENT), **card, card_birth_rank="2")["Location"] == file_of(TWIN)
    assert find(client, nir(PARENT), **card, card_birth_rank="3")["Location"] == reverse("teleservice_choice")
    assert AccessLogEntry.objects.filter(purpose="téléservice : recherche par carte Vitale", person_id=TWIN).count() == 2


def test_vc02_a_profession_not_yet_authorised_is_told_when_it_will_be(client: Client, settings: Settings) -> None:
    """VC-02: on 21 February nothing is known for nurses; on 6 March the 15th is; on the 15th the page opens."""
    signed_in(client, profession=NURSE)
    answer = client.get(HOME)
    assert answer.status_code == 403 and "Aucune date d’ouverture n’est connue" in text_of(answer)
    assert find(client, nir(ALONE)).status_code == 403
    settings.ALLANT_TODAY = date(2021, 3, 6)
    assert "à partir du <strong>15 mars 2021</strong>" in text_of(client.get(HOME))
    settings.ALLANT_TODAY = date(2021, 3, 15)
    assert client.get(HOME).status_code == 200


def test_vc02_before_the_opening_nobody_may(client: Client, settings: Settings) -> None:
    """VC-02."""
    settings.ALLANT_TODAY = date(2021, 1, 3)
    signed_in(client)
    answer = client.get(HOME)
    assert answer.status_code == 403 and "n’est pas encore ouvert" in text_of(answer)


def test_vc02_a_profession_that_the_annex_does_not_name_is_refused(client: Client) -> None:
    """VC-02."""
    signed_in(client, profession="99")
    answer = client.get(HOME)
    assert answer.status_code == 403 and "ne vous donne aucune des professions de santé" in text_of(answer)


def test_vc03_several_places_are_chosen_first_and_the_way_leads_back(client: Client) -> None:
    """VC-03: the téléservice waits for the choice, then opens; it can be changed without signing out."""
    user = signed_in(client, structures=("R1", "R2"))
    away = client.get(HOME)["Location"]
    assert away == f"/professionnel/lieu/?next={HOME.replace('/', '%2F')}"
    first, second = user.memberships.all()
    assert client.post(away, {"place": first.pk, "next": HOME})["Location"] == HOME
    assert "Structure R1" in text_of(client.get(HOME))
    elsewhere = {"place": second.pk, "next": "https://ailleurs.example/"}
    assert client.post("/professionnel/lieu/", elsewhere)["Location"] == "/professionnel/"
    assert "Structure R2" in text_of(client.get(HOME))


def test_vc04_the_portal_and_the_home_lead_to_find_support_and_annex(client: Client) -> None:
    """VC-04."""
    signed_in(client)
    assert HOME in text_of(client.get("/professionnel/"))
    page = text_of(client.get(HOME))
    assert all(reverse(name) in page for name in ("teleservice_support", "teleservice_annex")) and 'name="patient"' in page


def test_no_address_holds_a_number(client: Client) -> None:
    """The search refuses the GET form: what is asked in an address is not read."""
    signed_in(client)
    assert client.get(HOME, {"patient": nir(ALONE)}).status_code == 200
    assert not AccessLogEntry.objects.filter(action="search").exists()


def test_query_counts(client: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    """Each page of the search, the session and the access log included."""
    signed_in(client)
    with django_assert_num_queries(4):
        client.get(HOME)
    with django_assert_num_queries(12):  # of which three hold the searches of one account one after another
        find(client, nir(ALONE))
    find(client, nir(PARENT))
    with django_assert_num_queries(5):
        client.get(reverse("teleservice_choice"))
    assert Session.objects.count() == 1

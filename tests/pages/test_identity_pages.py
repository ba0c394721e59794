"""The identity unit's pages: the list, a file, its documents, decisions, a search by any number, the figures; and a journey."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date
from html import unescape
from typing import Any

import pytest
from django.conf import settings as site_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from playwright.sync_api import Page, expect
from pytest_django import DjangoAssertNumQueries, Settings
from pytest_django.live_server_helper import LiveServer

from allant.accounts.models import AccessLogEntry
from allant.accounts.roles import Role
from allant.identification.models import Document, IdentityFile
from allant.people.models import Matricule, Person
from allant.people.numbering import give_number
from tests.accounts.sessions import account_with, enter
from tests.identification.conftest import addresses, file_again, services, unit
from tests.identification.unit import OPENING, PDF, Unit

__all__ = ["addresses", "services", "unit"]
pytestmark = pytest.mark.django_db
LIST = "/identite/"


def text(answer: Any, status: int = 200) -> str:
    """The page as a reader sees it."""
    assert answer.status_code == status, answer
    return " ".join(unescape(answer.content.decode()).replace("\u00a0", " ").split())


@pytest.fixture
def agent(client: Client, settings: Settings) -> Client:
    """An agent of the identity unit of Paris, on the day of the requests."""
    settings.ALLANT_TODAY = OPENING
    enter(client, account_with(Role.IDENTITY_AGENT, departement="75", structures=("CPAM-75",)))
    return client


def logged(action: str) -> list[int]:
    """The persons of the entries of an action in the access log."""
    return sorted(AccessLogEntry.objects.filter(action=action, person_id__isnull=False).values_list("person_id", flat=True))


def test_the_list_says_who_waits_for_what_and_until_when(agent: Client, unit: Unit, settings: Settings) -> None:
    """ID-05: what is due first on top; another fund's people are not shown; who is shown is in the access log."""
    first = unit.asks(unit.newcomer("Première"))
    second = unit.asks(unit.newcomer("Seconde", birth_date=date(1991, 1, 1)), on=date(2022, 4, 20))
    elsewhere = unit.asks(unit.newcomer("Ailleurs", birth_date=date(1992, 1, 1), departement_code="35"))
    settings.ALLANT_TODAY = date(2022, 7, 4)
    page = text(agent.get(LIST))
    assert page.index("Première") < page.index("Seconde") and "Ailleurs" not in page
    assert "04/07/2022" in page and "échue" in page and "20/07/2022" in page
    assert logged("search") == sorted([first.person_id, second.person_id])
    assert "Aucun dossier dans cet état" in text(agent.get(f"{LIST}?etat=suspended"))
    refused = agent.get(f"{LIST}dossiers/{elsewhere.pk}/")
    assert refused.status_code == 403 and logged("refused") == [elsewhere.person_id]


def test_a_file_says_what_is_missing_and_what_comes_next(agent: Client, unit: Unit) -> None:
    """ID-01, ID-02, ID-05: the number explained, the missing documents, the steps to come with their days, the history."""
    file = unit.asks(unit.newcomer())
    page = text(agent.get(f"{LIST}dossiers/{file.pk}/"))
    for part in (
        "Une pièce d'identité", "Une pièce d'état civil", "<strong>04/07/2022</strong> : Relance envoyée",
        "<strong>04/10/2022</strong> : Relance et suspension des droits", "<strong>04/01/2023</strong> : Fermeture des droits",
        "Le SNGI attribue un NIA", "Certification : à faire", "Un NIA identifie cette personne",
        "Ouverture du dossier, par agent",
    ):  # fmt: skip
        assert part in page, part
    assert logged("read") == [file.person_id]


def test_documents_are_added_and_read(agent: Client, unit: Unit) -> None:
    """ID-04: the second one completes the file; what cannot be kept says why; reading one is logged."""
    file = unit.asks(unit.newcomer())
    address = f"{LIST}dossiers/{file.pk}/pieces/"

    def sent(kind: str, content: bytes) -> str:
        upload = SimpleUploadedFile("x.pdf", content)
        return text(agent.post(address, {"kind": kind, "file": upload, "received_on": "2022-04-04"}, follow=True))

    assert "Il manque encore une pièce d'état civil" in sent("passport", PDF + b"1")
    assert "n'est ni un PDF" in sent("birth_certificate", b"MZ")
    assert "virus" in sent("birth_certificate", PDF + b"EICAR-STANDARD-" + b"ANTIVIRUS-TEST-FILE")
    assert "Choisissez un fichier" in text(agent.post(address, {"kind": "passport", "received_on": "2022-04-04"}, follow=True))
    page = sent("birth_certificate", PDF + b"2")
    assert "dossier complet" in page and "En examen au SANDIA" in page and "les délais sont arrêtés" in page
    document = Document.objects.filter(file=file).first()
    answer = agent.get(f"{LIST}pieces/{document.pk}/")
    assert answer.content == PDF + b"1" and "attachment" in answer["Content-Disposition"]
    assert AccessLogEntry.objects.filter(action="read", path="identite/pieces/<int:document>/", person_id=file.person_id).exists()


def test_a_former_number_finds_the_person_and_a_request_is_made(agent: Client, unit: Unit) -> None:
    """ID-03, ID-04: searched by the NNP they bore; nothing of the number is in an address."""
    who = unit.newcomer()
    give_number(person=who, value="7207500000991", kind="NNP", on=date(2021, 1, 4), by="t")
    give_number(person=who, value="7207500000992", kind="NNP", on=date(2022, 1, 4), by="t")
    page = text(agent.post(f"{LIST}recherche/", {"number": "72 075 00000991"}))
    assert unit.name in page and "Demander un matricule" in page
    assert "Personne ne porte" in text(agent.post(f"{LIST}recherche/", {"number": "7207500000993"}))
    assert "Longueur" in text(agent.post(f"{LIST}recherche/", {"number": "12"}), 422)
    answer = agent.post(f"{LIST}demande/", {"number": "7207500000991", "circumstance": "regular_born_abroad"})
    file = IdentityFile.objects.get(person=who)
    assert answer["Location"] == f"{LIST}dossiers/{file.pk}/" and file.kind == "NIA" and file.fund_code == "CPAM-75"
    again = agent.post(f"{LIST}demande/", {"number": "7207500000991", "circumstance": ""}, follow=True)
    assert "Choisissez la situation" in text(again)


def test_a_decision_is_written_or_refused(agent: Client, unit: Unit) -> None:
    """ID-06, ID-07: with its reason; and nothing is offered once the file has ended."""
    asylum = unit.asks(unit.newcomer(), "asylum_seeker")
    answer = agent.post(f"{LIST}dossiers/{asylum.pk}/", {"decision": "granted", "note": "Décision de l'OFPRA"}, follow=True)
    assert "Réfugié reconnu" in text(answer) and IdentityFile.objects.filter(person=asylum.person).count() == 2
    file = unit.asks(unit.newcomer("Sacha"))
    address = f"{LIST}dossiers/{file.pk}/"
    assert "Écrivez le motif" in text(agent.post(address, {"decision": "fraud", "note": ""}), 422)
    unit.pays(file.person, OPENING, 12_050)
    page = text(agent.post(address, {"decision": "fraud", "note": "Faux passeport"}, follow=True))
    assert "Indus réclamés : 120,50 euros" in page and "Faux passeport" in page and "Enregistrer la décision" not in page
    assert not Person.objects.get(pk=file.person_id).rights_open
    assert file.person_id in logged("write")


def test_a_dependant_of_18_is_made_autonomous_on_the_page(agent: Client, unit: Unit, settings: Settings) -> None:
    """ID-10: refused without a residence document, and by another fund than the first."""
    parent = unit.newcomer("Parent")
    child = unit.newcomer("Enfant", birth_date=date(2004, 4, 1), policyholder=parent)
    file = unit.asks(child, "displaced_ukraine")
    assert "Aucun titre ou document de séjour" in text(agent.get(f"{LIST}majorite/"))
    assert "Aucun titre" in text(agent.post(f"{LIST}majorite/", {"file": file.pk}, follow=True))
    unit.receives(file, "provisional_permit", valid_until=date(2022, 10, 1))
    assert "Rendre autonome" in text(agent.get(f"{LIST}majorite/"))
    assert "maintenant autonome" in text(agent.post(f"{LIST}majorite/", {"file": file.pk}, follow=True))
    assert Person.objects.get(pk=child.pk).policyholder_id is None
    assert agent.post(f"{LIST}majorite/", {"file": "x"}).status_code == 404


def test_the_figures_are_a_page_and_a_sheet(agent: Client, unit: Unit) -> None:
    """ID-11: the same lines on both."""
    unit.asks(unit.newcomer())
    assert "Stock de NIA" in text(agent.get(f"{LIST}chiffres/"))
    sheet = agent.get(f"{LIST}chiffres.csv").content.decode("utf-8-sig").splitlines()
    assert sheet[0] == "Groupe;Mesure;Valeur" and "Stock de NIA;moins de 3 mois;1" in sheet


def test_the_stock_of_nnp_is_counted_for_the_territory(agent: Client, unit: Unit) -> None:
    """ID-08: how many are left, and nobody shown."""
    for rank, departement in enumerate(("75", "75", "35")):
        who = unit.newcomer(f"N{rank}", departement_code=departement, birth_date=date(1980, 1, 1 + rank))
        Matricule.objects.create(person=who, value=f"72075{rank + 500:08d}", kind="NNP", starts_on=date(2021, 1, 4))
    page = text(agent.get(f"{LIST}nnp/"))
    assert "2 personnes en situation régulière" in page and unit.name not in page


def test_the_pages_ask_a_fixed_number_of_questions(
    agent: Client, unit: Unit, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    files = [unit.asks(unit.newcomer(f"N{rank}", birth_date=date(1980, 1, 1 + rank))) for rank in range(2)]
    agent.get(LIST)
    with django_assert_num_queries(6):
        agent.get(LIST)
    with django_assert_num_queries(12):
        agent.get(f"{LIST}dossiers/{files[0].pk}/")
    more = [unit.asks(unit.newcomer(f"M{rank}", birth_date=date(1981, 1, 1 + rank))) for rank in range(3)]
    for kind in ("passport", "identity_card", "residence_permit"):
        unit.receives(more[0], kind)
    with django_assert_num_queries(6):
        agent.get(LIST)
    with django_assert_num_queries(13):  # the refusals of its documents, in one query
        agent.get(f"{LIST}dossiers/{more[0].pk}/")


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_an_agent_follows_a_file_in_a_browser(
    services: dict[str, str],
    browser_page: Page,
    live_server: LiveServer,
    settings: Settings,
    axe: Callable[[Page], None],
    tmp_path: Any,
) -> None:
    """ID-04, ID-05: from the number to the complete file, by keyboard and pointer; each page accessible at 1280 and 320 px."""
    settings.ALLANT_TODAY = OPENING
    unit, page = Unit(services, 7001), browser_page
    client = Client()
    enter(client, account_with(Role.IDENTITY_AGENT, departement="75", structures=("CPAM-75",)))
    value = client.cookies[site_settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": site_settings.SESSION_COOKIE_NAME, "value": value, "url": live_server.url}])
    give_number(person=unit.newcomer(), value="7207500000981", kind="NNP", on=date(2021, 1, 4), by="t")
    page.goto(f"{live_server.url}{LIST}")
    expect(page.get_by_text("Aucun dossier")).to_be_visible()
    page.get_by_role("link", name="Rechercher ou demander un matricule").click()
    page.get_by_label("Matricule").fill("7207500000981")
    page.keyboard.press("Enter")
    page.get_by_label("Situation de la personne").select_option("regular_born_abroad")
    axe(page)
    page.get_by_role("button", name="Demander un matricule").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Dossier d'identification")
    for rank, (kind, label) in enumerate((("passport", "Passeport"), ("birth_certificate", "Extrait d'acte de naissance"))):
        paper = tmp_path / f"{kind}.pdf"
        paper.write_bytes(PDF + f"navigateur {rank}".encode())
        page.get_by_label("Nature de la pièce").select_option(kind)
        page.get_by_label("Fichier").set_input_files(str(paper))
        page.get_by_role("button", name="Ajouter la pièce").click()
        expect(page.locator("#pieces")).to_contain_text(label)
        if rank == 0:
            axe(page)
            pictured(page, "dossier")
    expect(page.get_by_text("En examen au SANDIA").first).to_be_visible()
    assert file_again(IdentityFile.objects.get()).case.state == "examined"
    represent(page, unit, axe, f"{live_server.url}{LIST}representations/")
    for path in ("", "majorite/", "nnp/", "chiffres/"):
        page.goto(f"{live_server.url}{LIST}{path}")
        axe(page)
        pictured(page, path.strip("/") or "liste")


def represent(page: Page, unit: Unit, axe: Callable[[Page], None], address: str) -> None:
    """VC-62: a curator typed for the person of the file, by keyboard; form, check, list and end are accessible."""
    who = unit.newcomer("Gaël", birth_date=date(1980, 5, 17))
    give_number(person=who, value="1800575101010", kind="NIR", on=date(2000, 1, 1), by="t")
    page.goto(address)
    axe(page)
    page.get_by_label("Matricule de la personne à représenter").fill("7207500000981")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Aucun représentant inscrit")).to_be_visible()
    page.get_by_label("Matricule du représentant").fill("1800575101010")
    page.get_by_label("Qualité").select_option("curator")
    page.get_by_label("Connue par").select_option("court")
    axe(page)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Relire")
    axe(page)
    pictured(page, "representation-relire")
    page.get_by_role("button", name="Inscrire la représentation").click()
    expect(page.locator("#representants")).to_contain_text("Gaël")
    axe(page)
    pictured(page, "representation")
    page.get_by_role("link", name="Mettre fin ou retirer").click()
    axe(page)


def pictured(page: Page, name: str) -> None:
    """A picture of the page at both widths, where ALLANT_PICTURES names a folder."""
    if folder := os.environ.get("ALLANT_PICTURES"):
        for width in (1280, 320):
            page.set_viewport_size({"width": width, "height": 800})
            page.screenshot(path=f"{folder}/{name}-{width}.png", full_page=True)

"""TG-13, TG-14: mails to professionals, visits of a fund's delegates, départements of an experiment, on their pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from html import unescape

import pypdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from playwright.sync_api import Page
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from allant.accounts.models import AccessLogEntry, LoggedAction
from allant.accounts.roles import Role
from allant.campaigns.models import Campaign, ProfessionalMailing, ProfessionalVisit, TargetDraft
from allant.campaigns.professionals.mailings import draft_changes
from allant.directory.models import Organisation, Practitioner
from allant.doctrine import rules
from allant.outreach.models import Message
from allant.people.models import Person, Situation
from allant.supply.models import Allotment
from tests.accounts.sessions import account_with, enter
from tests.pages import small_country

pytestmark = pytest.mark.django_db

MAILINGS, VISITS = "/campagnes/professionnels/courriers/", "/campagnes/professionnels/visites/"
TERRITORIES = "/campagnes/essai/departements/"
WRITTEN = {"title": "Essai", "subject": "Nouvelles doses", "body": "Un texte.", "professions": ["medecin"]}


def doctors() -> list[Practitioner]:
    """One doctor of the Ain with sixty patients, one of Ille-et-Vilaine with forty, and a centre of the Ain."""
    Organisation.objects.create(code="CV-01", name="Centre", kind="centre", departement_code="01", email="cv@centre.example")
    made = [
        Practitioner.objects.create(
            rpps=f"1000000000{rank}", family_name=name, given_names="Claude", profession="10", departement_code=place,
            email=f"d{rank}@medecin.example",
        )
        for rank, (name, place) in enumerate((("Premier", "01"), ("Second", "35")), 1)
    ]  # fmt: skip
    Person.objects.filter(pk__range=(200, 259)).update(treating_practitioner=made[0])
    Person.objects.filter(pk__range=(260, 299)).update(treating_practitioner=made[1])
    return made


@pytest.fixture
def campaign(settings: Settings) -> Campaign:
    """The small country, its campaign, two doctors."""
    settings.ALLANT_TODAY = small_country.TODAY
    found = small_country.settle()
    doctors()
    return found


@pytest.fixture
def manager(client: Client, campaign: Campaign) -> Client:
    enter(client, account_with(Role.CAMPAIGN_MANAGER, structures=("CNAM",)))
    return client


def delegate(place: str) -> Client:
    """A delegate of the fund of a département, signed in."""
    client = Client()
    enter(client, account_with(Role.DELEGATE, username=f"agency:dam-{place}", structures=(f"CPAM-{place}",), departement=place))
    return client


def read(answer, status: int = 200) -> str:
    """A page as its reader sees it."""
    assert answer.status_code == status, answer
    return " ".join(unescape(answer.content.decode()).replace("\u00a0", " ").split())


# Mails


def test_tg_13_a_mail_is_written_counted_edited_and_approved(manager: Client) -> None:
    """TG-13: the count and its breakdown come at once; approval asks to have read."""
    counted = read(manager.post(f"{MAILINGS}nouveau/", WRITTEN | {"structures": ["centre"], "count": "1"}))
    assert "Chaque médecin, et chaque centre de vaccination ; France entière." in counted
    assert '<p class="allant-figure__value" id="compte">3</p>' in counted and "35 – Ille-et-Vilaine" in counted
    assert not ProfessionalMailing.objects.exists()
    place = manager.post(f"{MAILINGS}nouveau/", WRITTEN)["Location"]
    manager.post(place, WRITTEN | {"subject": "Relu", "departements": "Ain"})
    mailing = ProfessionalMailing.objects.get()
    assert (mailing.subject, mailing.sentence) == ("Relu", "Chaque médecin ; département : Ain.")
    assert "Cochez la case" in read(manager.post(f"{place}approuver/", follow=True))
    assert "1 messages partiront" in read(manager.post(f"{place}approuver/", {"read": "1"}, follow=True))
    page = read(manager.get(place))
    assert "Approuvé" in page and "En attente : 1" in page and "Enregistrer</button>" not in page
    assert Message.objects.get(practitioner__family_name="Premier").channel == "email"
    assert AccessLogEntry.objects.filter(action=LoggedAction.BULK, subject_kind="mailing").count() == 1
    assert "est parti à l'envoi" in read(manager.post(f"{place}approuver/", {"read": "1"}, follow=True))
    assert "1 messages en attente retirés" in read(manager.post(f"{place}abandonner/", follow=True))


def test_tg_13_the_drafts_of_a_change_of_doctrine_are_there_to_read(manager: Client) -> None:
    """TG-13: with the rule, its date and its source; the newsletter of a period is drafted once."""
    draft_changes(now=rules.as_known_on(date(2021, 1, 7)), before=rules.as_known_on(date(2021, 1, 6)), by="test")
    page = read(manager.get(f"{MAILINGS}?etat=a-relire"))
    assert "Vaccination contre la Covid-19 : personnes de 75 ans et plus" in page
    shown = read(manager.get(f"{MAILINGS}{ProfessionalMailing.objects.get().pk}/"))
    assert "Pourquoi ce courrier : Règle covid.priority.age_75@2021-01-18/2021-01-07" in shown
    assert "conférence de presse du 7 janvier 2021" in shown
    for _ in range(2):
        letter = manager.post(f"{MAILINGS}lettre/", {"since": "2021-01-01", "until": "2021-02-01"})
    assert "Ce qui a changé" in read(manager.get(letter["Location"])) and ProfessionalMailing.objects.count() == 2
    backwards = manager.post(f"{MAILINGS}lettre/", {"since": "2021-02-01", "until": "2021-01-01"}, follow=True)
    assert "après son début" in read(backwards)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"departements": "Ardenes"}, "Vouliez-vous dire « Ardennes » ?"),
        ({"professions": ["pilote"]}, "pilote"),
        ({"professions": []}, "Aucun destinataire"),
        ({"subject": " "}, "obligatoire"),
        ({"campaign": "essay"}, "essay"),
        ({"at_least": "-1"}, "supérieure ou égale à 1"),
    ],
)
def test_a_mail_typed_wrong_is_told_and_nothing_is_written(manager: Client, wrong: dict, told: str) -> None:
    assert told in read(manager.post(f"{MAILINGS}nouveau/", WRITTEN | wrong), 422)
    assert not ProfessionalMailing.objects.exists()


def test_the_agents_pages_of_a_person_stand_messages_to_nobody(manager: Client) -> None:
    place = manager.post(f"{MAILINGS}nouveau/", WRITTEN)["Location"]
    manager.post(f"{place}approuver/", {"read": "1"})
    page = read(manager.post("/campagnes/personne/contacts/", {"value": small_country.matricule(300)}))
    assert "Nouvelles doses" not in page and "mailing" not in page
    assert manager.get("/campagnes/essai/").status_code == 200


# Visits


def test_tg_13_each_fund_has_its_list_and_sees_no_other(campaign: Campaign) -> None:
    """TG-13: two funds."""
    ain, ille = delegate("01"), delegate("35")
    assert "1 médecin sur la liste." in read(ain.post(VISITS, {"campaign": "essai"}, follow=True))
    assert "Claude Premier" in read(ain.get(VISITS)) and "Claude Premier" not in read(ille.get(VISITS))
    visit = ProfessionalVisit.objects.get()
    assert (visit.fund_code, visit.listed_by) == ("CPAM-01", "agency:dam-01") and visit.patients_to_vaccinate > 0
    for path in ("", "bon-de-commande/"):
        assert ille.get(f"{VISITS}{visit.pk}/{path}").status_code == 404
    for path in ("planifier/", "enregistrer/", "liste-ald/"):
        assert ille.post(f"{VISITS}{visit.pk}/{path}", {"visited_on": "2021-02-20", "outcome": "met"}).status_code == 404
    assert "Premier" not in ille.get(f"{VISITS}fichier/").content.decode()
    visit.refresh_from_db()
    assert not visit.ald_list_given and visit.visited_on is None
    assert "n'a pas de département" in read(delegate("FR").post(VISITS, {"campaign": "essai"}, follow=True))
    assert "campagne n'est pas dans la liste" in read(ain.post(VISITS, {"campaign": "autre"}), 422)


def test_tg_13_a_visit_is_planned_printed_recorded_and_its_papers_handed_over(campaign: Campaign) -> None:
    """TG-13, VC-52, VC-53: the ALD list is logged with each patient; the order form is filled with what may be ordered."""
    ain = delegate("01")
    ain.post(VISITS, {"campaign": "essai"})
    place = f"{VISITS}{ProfessionalVisit.objects.get().pk}/"
    Situation.objects.create(person_id=204, kind="ald", code="8")
    assert "est passé" in read(ain.post(f"{place}planifier/", {"planned_on": "2021-02-20"}), 422)
    assert "prévue le 21 février 2021" in read(ain.post(f"{place}planifier/", {"planned_on": "2021-02-21"}, follow=True))
    assert "1 visite aujourd’hui" in read(ain.get(VISITS))
    assert "Claude Premier" in read(ain.get(f"{VISITS}jour/"))
    assert "Aucune visite prévue" in read(ain.get(f"{VISITS}jour/?jour=2021-02-22"))
    assert "Saisissez une date valide" in read(ain.get(f"{VISITS}jour/?jour=hier"), 400)
    listed = read(ain.post(f"{place}liste-ald/"))
    assert listed.count("<td>Jeanne</td>") == 1 and "Document à remettre au médecin seul" in listed
    entry = AccessLogEntry.objects.about(204).get()
    assert (entry.action, entry.structure, entry.batch_id is not None) == (LoggedAction.BULK, "CPAM-01", True)
    sheet = ain.post(f"{place}liste-ald/", {"as_file": "1"})
    assert sheet["Content-Type"].startswith("text/csv") and "Martin;Jeanne" in sheet.content.decode("utf-8-sig")
    recorded = {"visited_on": "2021-02-21", "outcome": "met", "order_form_given": "on", "note": "=à rappeler"}
    assert "Suite" in read(ain.post(f"{place}enregistrer/", recorded | {"outcome": "rien"}), 422)
    page = read(ain.post(f"{place}enregistrer/", recorded, follow=True))
    assert "faite le 21 février 2021 ; Médecin rencontré" in page and "en ALD : remise. Bon de commande : remis" in page
    row = ain.get(f"{VISITS}fichier/").content.decode("utf-8-sig").splitlines()[1]
    assert "Médecin rencontré;oui;oui;'=à rappeler" in row, "a text that a spreadsheet would run is harmless"
    assert "Claude Premier" in read(ain.get(f"{VISITS}?etat=faites"))
    assert "Claude Premier" not in read(ain.get(f"{VISITS}?etat=a-faire"))


def test_tg_13_the_order_form_says_what_the_doctor_may_order(campaign: Campaign, settings: Settings, tmp_path) -> None:
    """VC-53: the week, the vials left and the last day; a tagged PDF."""
    settings.ALLANT_TODAY = date(2021, 2, 16)
    Allotment.objects.create(
        vaccine="vaxzevria", week=date(2021, 2, 22), vials_per_doctor=2, set_at="2021-02-15T08:00Z", set_by="test"
    )
    ain = delegate("01")
    ain.post(VISITS, {"campaign": "essai"})
    answer = ain.get(f"{VISITS}{ProfessionalVisit.objects.get().pk}/bon-de-commande/")
    assert answer["Content-Type"] == "application/pdf"
    file = tmp_path / "form.pdf"
    file.write_bytes(answer.content)
    pdf = pypdf.PdfReader(file)
    text = pdf.pages[0].extract_text()
    assert "Claude Premier" in text and "22/02/2021" in text and "17/02/2021" in text and "AstraZeneca" in text
    assert "/StructTreeRoot" in pdf.trailer["/Root"]


# Experiments


def test_tg_14_a_campaign_is_started_in_some_departements_and_extended_by_list(manager: Client, campaign: Campaign) -> None:
    """TG-14: pasted, then from a file; the launch page counts only where it runs."""
    assert "Cette campagne invite partout" in read(manager.get(TERRITORIES))
    everywhere = int(read(manager.get("/campagnes/essai/vague/")).split('id="a-inviter">')[1].split("<")[0])
    whole = manager.get("/campagnes/essai/")
    page = read(manager.post(TERRITORIES, {"typed": "Ain", "starts_on": "2021-02-01"}, follow=True))
    narrowed = manager.get("/campagnes/essai/")
    assert 0 < narrowed.context["count"] < whole.context["count"] and "dans 1 département où la campagne a lieu" in read(narrowed)
    assert [split.rows[0][0] for split in narrowed.context["breakdowns"] if split.title == "Département"] == ["Ain"]
    manager.post("/campagnes/essai/cible/")
    edited = manager.get(f"/campagnes/atelier/cibles/{TargetDraft.objects.get().pk}/")
    # The workshop joins the standing exclusions, which this campaign was saved without: as many people at most.
    assert 0 < edited.context["count"] <= narrowed.context["count"] and "dans 1 département où la campagne" in read(edited)
    assert [split.rows[0][0] for split in edited.context["splits"] if split.title == "Département"] == ["Ain"]
    assert "À venir : <strong>0</strong> · Commencé : <strong>1</strong>" in page
    assert int(read(manager.get("/campagnes/essai/vague/")).split('id="a-inviter">')[1].split("<")[0]) < everywhere
    file = SimpleUploadedFile("liste.txt", b"Corse du sud\r\n35\r\nAin")
    assert "2 départements ajoutés ou datés. 1 y étaient déjà." in read(manager.post(TERRITORIES, {"file": file}, follow=True))
    assert [row.departement_code for row in campaign.territories.all()] == ["01", "2A", "35"]
    dated = manager.post(f"{TERRITORIES}35/", {"starts_on": "2021-03-01"}, follow=True)
    assert "Dates enregistrées : Ille-et-Vilaine" in read(dated)
    assert "ne change plus" in read(manager.post(f"{TERRITORIES}01/", {"starts_on": "2021-03-01"}, follow=True))
    assert "Date illisible" in read(manager.post(f"{TERRITORIES}01/", {"starts_on": "demain"}, follow=True))
    assert manager.post(f"{TERRITORIES}75/").status_code == 404
    shown = read(manager.get(TERRITORIES))
    assert "Depuis le 1er février 2021 (Ain)" in shown and "Ce que cela ne prouve pas" in shown


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"typed": "Ain, Ardenes"}, "Vouliez-vous dire « Ardennes »"),
        ({"typed": ""}, "Aucun département lu"),
        ({"typed": "Ain", "starts_on": "jamais"}, "date valide"),
        ({"file": SimpleUploadedFile("x.txt", b"\xff\xfe\x00A")}, "UTF-8"),
        ({"file": SimpleUploadedFile("x.txt", b"Ain\n" * 20_000)}, "trop grand"),
    ],
)
def test_tg_14_a_list_with_an_unknown_departement_changes_nothing(
    manager: Client, campaign: Campaign, typed: dict, told: str
) -> None:
    assert told in read(manager.post(TERRITORIES, typed), 422)
    assert not campaign.territories.exists()


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_pages_are_accessible(
    browser_page: Page, axe: Callable[[Page], None], live_server: LiveServer, settings: Settings, sign_in_services: None
) -> None:
    """Each page at both widths, with something on it: as the delegate, then as the manager."""
    settings.ALLANT_TODAY = small_country.TODAY
    small_country.settle()
    doctors()
    enter_at(browser_page, live_server.url, "DAM (délégué auprès des professionnels)")
    browser_page.goto(live_server.url + VISITS)
    browser_page.get_by_role("button", name="Établir la liste").press("Enter")
    browser_page.wait_for_selector("#visites")
    axe(browser_page)
    browser_page.get_by_role("link", name="Claude Second").press("Enter")
    browser_page.wait_for_url("**/visites/*/")
    axe(browser_page)
    browser_page.get_by_role("button", name="Planifier").press("Enter")
    browser_page.goto(f"{live_server.url}{VISITS}jour/")
    axe(browser_page)
    draft_changes(now=rules.as_known_on(date(2021, 1, 7)), before=rules.as_known_on(date(2021, 1, 6)), by="test")
    browser_page.context.clear_cookies()
    enter_at(browser_page, live_server.url, "Responsable de campagne nationale")
    browser_page.goto(live_server.url + TERRITORIES)
    browser_page.get_by_label("Départements", exact=False).first.fill("Ain, Corse du sud")
    browser_page.get_by_label("À partir du").fill("2021-02-01")
    browser_page.get_by_role("button", name="Ajouter ces départements").press("Enter")
    browser_page.wait_for_selector("#departements")
    for path in (TERRITORIES, MAILINGS, f"{MAILINGS}{ProfessionalMailing.objects.get().pk}/"):
        browser_page.goto(live_server.url + path)
        axe(browser_page)


def enter_at(page: Page, site: str, account: str) -> None:
    """Sign in through the agency's provider."""
    page.goto(f"{site}/connexion/")
    page.locator("form[action='/connexion/agency/'] button").click()
    page.get_by_role("button", name=account).click()
    page.wait_for_url(f"{site}/**")

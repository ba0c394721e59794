"""TG-03 on screen: a target built by keyboard, without and with a script; a campaign created, launched, stopped, resumed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from playwright.sync_api import Page
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from allant.accounts.roles import Role
from allant.campaigns.models import Campaign, Invitation, TargetDraft
from allant.campaigns.reads import gap
from allant.campaigns.waves import reach
from allant.campaigns.workshop.preview import preview
from allant.directory.actions import load_organisations
from allant.directory.funds import FUNDS
from allant.facts import snapshot
from allant.people.models import ContactPoint, Person
from allant.people.situation_codes import ALD_GROUPS
from tests.accounts.sessions import account_with, enter
from tests.pages import small_country
from tests.pages.test_journeys import sign_in

Check = Callable[[Page], None]
DAY = date(2021, 2, 21)


@pytest.fixture
def manager(client: Client, settings: Settings) -> Client:
    settings.ALLANT_TODAY = small_country.TODAY
    enter(client, account_with(Role.CAMPAIGN_MANAGER))
    return client


def begun(client: Client) -> str:
    """A new draft; its address."""
    return str(client.post("/campagnes/atelier/cibles/")["Location"])


def put(client: Client, draft: str, nature: str, place: str = "", **values: object) -> None:
    answer = client.post(f"{draft}critere/", {"nature": nature, "place": place, **values})
    assert answer.status_code == 302, answer.content.decode()


@pytest.mark.django_db
def test_tg_03_a_target_is_counted_split_and_read_back_as_it_grows(manager: Client) -> None:
    """75 and over, not vaccinated, with a landline or a mobile, in the Ain: without a script."""
    small_country.settle()
    draft = begun(manager)
    assert "ajoutez un premier critère" in manager.get(draft).content.decode()
    put(manager, draft, "age", lowest=60)
    put(manager, draft, "vaccinated")
    manager.post(f"{draft}changer/", {"operation": "inverser", "place": "1"})
    put(manager, draft, "departement", values=["01", "13"])
    manager.post(f"{draft}changer/", {"operation": "groupe", "place": ""})
    put(manager, draft, "mobile", place="3")
    put(manager, draft, "landline", place="3")
    page = manager.get(draft).content.decode()
    for said in ("60 ans ou plus au 21 février 2021", "01 (Ain)", "L’un au moins", "Répartition"):
        assert said in page
    born = date(DAY.year - 60, DAY.month, DAY.day)
    meant = Person.objects.filter(birth_date__lte=born, departement_code__in=["01", "13"], contact_points__kind="mobile")
    meant = meant.exclude(pk__in=small_country.VACCINATED)
    seen = manager.get(draft).context
    assert seen["count"] == meant.count() > 0
    split = {each.title: {label: persons for label, persons, _ in each.rows} for each in seen["splits"]}
    assert {sum(rows.values()) for rows in split.values()} == {seen["count"]} and len(split) == 5
    assert split["Département"] == {
        name: persons for code, name in (("01", "Ain"), ("13", "Bouches-du-Rhône"))
        if (persons := meant.filter(departement_code=code).count())
    }  # fmt: skip


@pytest.mark.django_db
def test_tg_03_a_criterion_is_changed_in_place_and_the_change_undone(manager: Client) -> None:
    """Without a script: the form comes back filled, the criterion keeps its place and its denial."""
    small_country.settle()
    draft = begun(manager)
    put(manager, draft, "mobile")
    put(manager, draft, "age", lowest=75)
    manager.post(f"{draft}changer/", {"operation": "inverser", "place": "1"})
    put(manager, draft, "email")
    assert manager.get(draft).content.decode().count(">Modifier<") == 1, "only what has blanks"
    form = manager.get(f"{draft}critere/", {"modifier": "1"})
    assert 'value="75"' in form.content.decode() and "Enregistrer ce critère" in form.content.decode()
    seen = {"modifier": "1", "vu": form.context["asked"].mark}
    refused = manager.post(f"{draft}critere/", {**seen, "lowest": 300})
    assert refused.status_code == 400 and "Enregistrer ce critère" in refused.content.decode()
    answer = manager.post(f"{draft}critere/", {**seen, "lowest": 80, "highest": 90})
    assert answer["Location"] == f"{draft}#critere-1"
    before = TargetDraft.objects.get().tree
    assert [len(before["and"]), "not" in before["and"][1]] == [3, True] and "80" in str(before["and"][1])
    assert manager.post(f"{draft}critere/", {**seen, "lowest": 60}).status_code == 409, "it changed since it was shown"
    assert TargetDraft.objects.get().tree == before
    for wrong, status in (("9", 409), ("x", 409), ("0", 200)):
        assert manager.get(f"{draft}critere/", {"modifier": wrong}).status_code == status
    assert "Annuler le dernier changement" in manager.get(draft).content.decode()
    manager.post(f"{draft}changer/", {"operation": "annuler", "place": ""})
    assert "'to': 75" in str(TargetDraft.objects.get().tree["and"][1])
    for _ in range(5):
        last = manager.post(f"{draft}changer/", {"operation": "annuler", "place": ""})
    assert last.status_code == 409 and "Rien à annuler" in last.content.decode()


@pytest.mark.django_db
def test_tg_03_an_epci_is_chosen_by_name_or_code(manager: Client) -> None:
    """TG-03: EPCI, with the browser's own completion."""
    small_country.settle()
    draft = begun(manager)
    assert "CA du Bassin de Bourg-en-Bresse (200071751)" in manager.get(f"{draft}critere/", {"nature": "epci"}).content.decode()
    for typed, said in (("Nulle part", "une intercommunalité"), ("CC des Quatre Rivières", "Plusieurs"), ("", "obligatoire")):
        refused = manager.post(f"{draft}critere/", {"nature": "epci", "place": "", "values": [typed, ""]})
        assert refused.status_code == 400 and said in refused.content.decode() and typed in refused.content.decode()
    put(manager, draft, "epci", values=["bassin de bourg en bresse", "", "Rennes Métropole (243500139)", "200071751"])
    page = manager.get(draft).content.decode()
    assert "dans l&#x27;intercommunalité 200071751 (CA du Bassin de Bourg-en-Bresse) ou 243500139 (Rennes Métropole)" in page
    assert "Rennes Métropole (243500139)" in manager.get(f"{draft}critere/", {"modifier": "0"}).content.decode()


@pytest.mark.django_db
def test_tg_03_a_commune_is_typed_by_name_postcode_or_code_and_read_back_by_name(manager: Client) -> None:
    """TG-03: without a script too; what may be read in several ways is quoted, and nothing is added."""
    small_country.settle()
    Person.objects.filter(departement_code="01").update(commune_code="01344")
    draft = begun(manager)
    for typed, said in (
        ("Nulle part", "n&#x27;est pas une commune"), ("Saint-Denis", "Saint-Denis (97411) ou Saint-Denis (93066)"),
        ("97411", "Saint-Denis (97411) ou Saint-Paul (97415)"), ("01053 99999", "« 99999 »"), ("", "obligatoire"),
    ):  # fmt: skip
        refused = manager.post(f"{draft}critere/", {"nature": "commune", "place": "", "values": [typed, ""]})
        assert refused.status_code == 400 and said in refused.content.decode() and f'value="{typed}"' in refused.content.decode()
    put(manager, draft, "commune", values=["rennes", "01000", "93200 Saint Denis", "Saint-Denis (97411)", "2a004 01004"])
    (node,) = TargetDraft.objects.get().tree["and"]
    assert node["in"] == sorted(["35238", "01053", "01344", "93066", "97411", "2A004", "01004"]), "kept in order of code"
    page = manager.get(draft)
    assert "01344 (Saint-Denis-lès-Bourg)" in page.content.decode() and "35238 (Rennes)" in page.content.decode()
    assert page.context["count"] == Person.objects.filter(departement_code="01").count() > 0
    assert 'value="Rennes (35238)"' in manager.get(f"{draft}critere/", {"modifier": "0"}).content.decode()
    offered = manager.get("/campagnes/atelier/communes/", {"q": "bourg-en"}).json()["results"]
    assert offered[0] == "Bourg-en-Bresse (01053)" and manager.get("/campagnes/atelier/communes/").json() == {"results": []}


@pytest.mark.django_db
def test_tg_03_a_group_of_ald_and_a_fund_are_chosen_and_read_back_by_name(manager: Client) -> None:
    """TG-03: by name, by part of it, by code, or as the list proposes; without a script."""
    small_country.settle()
    load_organisations(pa.table({"code": ["011", "591"], "name": ["CPAM – Ain", "CPAM – Nord"], "kind": ["cpam"] * 2}), by="test")
    FUNDS.forget()
    Person.objects.filter(departement_code="01").update(fund_code="011")
    draft = begun(manager)
    form = manager.get(f"{draft}critere/", {"nature": "ald"}).content.decode()
    assert "Mucoviscidose (18)" in form and form.count("<option value=") == len(ALD_GROUPS)
    put(manager, draft, "ald", values=["diabete", "Mucoviscidose (18)", "30", "5, 13"])
    put(manager, draft, "fund", values=["cpam nord", "CPAM – Ain (011)"])
    ald, fund = TargetDraft.objects.get().tree["and"]
    assert "['13', '18', '30', '5', '8']" in str(ald) and fund["in"] == ["011", "591"]
    page = manager.get(draft).content.decode()
    assert "8 (Diabète de type 1 et diabète de type 2)" in page and "rattaché à la caisse 011 (CPAM – Ain) ou 591" in page
    assert 'value="Maladie coronaire (13)"' in manager.get(f"{draft}critere/", {"modifier": "0"}).content.decode()
    assert 'value="CPAM – Nord (591)"' in manager.get(f"{draft}critere/", {"modifier": "1"}).content.decode()


@pytest.mark.django_db
def test_tg_03_with_a_snapshot_configured_the_page_counts_on_it_and_says_its_day(
    manager: Client, settings: Settings, tmp_path: Path
) -> None:
    """TG-03, PF-01: the count of the nation comes from the snapshot, the same splits as from the register."""
    small_country.settle()
    moved = Person.objects.filter(departement_code="01").update(commune_code="01053")
    draft = begun(manager)
    put(manager, draft, "age", lowest=20)
    put(manager, draft, "epci", values=["200071751", "243500139"])
    live = manager.get(draft)
    snapshot(connection, tmp_path, as_of=date(2021, 2, 20))
    settings.ALLANT_SNAPSHOT = str(tmp_path)
    on_snapshot = manager.get(draft)
    assert moved >= on_snapshot.context["count"] == live.context["count"] > 0
    assert {split.title: set(split.rows) for split in on_snapshot.context["splits"]} == {
        split.title: set(split.rows) for split in live.context["splits"]
    }
    assert "d’après l’instantané du 20 février 2021" in on_snapshot.content.decode() and "instantané" not in live.content.decode()
    (tmp_path / "person" / "part-0.parquet").unlink()
    page = manager.get(draft).content.decode()
    assert "La cible ne peut pas être comptée" in page and "n&#x27;a pas la table « person »" in page
    settings.ALLANT_SNAPSHOT = str(tmp_path / "person")
    assert "n&#x27;est pas un instantané" in manager.get(draft).content.decode()


@pytest.mark.django_db
def test_tg_03_a_draft_page_asks_a_fixed_number_of_queries(
    manager: Client, django_assert_max_num_queries: Callable[[int], object]
) -> None:
    small_country.settle()
    draft = begun(manager)
    for age in range(60, 70):
        put(manager, draft, "age", lowest=age)
    with django_assert_max_num_queries(10):
        manager.get(draft)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"nature": "age"}, "Donnez un âge minimal"),
        ({"nature": "age", "lowest": 80, "highest": 70}, "inversez-les"),
        ({"nature": "age", "lowest": 500}, "120"),
        ({"nature": "departement"}, "obligatoire"),
        ({"nature": "commune", "values": "01053 <b>"}, "pas une commune"),
        ({"nature": "fund", "values": "011 <b>"}, "pas une caisse de l&#x27;annuaire"),
        ({"nature": "ald", "values": "cor au pied"}, "pas un groupe d&#x27;ALD"),
        ({"nature": "ald", "values": "grave"}, "peut désigner plusieurs groupes d&#x27;ALD"),
        ({"nature": "nulle"}, "Choisissez un critère"),
    ],
)
def test_a_wrong_blank_is_said_in_french_and_nothing_is_added(manager: Client, values: dict[str, object], said: str) -> None:
    draft = begun(manager)
    answer = manager.post(f"{draft}critere/", {"place": "", **values})
    assert answer.status_code == 400 and said in answer.content.decode()
    assert TargetDraft.objects.get().tree == {"and": []}


@pytest.mark.django_db
def test_a_draft_belongs_to_its_author_and_a_lost_place_is_a_conflict(manager: Client) -> None:
    draft = begun(manager)
    put(manager, draft, "mobile")
    assert manager.post(f"{draft}changer/", {"operation": "retirer", "place": "4"}).status_code == 409
    assert manager.post(f"{draft}changer/", {"operation": "tout casser", "place": "0"}).status_code == 400
    other = Client()
    enter(other, account_with(Role.CAMPAIGN_MANAGER, username="agency:autre"))
    assert other.get(draft).status_code == 404


@pytest.mark.django_db
def test_tg_01_tg_09_a_campaign_is_created_launched_once_a_day_stopped_and_resumed(manager: Client, settings: Settings) -> None:
    small_country.settle()
    draft = begun(manager)
    assert manager.post(f"{draft}campagne/", {"title": "Vide"}).status_code == 400
    put(manager, draft, "age", lowest=60)
    form = {
        "title": "Soixante ans, février", "territory": "France entière", "starts_on": "2021-02-15", "channels": ["sms", "letter"],
        "template": "covid-invitation", "act": "dose_summary.first_on", "weekly_capacity": 30, "programme": "covid19",
    }  # fmt: skip
    late = manager.post(f"{draft}campagne/", {**form, "ends_on": "2021-02-15"})
    assert late.status_code == 400 and "après le premier jour" in late.content.decode()
    mute = manager.post(f"{draft}campagne/", {**form, "daily_calls": 5})
    assert mute.status_code == 400 and "n’appelle pas" in mute.content.decode()
    assert manager.post(f"{draft}campagne/", form)["Location"] == "/campagnes/soixante-ans-fevrier/"
    campaign = Campaign.objects.get(slug="soixante-ans-fevrier")
    assert "60 ans ou plus" in campaign.current_target.sentence and "pas de décès connu" in campaign.current_target.sentence
    page = manager.get("/campagnes/soixante-ans-fevrier/vague/").content.decode()
    assert "Personnes à inviter aujourd’hui" in page and 'id="appels"' not in page
    Campaign.objects.filter(pk=campaign.pk).update(channels=["call", "sms", "letter"], daily_calls=2)
    elders = Person.objects.filter(birth_date__year__lt=1940)[:9]
    ContactPoint.objects.bulk_create(ContactPoint(person=each, kind="landline", value=f"029900{each.pk:04d}") for each in elders)
    called = reach(Campaign.objects.get(pk=campaign.pk), DAY)["call"]
    page = manager.get("/campagnes/soixante-ans-fevrier/vague/").content.decode()
    assert called > 2 and f"<strong>{(called + 1) // 2} jours</strong>" in page
    assert "2 appels par jour" in manager.get("/campagnes/soixante-ans-fevrier/").content.decode()
    Campaign.objects.filter(pk=campaign.pk).update(channels=["sms", "letter"], daily_calls=None)
    ContactPoint.objects.filter(kind="landline").delete()
    for _ in range(2):  # a double click
        manager.post("/campagnes/soixante-ans-fevrier/vague/", {"capacity": 12})
    assert Invitation.objects.filter(campaign=campaign).count() == 12
    left = preview(campaign.current_target.on(DAY), DAY, []).count
    assert sum(reach(campaign, DAY).values()) == left, "those invited are left out"
    settings.ALLANT_TODAY = date(2021, 2, 20)  # of the same week
    page = manager.get("/campagnes/soixante-ans-fevrier/vague/")
    assert page.context["left"] == 18 and "il en reste <strong>18</strong>" in page.content.decode()
    refused = manager.post("/campagnes/soixante-ans-fevrier/vague/", {"capacity": 19})
    assert refused.status_code == 400 and "18 invitations cette semaine" in refused.content.decode()
    settings.ALLANT_TODAY = DAY
    stopped = manager.post("/campagnes/soixante-ans-fevrier/arreter/", follow=True).content.decode()
    assert "12 messages en attente sont retenus" in stopped
    assert "arrêtée" in manager.post("/campagnes/soixante-ans-fevrier/vague/", {"capacity": 5}).content.decode()
    manager.post("/campagnes/soixante-ans-fevrier/reprendre/")
    campaign.refresh_from_db()
    assert campaign.state_on(DAY) == "running"


@pytest.mark.django_db
def test_tg_02_an_objective_with_a_figure_is_set_on_the_page_and_its_gap_shown(manager: Client) -> None:
    """TG-01, TG-02: the population is the target without what changes as it is reached; any programme."""
    small_country.settle()
    draft = begun(manager)
    form = {
        "programme": "flu", "title": "Objectif", "territory": "France entière", "starts_on": "2021-02-21", "channels": ["letter"],
        "template": "covid-invitation", "act": "dose_summary.first_on", "objective_percent": 80,
    }  # fmt: skip
    put(manager, draft, "mobile")
    refused = manager.post(f"{draft}campagne/", {**form, "act": ""})
    assert refused.status_code == 400
    for said in ("demande une population", "demande un acte", "aucun critère ne dit"):
        assert said in refused.content.decode()
    put(manager, draft, "age", lowest=60)
    put(manager, draft, "vaccinated")
    manager.post(f"{draft}changer/", {"operation": "inverser", "place": "2"})
    assert "Parmi : 60 ans ou plus au 21 février 2021. Vide" in manager.get(f"{draft}campagne/").content.decode()
    assert manager.post(f"{draft}campagne/", form)["Location"] == "/campagnes/objectif/"
    campaign = Campaign.objects.get(slug="objectif")
    seen = gap(campaign, DAY)
    elders = Person.objects.filter(birth_date__lte=date(1961, 2, 21))
    assert campaign.programme == "flu" and seen and seen.concerned == elders.count()
    assert seen.done == elders.filter(pk__in=small_country.VACCINATED).count() > 0
    assert f"80 % × {seen.concerned}" in manager.get("/campagnes/objectif/").content.decode().replace("\u00a0", " ")


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_tg_03_the_workshop_by_keyboard_in_a_browser(
    browser_page: Page, axe: Check, live_server: LiveServer, settings: Settings, sign_in_services: None
) -> None:
    """A manager adds an age criterion with the keyboard alone, reads count and sentence, and saves a version."""
    settings.ALLANT_TODAY = small_country.TODAY
    cache.clear()
    small_country.settle()
    page, site = browser_page, live_server.url
    sign_in(page, site, "agency", "Camille Roussel")
    page.goto(f"{site}/campagnes/essai/")
    axe(page)
    page.get_by_role("button", name="Modifier la cible").press("Enter")
    page.wait_for_url("**/atelier/**")
    axe(page)
    page.locator("#nature").select_option("mobile")
    page.locator("#nature").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/critere/**")
    axe(page)
    page.get_by_role("button", name="Ajouter ce critère").press("Enter")
    page.wait_for_selector("#phrase")
    assert "avec un mobile" in page.locator("#phrase").inner_text()
    page.get_by_role("link", name="Modifier le critère 1").press("Enter")
    page.wait_for_url("**/critere/?modifier=0")
    axe(page)
    page.get_by_label("Âge minimal").fill("61")
    page.keyboard.press("Enter")
    page.wait_for_url("**#critere-0")
    assert "61 ans ou plus" in page.locator("#phrase").inner_text()
    page.get_by_role("button", name="Annuler le dernier changement").press("Enter")
    page.wait_for_url(lambda url: "#" not in url)
    assert "61 ans ou plus" not in page.locator("#phrase").inner_text()
    page.get_by_role("button", name="Enregistrer comme nouvelle version").press("Enter")
    page.wait_for_url("**/campagnes/essai/")
    assert "Version 2" in page.content()
    page.goto(f"{site}/campagnes/essai/vague/")
    axe(page)
    page.goto(f"{site}/campagnes/")
    page.get_by_role("button", name="Construire une cible").press("Enter")
    page.wait_for_url("**/atelier/**")
    draft = page.url
    for nature in ("situation", "epci", "commune"):
        page.goto(f"{draft}critere/?nature={nature}&place=")
        axe(page)
    page.get_by_label("N° 1").fill("bourg-en")
    page.wait_for_selector("datalist option[value='Bourg-en-Bresse (01053)']", state="attached")

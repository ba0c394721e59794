"""TG-08 on screen: capacities entered, copied, read from a file; a plan computed, read, adopted; a wave that it bounds."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from playwright.sync_api import Page
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django import DjangoAssertNumQueries, Settings
from pytest_django.live_server_helper import LiveServer

from allant.accounts.models import AccessLogEntry, LoggedAction
from allant.accounts.roles import Role
from allant.campaigns.jobs import compute_invitation_plan
from allant.campaigns.models import Campaign, Invitation, InvitationPlan, PlannedShare, WeeklyCapacity
from allant.campaigns.planner import allotment
from allant.campaigns.planner.capacities import entered
from allant.campaigns.planner.reading import Plan
from allant.campaigns.planner.requests import where
from allant.pages.campaigns import planner_views
from allant.pages.campaigns.planner_wording import limits_said
from tests import jobs
from tests.accounts.sessions import account_with, enter
from tests.pages import small_country
from tests.pages.test_campaign_pages import text
from tests.pages.test_journeys import sign_in

pytestmark = pytest.mark.django_db

Check = Callable[[Page], None]
GRID, PLANS = "/campagnes/plan/capacites/", "/campagnes/plan/invitations/"
MONDAY = small_country.TODAY - timedelta(6)  # 15 February 2021: the week of the Sunday it is
ASKED = {"programme": "covid19", "first_week": "2021-02-17", "weeks": "3"}


@pytest.fixture
def manager(client: Client, settings: Settings) -> Client:
    settings.ALLANT_TODAY = small_country.TODAY
    enter(client, account_with(Role.CAMPAIGN_MANAGER))
    return client


@pytest.fixture
def programme(manager: Client) -> None:
    """A programme with a campaign, and nobody: enough to enter capacities."""
    Campaign.objects.create(slug="essai", programme="covid19", title="Essai", starts_on=small_country.OPENING, act="x.y")


@pytest.fixture
def country(manager: Client) -> None:
    small_country.settle()


def field(code: str, doses: object, slots: object) -> dict[str, str]:
    return {f"doses-{code}-{MONDAY}": str(doses), f"slots-{code}-{MONDAY}": str(slots)}


def save(client: Client, **fields: str):
    return client.post(GRID, {"programme": "covid19", "semaine": str(MONDAY), **fields})


def send(client: Client, content: str | bytes, **fields: str):
    raw = content if isinstance(content, bytes) else content.encode()
    file = SimpleUploadedFile("capacites.csv", raw, "text/csv")
    return client.post(f"{GRID}fichier/", {"programme": "covid19", "semaine": str(MONDAY), "file": file, **fields})


def planned(client: Client) -> str:
    """A plan of three weeks, computed; its address."""
    save(client, **field("01", 10, 12), **field("75", 4, 3), **field("reserve", 5, 5))
    answer = client.post(PLANS, ASKED)
    assert answer.status_code == 302, answer.content.decode()
    return str(answer["Location"])


def test_tg_08_capacities_are_entered_on_a_grid_changed_and_cleared(manager: Client, programme: None) -> None:
    assert save(manager, **field("01", "1 200", 900), **field("reserve", 50, 50)).status_code == 302
    assert [(row.departement, row.doses, row.slots) for row in entered("covid19")] == [("", 50, 50), ("01", 1200, 900)]
    page = text(manager, f"{GRID}?programme=covid19&semaine={MONDAY}")
    assert f'name="doses-01-{MONDAY}" value="1200"' in page and "Ain, créneaux, semaine du 15/02/2021" in page
    save(manager, **field("01", 1200, 950), **field("reserve", "", ""))
    assert [(row.departement, row.slots) for row in entered("covid19")] == [("01", 950)]
    assert WeeklyCapacity.objects.get().entered_by.startswith("agency:test")
    assert AccessLogEntry.objects.filter(action=LoggedAction.BULK, purpose="capacités du programme covid19").count() == 2


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (field("01", "beaucoup", 3), "Ain, doses, semaine du 15/02/2021 : doses « beaucoup » : un nombre entier"),
        (field("01", 3, ""), "créneaux à saisir aussi, ou 0"),
        (field("2A", "-4", 3), "positif ou nul"),
        (field("75", 3_000_000_000, 3), "au plus 2147483647"),
        (field("75", "9" * 5000, 3), "au plus 2147483647"),
    ],
)
def test_a_wrong_cell_is_told_where_it_stands_and_nothing_is_kept(
    manager: Client, programme: None, fields: dict[str, str], said: str
) -> None:
    answer = save(manager, **{**field("13", 5, 5), **fields})
    page = answer.content.decode()
    assert answer.status_code == 400 and said in page and 'aria-invalid="true"' in page
    assert not WeeklyCapacity.objects.exists()


def test_the_week_before_is_copied_where_nothing_is_entered(manager: Client, programme: None) -> None:
    save(manager, **field("01", 10, 10), **field("13", 7, 7))
    after = MONDAY + timedelta(7)
    send(manager, f"departement;semaine;doses;creneaux\n13;{after};1;1\n")
    answer = manager.post(f"{GRID}recopier/", {"programme": "covid19", "semaine": str(after), "affichee": str(MONDAY)})
    assert answer["Location"].endswith(f"semaine={MONDAY}")
    assert [(row.departement, row.doses) for row in entered("covid19", [after])] == [("01", 10), ("13", 1)]


def test_tg_08_a_file_of_capacities_is_read_whole_and_given_back(manager: Client, programme: None) -> None:
    """Windows encoding, thousands with spaces, a département without its zero, French and ISO dates, columns in any order."""
    header = "Semaine;Département;Doses;Créneaux\r\n"
    content = header + "15/02/2021;1;1 000;900\r\n2021-02-22;réserve;5;5\r\n\r\n15/02/2021;2a;0;0\r\n"
    assert send(manager, content.encode("cp1252")).status_code == 302
    assert [(row.departement, row.doses) for row in entered("covid19")] == [("01", 1000), ("2A", 0), ("", 5)]
    given = manager.get(f"{GRID}capacites.csv?programme=covid19")
    rows = list(csv.reader(io.StringIO(given.content.decode("utf-8-sig")), delimiter=";"))
    assert rows[0] == ["departement", "semaine", "doses", "creneaux"] and ["reserve", "22/02/2021", "5", "5"] in rows
    before = entered("covid19")
    WeeklyCapacity.objects.all().delete()
    assert send(manager, given.content).status_code == 302 and entered("covid19") == before


LINES = "departement;semaine;doses;creneaux\n01;15/02/2021;5;5\n"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (LINES + "99;15/02/2021;5;5\n", "Ligne 3 : département « 99 » inconnu"),
        (LINES + "paris;15/02/2021;5;5\n", "Vouliez-vous dire 75"),
        (LINES + ";15/02/2021;5;5\n", "Attendu : un code"),
        (LINES + "13;17/02/2021;5;5\n", "Ligne 3 : le 17/02/2021 n’est pas un lundi ; indiquez le lundi 15/02/2021"),
        (LINES + "13;bientôt;5;5\n", "semaine « bientôt » illisible"),
        (LINES + "13;15/02/2021;cinq;5\n", "doses « cinq »"),
        (LINES + "13;15/02/2021;5\n", "3 valeurs lues, 4 attendues"),
        (LINES + "1;15/02/2021;6;6\n", "même semaine que la ligne 2"),
        ("departement;semaine;doses\n", "Attendu, une fois chacune"),
        ("departement;semaine;doses;creneaux\n", "n’a que son en-tête"),
        ("", "Choisissez un fichier"),
        (b"PK\x03\x04....", "classeur"),
        (b"\0\1\2\3", "pas un fichier de texte"),
        ('departement;semaine;doses;creneaux\n"' + "x" * 200_000, "illisible"),
    ],
)
def test_a_wrong_file_is_refused_line_by_line_and_nothing_is_kept(
    manager: Client, programme: None, content: str | bytes, said: str
) -> None:
    answer = send(manager, content)
    page = answer.content.decode().replace("&#x27;", "’").replace("'", "’")
    assert answer.status_code == 400 and said in page
    assert not WeeklyCapacity.objects.exists()


def test_a_file_with_many_faults_tells_the_first_and_counts_the_others(manager: Client, programme: None) -> None:
    page = send(manager, LINES + "99;15/02/2021;5;5\n" * 30).content.decode()
    assert "et 10 autres lignes" in page


def test_tg_08_without_capacities_the_page_says_to_enter_them(manager: Client, programme: None) -> None:
    page = text(manager, PLANS)
    assert "Aucune capacité n’est saisie" in page and f'href="{GRID}"' in page
    answer = manager.post(PLANS, ASKED)
    assert answer.status_code == 409 and "saisissez d’abord" in answer.content.decode().replace("&#x27;", "’")
    assert not InvitationPlan.objects.exists()


@pytest.mark.parametrize("path", [PLANS, GRID])
def test_without_a_campaign_the_pages_say_so(manager: Client, path: str) -> None:
    assert "Aucune campagne n’est encore définie" in text(manager, path)


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"first_week": "2021-02-01"}, 409),
        ({"first_week": "9999-12-31"}, 409),
        ({"first_week": "0001-01-01"}, 409),
        ({"first_week": "hier"}, 400),
        ({"weeks": "0"}, 400),
        ({"weeks": "99999999999999999999"}, 400),
        ({"programme": "autre"}, 400),
    ],
)
def test_what_cannot_be_planned_is_refused(manager: Client, programme: None, changes: dict[str, str], status: int) -> None:
    save(manager, **field("01", 10, 12))
    assert manager.post(PLANS, {**ASKED, **changes}).status_code == status
    assert not InvitationPlan.objects.exists()


@pytest.mark.parametrize("query", ["programme=autre", "semaine=9999-12-31", "semaine=demain", "semaine=0001-01-01"])
def test_a_strange_address_of_the_grid_is_answered(manager: Client, programme: None, query: str) -> None:
    assert manager.get(f"{GRID}?{query}").status_code in (200, 404)


def test_tg_08_the_plan_tells_weeks_groups_the_queue_what_limits_and_when_it_ends(manager: Client, country: None) -> None:
    address = planned(manager)
    page = text(manager, address)
    plan = InvitationPlan.objects.get()
    assert plan.first_week == MONDAY and "3 semaines à partir du 15 février 2021" in page
    shares = PlannedShare.objects.filter(plan=plan)
    assert shares.exists() and sum(shares.values_list("invited", flat=True)) > 0
    assert "Soixante ans et plus" in page and "18/01/2021" in page
    week = Plan(plan).by_week()[0]
    assert week.queue and limits_said(week.limits) in page and "rien de saisi" in limits_said(week.limits)
    assert f'<td class="allant-number">{week.queue}</td>' in page and "pas dans l’horizon" in page
    assert "Proposé" in page and "Adopter ce plan" in page
    here = text(manager, f"{address}?departement=01")
    assert "01 Ain" in here and "Réserve" not in here.split('id="semaines"')[1].split("</table>")[0]
    assert manager.get(f"{address}?departement=99").status_code == 404


@pytest.fixture(autouse=True)
def a_page_waits_on_a_busy_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planner_views, "LONGEST_ON_PAGE", 60)


def too_large_for_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """A register that takes longer to read than the page waits."""
    slow = lambda *args, **rest: connection.cursor().execute("SELECT pg_sleep(5)")  # noqa: E731
    monkeypatch.setattr(planner_views, "compute_plan", slow)
    monkeypatch.setattr(planner_views, "LONGEST_ON_PAGE", 1)


def test_tg_08_a_plan_longer_than_a_page_may_wait_is_asked_of_the_jobs_once(
    manager: Client, country: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TG-08, PERF: nothing is kept by the request, which ends in time; asked twice is once; the page says where it is."""
    save(manager, **field("01", 9, 9))
    too_large_for_the_page(monkeypatch)
    address = str(manager.post(PLANS, ASKED)["Location"])
    assert address == manager.post(PLANS, ASKED)["Location"] and not InvitationPlan.objects.exists()
    monkeypatch.undo()
    assert "La demande attend son tour" in text(manager, address)
    (job,) = ProcrastinateJob.objects.filter(task_name=compute_invitation_plan.name)
    asked = datetime.fromisoformat(job.args["asked_at"])
    state = {minutes: where(job.pk, asked + timedelta(minutes=minutes)) for minutes in (1, 3)}
    assert [each and each.state for each in state.values()] == ["waiting", "forgotten"]
    for status, said in (("doing", "Le registre est lu"), ("failed", "Le calcul n’a pas abouti")):
        with connection.cursor() as cursor:
            cursor.execute("UPDATE procrastinate_jobs SET status = %s::procrastinate_job_status", [status])
        assert said in text(manager, address)
    assert manager.get(f"{PLANS}demandes/{job.pk + 1}/").status_code == 404
    assert planned(manager), "the next request has its time again"


@pytest.mark.django_db(transaction=True)
def test_tg_08_the_jobs_compute_the_plan_that_the_page_asked_for(
    manager: Client, country: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TG-08: the page then leads to it; the job run again after a crash gives the same plan."""
    save(manager, **field("01", 10, 12), **field("75", 4, 3), **field("reserve", 5, 5))
    too_large_for_the_page(monkeypatch)
    address = str(manager.post(PLANS, ASKED)["Location"])
    monkeypatch.undo()
    job = ProcrastinateJob.objects.get(task_name=compute_invitation_plan.name)
    jobs.run_all(app, "plans")
    plan = InvitationPlan.objects.get()
    assert manager.get(address)["Location"] == f"{PLANS}{plan.pk}/"
    assert plan.computed_by.startswith("agency:test") and PlannedShare.objects.filter(plan=plan, invited__gt=0).exists()
    compute_invitation_plan(SimpleNamespace(job=SimpleNamespace(id=job.pk)), **job.args)
    assert InvitationPlan.objects.count() == 1


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({allotment.EVERYBODY: 109}, "plus personne n’attend"),
        ({allotment.EVERYBODY: 100, allotment.SLOTS: 3, allotment.DOSES: 6}, "doses (6 dép.), créneaux (3 dép.)"),
        ({allotment.FOLLOW_UPS: 1}, "secondes doses"),
    ],
)
def test_what_holds_back_is_said_where_people_wait(limits: dict[int, int], said: str) -> None:
    assert limits_said(limits) == said


def test_tg_08_the_plan_page_asks_a_fixed_number_of_queries(
    manager: Client, country: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    address = planned(manager)
    manager.get(address)
    with django_assert_num_queries(8):  # session, account, memberships, plan, campaigns, shares, capacities, access log
        manager.get(address)


def test_tg_08_the_plan_is_taken_away_as_a_file_and_as_a_picture(manager: Client, country: None) -> None:
    address = planned(manager)
    rows = list(csv.reader(io.StringIO(manager.get(f"{address}plan.csv").content.decode("utf-8-sig")), delimiter=";"))
    assert rows[0] == ["semaine", "departement", "campagne", "a_inviter", "en_attente"]
    assert len(rows) == 1 + PlannedShare.objects.count()
    picture = manager.get(f"{address}graphique.svg")
    assert picture["Content-Type"] == "image/svg+xml" and b"<desc" in picture.content and b"style=" not in picture.content
    assert picture.content != manager.get(f"{address}graphique.svg?departement=01").content


def test_tg_08_an_adopted_plan_is_logged_shown_at_launch_and_bounds_the_wave(manager: Client, country: None) -> None:
    address = planned(manager)
    assert "plan adopté" not in text(manager, "/campagnes/essai/vague/")
    manager.post(f"{address}adopter/")
    plan = InvitationPlan.objects.get()
    assert plan.adopted_by.startswith("agency:test") and "Adopté le" in text(manager, address)
    assert AccessLogEntry.objects.filter(purpose=f"adoption du plan d'invitations {plan.pk}").exists()
    share = sum(PlannedShare.objects.filter(plan=plan, week=MONDAY).values_list("invited", flat=True))
    page = text(manager, "/campagnes/essai/vague/")
    assert f"<strong>{share}</strong> invitation" in page and "semaine du 15 février 2021" in page
    manager.post("/campagnes/essai/vague/", {"capacity": ""})
    assert share == Invitation.objects.filter(invited_on=small_country.TODAY).count() > 0


def test_tg_08_changed_capacities_and_a_later_plan_are_told(manager: Client, country: None) -> None:
    first = planned(manager)
    manager.post(f"{first}adopter/")
    save(manager, **field("01", 11, 12))
    assert "Les capacités ont changé depuis ce calcul" in text(manager, first)
    second = str(manager.post(PLANS, ASKED)["Location"])
    manager.post(f"{second}adopter/")
    listed = text(manager, PLANS)
    assert "Adopté" in listed and "Remplacé" in listed


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_tg_08_capacities_and_plan_by_keyboard_in_a_browser(
    browser_page: Page, axe: Check, live_server: LiveServer, settings: Settings, sign_in_services: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """TG-08: grid, plan, adoption; then a plan too long for the page, whose waiting page leads to it by itself."""
    settings.ALLANT_TODAY = small_country.TODAY
    cache.clear()
    small_country.settle()
    page, site = browser_page, live_server.url
    sign_in(page, site, "agency", "Camille Roussel")
    page.goto(f"{site}{PLANS}")
    axe(page)
    page.goto(f"{site}{GRID}?semaine={MONDAY}")
    page.locator(f"#doses-01-{MONDAY}").focus()
    page.keyboard.type("10")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == f"doses-02-{MONDAY}"
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Tab")
    page.keyboard.type("12")
    axe(page)
    page.get_by_role("button", name="Enregistrer", exact=True).press("Enter")
    page.wait_for_selector("text=1 capacités enregistrées")
    page.get_by_role("link", name="Calculer un plan").press("Enter")
    page.wait_for_url(f"**{PLANS}")
    page.locator("#id_first_week").fill(str(MONDAY))
    page.get_by_role("button", name="Calculer le plan").press("Enter")
    page.wait_for_url("**/plan/invitations/*/")
    for summary in page.locator("summary").all():
        summary.press("Enter")
    axe(page)
    page.get_by_role("button", name="Adopter ce plan").press("Enter")
    page.wait_for_selector("text=Plan adopté")
    too_large_for_the_page(monkeypatch)
    page.goto(f"{site}{PLANS}")
    page.locator("#id_first_week").fill(str(MONDAY))
    page.get_by_role("button", name="Calculer le plan").press("Enter")
    page.wait_for_url("**/demandes/*/")
    assert "attend son tour" in page.locator("#avancement").inner_text()
    axe(page)
    monkeypatch.undo()
    jobs.run_all(app, "plans")
    page.wait_for_url("**/plan/invitations/*/")
    assert page.get_by_role("button", name="Adopter ce plan").is_visible()

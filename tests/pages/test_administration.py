"""The pages of administrators: lots, volumes, cancellations (VC-30, stolen sessions)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import quote

import pyarrow as pa
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from allant.accounts.models import AccessLogEntry, LoggedAction
from allant.accounts.roles import Role
from allant.directory.models import Practitioner
from allant.figures.sources import PostgresSource
from allant.immunizations.actions import save_lot
from allant.immunizations.models import Dose, DoseSummary, Lot, VolumeAlert
from allant.people.models import ContactPoint, Person
from tests.accounts.sessions import account_with, enter
from tests.people.builders import person

pytestmark = pytest.mark.django_db

TODAY = date(2021, 6, 15)
NOON = datetime(2021, 6, 14, 10, tzinfo=UTC)
THIEF = "pro-sante-connect:899700000001"


@pytest.fixture
def administrator(client: Client, settings: Settings) -> Client:
    """A national administrator, signed in on 15 June 2021."""
    settings.ALLANT_TODAY = TODAY
    enter(client, account_with(Role.ADMINISTRATOR, structures=("CNAM",)))
    return client


def text(answer: Any, status: int = 200) -> str:
    """The page as a reader sees it."""
    assert answer.status_code == status, answer
    return " ".join(unescape(answer.content.decode()).replace("\u00a0", " ").split())


def lot(number: str = "EX1234", **values: Any) -> Lot:
    """A lot of Comirnaty good until the end of 2021."""
    return save_lot(**{"vaccine": "comirnaty", "number": number, "expires_on": date(2021, 12, 31), "recalled_on": None,
                       "by": "test", **values})  # fmt: skip


def dose(owner: Person, *, number: str = "EX1234", by: str = THIEF, at: datetime = NOON, **values: Any) -> Dose:
    """A first dose of Comirnaty recorded by an account."""
    return Dose.objects.create(
        **{"person": owner, "occurred_on": date(2021, 6, 14), "vaccine": "comirnaty", "dose_number": 1, "series": "primary",
           "series_doses": 2, "lot": number, "recorded_at": at, "recorded_by": by, "source": "teleservice",
           "source_key": f"t:{owner.pk}:{at}", **values}
    )  # fmt: skip


def logged(action: LoggedAction) -> list[int]:
    """The persons in the access log for an action."""
    entries = AccessLogEntry.objects.filter(action=action, person_id__isnull=False)
    return sorted(entries.values_list("person_id", flat=True))


# Lots


def test_vc30_lots_are_listed_by_vaccine_and_state(administrator: Client) -> None:
    """VC-30."""
    lot("GOOD1"), lot("OLD1", expires_on=date(2021, 5, 1)), lot("BACK1", recalled_on=date(2021, 6, 1))
    lot("MOD1", vaccine="spikevax")
    page = text(administrator.get("/administration/lots/"))
    assert all(word in page for word in ("GOOD1", "Utilisable", "OLD1", "Périmé", "BACK1", "Rappelé", "MOD1"))
    for state, shown in (("usable", {"GOOD1", "MOD1"}), ("expired", {"OLD1"}), ("recalled", {"BACK1"})):
        page = text(administrator.get(f"/administration/lots/?etat={state}"))
        assert {number for number in ("GOOD1", "OLD1", "BACK1", "MOD1") if number in page} == shown
    assert "GOOD1" not in text(administrator.get("/administration/lots/?vaccin=spikevax"))


def test_vc30_a_lot_is_added_changed_and_recalled(administrator: Client) -> None:
    """VC-30: maintained on a page; who did it stays in the history."""
    typed = {"vaccine": "comirnaty", "number": "ab 12-3", "expires_on": "2021-09-30"}
    answer = administrator.post("/administration/lots/ajouter/", typed)
    added = Lot.objects.get()
    assert answer["Location"] == f"/administration/lots/{added.pk}/" and added.number == "AB12-3"
    administrator.post(answer["Location"], {"change": "1", "expires_on": "2021-10-31"})
    answer = administrator.post(answer["Location"], {"recall": "1", "recalled_on": "2021-06-15"})
    assert answer["Location"] == f"/administration/lots/{added.pk}/doses/"
    added.refresh_from_db()
    assert (added.expires_on, added.recalled_on) == (date(2021, 10, 31), date(2021, 6, 15))


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ({}, "Ce champ est obligatoire"),
        ({"vaccine": "comirnaty", "number": "=1+1"}, "Numéro de lot illisible"),
        ({"vaccine": "unknown", "number": "AB1"}, "Sélectionnez un choix valide"),
        ({"vaccine": "comirnaty", "number": "AB1", "expires_on": "31 février"}, "date valide"),
    ],
)
def test_vc30_a_lot_typed_wrong_is_told(administrator: Client, typed: dict[str, str], message: str) -> None:
    """VC-30."""
    assert message in text(administrator.post("/administration/lots/ajouter/", typed), 422)
    assert not Lot.objects.exists()


def test_vc30_a_recall_shows_whom_to_warn_and_writes_their_file(administrator: Client) -> None:
    """VC-30: the persons of the lot, whichever way it was typed; each is in the access log."""
    recalled = lot(recalled_on=date(2021, 6, 15))
    given, absorbed, other = person(family_name="=Durand"), person(family_name="Petit"), person(family_name="Autre")
    survivor = person(family_name="Grand", given_names="Zoé")
    Person.objects.filter(pk=absorbed.pk).update(merged_into=survivor)
    ContactPoint.objects.create(person=absorbed, kind="mobile", value="+33639980012")
    ContactPoint.objects.create(person=survivor, kind="email", value="zoe@courriel.example")
    ContactPoint.objects.create(person=given, kind="mobile", value="+33639980013", invalid_since=date(2021, 1, 1))
    dose(given, number="ex 1234"), dose(absorbed), dose(other, number="ELSE")
    page = text(administrator.get(f"/administration/lots/{recalled.pk}/doses/"))
    assert "Durand" in page and "Zoé Grand" in page and "Autre" not in page
    assert logged(LoggedAction.READ) == sorted([given.pk, survivor.pk])
    answer = administrator.get(f"/administration/lots/{recalled.pk}/personnes.csv")
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert answer["Content-Type"].startswith("text/csv") and answer["Cache-Control"] == "no-store"
    assert len(lines) == 3
    assert "'=Durand" in lines[2] or "'=Durand" in lines[1], "a spreadsheet would not run it"
    assert any("0639980012;zoe@courriel.example" in line for line in lines), "contacts of the merged record too"
    assert "39980013" not in answer.content.decode(), "a number that no longer works is left out"
    assert logged(LoggedAction.READ) == sorted([given.pk, survivor.pk] * 2)


@pytest.mark.parametrize(
    "address",
    [
        "lots/{lot}/doses/", "lots/{lot}/personnes.csv", "lots/hors-liste/doses/?vaccin=comirnaty&lot=EX1234", "volumes/",
        "volumes/1/", "annulations/", "annulations/doses/{dose}/",
    ],
)  # fmt: skip
def test_vc30_an_administrator_of_a_territory_sees_nobody_elsewhere(client: Client, settings: Settings, address: str) -> None:
    """VC-30: pages of people of the whole country are for national administrators; the refusal is logged."""
    settings.ALLANT_TODAY = TODAY
    enter(client, account_with(Role.ADMINISTRATOR, departement="35"))
    given = dose(person(family_name="Lointaine"))
    answer = client.get("/administration/" + address.format(lot=lot().pk, dose=given.pk))
    assert answer.status_code == 403 and "Lointaine" not in answer.content.decode()
    assert AccessLogEntry.objects.filter(action=LoggedAction.REFUSED).exists()
    assert not AccessLogEntry.objects.filter(action=LoggedAction.READ).exists()


def test_vc30_doses_of_a_lot_not_listed_are_followed_up(administrator: Client) -> None:
    """VC-30: a lot not in the list is flagged, and added in one click."""
    lot("LISTED")
    for count, number in ((2, "NEW/1"), (1, "listed")):
        for _ in range(count):
            dose(person(), number=number)
    page = text(administrator.get("/administration/lots/hors-liste/"))
    assert "NEW/1" in page and "LISTED" not in page
    assert f'?vaccin=comirnaty&lot={quote("NEW/1", safe="")}"' in page
    assert text(administrator.get("/administration/")).count("<strong>2</strong> doses d’un lot hors liste") == 1
    assert "Camille Martin" in text(administrator.get("/administration/lots/hors-liste/doses/?vaccin=comirnaty&lot=NEW%2F1"))
    form = text(administrator.get("/administration/lots/ajouter/?vaccin=comirnaty&lot=NEW%2F1"))
    assert 'value="NEW/1"' in form
    administrator.post("/administration/lots/ajouter/", {"vaccine": "comirnaty", "number": "NEW/1"}, follow=True)
    assert "NEW/1" not in text(administrator.get("/administration/lots/hors-liste/"))
    assert "Aucun lot demandé" in text(administrator.get("/administration/lots/hors-liste/doses/"), 404)


def test_vc30_a_file_of_lots_enters_line_by_line(administrator: Client) -> None:
    """VC-30: maintained by file; each bad line has its message, and the corrected file can be sent again."""
    content = "vaccin;lot;peremption;rappel\ncomirnaty;AA1;2021-12-31;\nfoo;AA2;;\nspikevax;AA3;31/02/2021;\n".encode("cp1252")
    sent = {"file": SimpleUploadedFile("lots.csv", content)}
    page = text(administrator.post("/administration/lots/fichier/", sent))
    assert "3 lignes lues" in page and "1 lot(s) ajouté(s)" in page and "2 ligne(s) à corriger" in page
    assert '<th scope="row">3</th><td>Vaccin inconnu' in page and '<th scope="row">4</th><td>Colonne « peremption »' in page
    wrong = {"file": SimpleUploadedFile("lots.csv", b"a;b\n1;2\n")}
    assert "Colonnes manquantes" in text(administrator.post("/administration/lots/fichier/", wrong), 422)
    assert "obligatoire" in text(administrator.post("/administration/lots/fichier/", {}), 422)


# Volumes and cancellations


def alert(recorded: int = 40, **values: Any) -> VolumeAlert:
    """An hour of a stolen session."""
    who = Practitioner.objects.create(rpps="10000000011", family_name="Volé", given_names="Jean", profession="medecin")
    hour = NOON.replace(minute=0)
    return VolumeAlert.objects.create(
        **{"actor": THIEF, "source": "teleservice", "practitioner": who, "window_start": hour,
           "window_end": hour + timedelta(hours=1), "recorded": recorded, "threshold": 30, "blocks_from": 60, "raised_at": NOON,
           **values}
    )  # fmt: skip


def test_an_alert_shows_what_was_recorded_and_is_closed_with_a_decision(administrator: Client) -> None:
    """VC-39's issue: abnormal volume raised to an administrator; the persons shown are in the access log."""
    raised = alert(70)
    inside, outside = person(given_names="Dedans"), person(given_names="Dehors")
    dose(inside), dose(outside, at=NOON + timedelta(hours=2)), dose(person(given_names="Autrui"), by="somebody else")
    page = text(administrator.get("/administration/volumes/"))
    assert "Jean Volé" in page and "Compte arrêté" in page
    page = text(administrator.get(f"/administration/volumes/{raised.pk}/"))
    assert "Dedans" in page and "Dehors" not in page and "Autrui" not in page
    assert logged(LoggedAction.READ) == [inside.pk]
    assert "Écrivez la décision" in text(administrator.post(f"/administration/volumes/{raised.pk}/", {"decision": " "}), 422)
    administrator.post(f"/administration/volumes/{raised.pk}/", {"decision": "Session volée, carte mise en opposition."})
    raised.refresh_from_db()
    assert raised.closed_at and raised.closed_by == "agency:test"
    assert "Session volée" in text(administrator.get("/administration/volumes/?etat=clos"))
    again = administrator.post(f"/administration/volumes/{raised.pk}/", {"decision": "Autre chose."})
    assert "déjà close" in text(again, 422)


def window(**values: str) -> dict[str, str]:
    """The form that names what the thief recorded; hours are those of Paris."""
    return {"actor": THIEF, "start": "2021-06-14T12:00", "end": "2021-06-14T13:00", "reason": "Session volée", **values}


CANCEL = "/administration/annulations/"


def test_all_doses_of_an_account_in_a_window_are_cancelled_in_two_steps(administrator: Client) -> None:
    """Administrative cancellation: read with the count, confirmed, irreversible, counted apart, every person logged."""
    owners = [person() for _ in range(3)]
    kept = dose(person(), at=NOON + timedelta(hours=2))
    for owner in owners:
        dose(owner)
    page = text(administrator.post(CANCEL, window()))
    assert "3 doses vont être annulées" in page and 'name="expected" value="3"' in page
    assert Dose.objects.current().count() == 4, "the first step cancels nothing"
    assert "Cochez la case" in text(administrator.post(CANCEL, window(confirm="1", expected="3")), 422)
    answer = administrator.post(CANCEL, window(confirm="1", expected="3", agreed="on"), follow=True)
    assert "3 dose(s) annulée(s), 3 personne(s)" in text(answer)
    assert list(Dose.objects.current()) == [kept]
    ended = Dose.objects.cancelled_administratively()
    assert {(one.end_reason, one.ended_by) for one in ended} == {("Session volée", "agency:test")}
    assert logged(LoggedAction.WRITE) == sorted(owner.pk for owner in owners)
    page = text(administrator.get(CANCEL))
    assert "comptées à part</dt><dd>3</dd>" in page and "Session volée" in page
    assert not DoseSummary.objects.filter(pk__in=[owner.pk for owner in owners]).exists()


def test_a_count_that_changed_since_it_was_read_is_read_again(administrator: Client) -> None:
    """Nothing unseen is cancelled."""
    dose(person())
    administrator.post(CANCEL, window())
    dose(person())
    page = text(administrator.post(CANCEL, window(confirm="1", expected="1", agreed="on")), 422)
    assert "2 dose(s) comptent encore" in page and "2 doses vont" in page
    assert Dose.objects.current().count() == 2


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"reason": " "}, "Écrivez le motif"),
        ({"end": "2021-06-14T11:00"}, "La fin précède le début"),
        ({"actor": "nobody"}, "Aucune dose de ce compte"),
        ({"start": "hier"}, "une date et une heure valides"),
        ({"confirm": "1", "expected": "x", "agreed": "on"}, "nombre entier"),
    ],
)
def test_a_cancellation_asked_wrong_is_told(administrator: Client, values: dict[str, str], message: str) -> None:
    dose(person())
    assert message in text(administrator.post(CANCEL, window(**values)), 422)
    assert Dose.objects.current().count() == 1


def test_one_dose_is_cancelled_in_two_steps_and_leaves_its_trace(administrator: Client) -> None:
    """Trace « Annulé »."""
    one = dose(person())
    address = f"{CANCEL}doses/{one.pk}/"
    assert "Écrivez le motif" in text(administrator.post(address, {}), 422)
    assert "1 dose va être annulée" in text(administrator.post(address, {"reason": "Fausse"}))
    assert "Cochez la case" in text(administrator.post(address, {"reason": "Fausse", "confirm": "1", "expected": "1"}), 422)
    sent = {"reason": "Fausse", "confirm": "1", "expected": "1", "agreed": "on"}
    page = text(administrator.post(address, sent, follow=True))
    assert "Dose annulée" in page and ">Annulé<" in page and "Relire avant" not in page
    again = text(administrator.post(address, {"reason": "Autre", "confirm": "1", "expected": "1", "agreed": "on"}, follow=True))
    assert "Motif : Fausse" in again
    one.refresh_from_db()
    assert (one.end_kind, one.end_reason) == ("administrative", "Fausse")


def test_the_cancellation_starts_from_the_alert(administrator: Client) -> None:
    raised = alert()
    page = text(administrator.get(f"{CANCEL}?alerte={raised.pk}"))
    assert THIEF in page and 'value="2021-06-14T12:00:00"' in page
    assert text(administrator.get(f"{CANCEL}?alerte=x")) and text(administrator.get(f"{CANCEL}?alerte=999"))


def test_published_figures_read_no_cancelled_dose(administrator: Client) -> None:
    """Counted apart: what is published counts current doses only."""
    kept, false = dose(person()), dose(person())
    seen = _doses_read(PostgresSource())
    administrator.post(f"{CANCEL}doses/{false.pk}/", {"reason": "Fausse", "confirm": "1", "expected": "1", "agreed": "on"})
    assert (seen, _doses_read(PostgresSource())) == (2, 1)
    assert Dose.objects.current().get() == kept


def _doses_read(source: PostgresSource) -> int:
    """How many doses the figures start from."""
    found = source.query("SELECT count(*) AS doses FROM dose", pa.schema([("doses", pa.int64())]))
    return int(found["doses"][0].as_py())


HOSTILE = [
    "lots/?vaccin=%00&etat=x&page=-1", "lots/ajouter/?vaccin=%00&lot=%00", "lots/hors-liste/doses/?vaccin=comirnaty&lot=%00",
    "lots/999999999999999999999/", "volumes/?page=zz", "annulations/?alerte=%C2%B2", "annulations/?alerte=%D9%A1",
    "doublons/?etat=%00&page=9e9",
]  # fmt: skip


@pytest.mark.parametrize("address", HOSTILE)
def test_an_address_made_up_is_answered(administrator: Client, address: str) -> None:
    assert administrator.get(f"/administration/{address}").status_code in {200, 404}


@pytest.mark.parametrize("start", ["0001-01-01T00:00", "9999-12-31T23:59", "2021-03-28T02:30"])
def test_a_moment_at_the_end_of_time_is_answered(administrator: Client, start: str) -> None:
    """Also one that does not exist, at the change of hour."""
    dose(person())
    answer = administrator.post(CANCEL, window(start=start, end="9999-12-31T23:59:59", actor="nobody"))
    assert answer.status_code == 422 and not Dose.objects.cancelled_administratively().exists()


# The cost of pages


def pages() -> dict[str, str]:
    """Each list with some content."""
    return {
        "home": "/administration/",
        "lots": "/administration/lots/",
        "doses": f"/administration/lots/{Lot.objects.get().pk}/doses/",
        "unlisted": "/administration/lots/hors-liste/",
        "alert": f"/administration/volumes/{VolumeAlert.objects.get().pk}/",
    }


# session, account, memberships, then the page's own, then the access log
QUERIES = {"home": 8, "lots": 6, "doses": 7, "unlisted": 6, "alert": 8}


@pytest.mark.parametrize("name", QUERIES)
def test_a_page_costs_the_same_for_many_rows(
    administrator: Client, django_assert_num_queries: DjangoAssertNumQueries, name: str
) -> None:
    lot(), alert()
    for rows in (1, 20):
        for _ in range(rows):
            dose(person()), dose(person(), number=f"NEW{rows}")
        address = pages()[name]
        administrator.get(address)
        with django_assert_num_queries(QUERIES[name]):
            administrator.get(address)

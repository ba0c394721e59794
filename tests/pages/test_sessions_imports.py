"""VC-61 on screen: sending a file, its report, the lines to correct, who may see them, the access log."""

from __future__ import annotations

import uuid
from datetime import date
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from allant import clock
from allant.accounts.models import AccessLogEntry, LoggedAction
from allant.doctrine import rules
from allant.immunizations import volume
from allant.immunizations.actions import close_alert, is_blocked
from allant.immunizations.models import Dose, RecordingBatch, VolumeAlert
from allant.vaccination.models import ImportedFile, RefusedLine
from tests.pages import teleservice
from tests.vaccination.imports import register
from tests.vaccination.imports.rendering import table

pytestmark = pytest.mark.django_db

USUAL = table()["usual"]
URL = "/professionnel/vaccin-covid/imports/"


@pytest.fixture(autouse=True)
def day(settings: Settings) -> None:
    """A few people, on a day when doctors record."""
    settings.ALLANT_TODAY = date(2022, 1, 10)
    register.settle()


def send(client: Client, *changes: dict[str, str], content: bytes | None = None) -> object:
    """A file of usual lines with changes."""
    raw = content if content is not None else register.text([{**USUAL, **change} for change in changes]).encode()
    return client.post(URL, {"file": SimpleUploadedFile("doses.csv", raw, "text/csv")})


def test_a_file_is_recorded_and_reported(client: Client) -> None:
    """VC-61: counts, kinds of fault, lines; the structure and the professional of the session are on the doses."""
    user = teleservice.signed_in(client)
    answer = send(client, {"rpps": ""}, {"nom": "DURAND"})
    file = ImportedFile.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"{URL}{file.pk}/")
    page = client.get(answer["Location"]).content.decode()
    assert "ceux d&#x27;une même personne" in page and "Ligne 3" in page and "DURAND" in page
    dose = Dose.objects.get(person=1)
    assert (dose.practitioner, dose.organisation.code, dose.recorded_by) == (user.practitioner, "R900001", user.username)


def test_one_entry_of_the_access_log_for_a_file(client: Client) -> None:
    """A bulk action is one entry with the batch that its doses bear."""
    teleservice.signed_in(client)
    send(client, {})
    entry = AccessLogEntry.objects.get(action=LoggedAction.BULK)
    assert entry.batch_id == uuid.UUID(int=Dose.objects.get(person=1).batch_id)
    assert entry.person_id is None


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"", "fichier est vide"), (b"PK\x03\x04", "classeur de tableur"), (b"nom;vaccin\n1;2\n", "Il manque la colonne")],
)
def test_an_unreadable_file_is_refused_in_french(client: Client, content: bytes, says: str) -> None:
    teleservice.signed_in(client)
    answer = send(client, content=content)
    assert answer.status_code == 422 and says in answer.content.decode()
    assert not ImportedFile.objects.exists()


def test_no_file_chosen(client: Client) -> None:
    teleservice.signed_in(client)
    assert "Aucun fichier choisi" in client.post(URL).content.decode()


def test_the_same_file_twice_is_one(client: Client) -> None:
    """VC-39: said so, with the first report."""
    teleservice.signed_in(client)
    send(client, {})
    answer = client.get(send(client, {})["Location"])
    assert "Ce fichier a déjà été envoyé" in answer.content.decode()
    assert ImportedFile.objects.count() == Dose.objects.filter(person=1).count() == 1


def test_the_lines_to_correct_are_downloaded_then_erased(client: Client) -> None:
    teleservice.signed_in(client)
    send(client, {"nom": "DURAND"})
    file = ImportedFile.objects.get()
    answer = client.get(f"{URL}{file.pk}/lignes-a-corriger.csv")
    assert answer["Content-Type"].startswith("text/csv") and b"DURAND" in answer.getvalue()
    client.post(f"{URL}{file.pk}/effacer/")
    assert not RefusedLine.objects.exists()
    assert "ont été effacées" in client.get(f"{URL}{file.pk}/").content.decode()


def test_nobody_reads_the_file_of_another(client: Client) -> None:
    teleservice.signed_in(client)
    send(client, {"nom": "DURAND"})
    file = ImportedFile.objects.get()
    teleservice.signed_in(client, username="pro-sante-connect:autre", rpps="99900000222")
    for address in (f"{URL}{file.pk}/", f"{URL}{file.pk}/lignes-a-corriger.csv"):
        assert client.get(address).status_code == 404
    assert client.post(f"{URL}{file.pk}/effacer/").status_code == 404
    assert "DURAND" not in client.get(URL).content.decode()


def test_who_may_not_record_may_not_import(client: Client, settings: Settings) -> None:
    """VC-02: a nurse before the day nurses may record."""
    settings.ALLANT_TODAY = date(2021, 2, 1)
    teleservice.signed_in(client, profession=teleservice.NURSE)
    assert client.get(URL).status_code == 403
    assert send(client, {}).status_code == 403
    assert not Dose.objects.filter(person=1).exists()


def test_lines_are_paged_and_filtered(client: Client) -> None:
    teleservice.signed_in(client)
    send(client, *({"nom": f"X{n}"} for n in range(60)), {"site": "?"})
    address = f"{URL}{ImportedFile.objects.get().pk}/"
    assert client.get(address).content.decode().count("<h3") == 50
    assert client.get(f"{address}?page=2").content.decode().count("<h3") == 11
    assert client.get(f"{address}?motif=site_unknown").content.decode().count("<h3") == 1


def test_queries_of_the_pages(client: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    """However many lines and files."""
    teleservice.signed_in(client)
    send(client, *({"nom": f"X{n}"} for n in range(20)))
    with django_assert_num_queries(5):
        client.get(URL)
    with django_assert_num_queries(9):
        client.get(f"{URL}{ImportedFile.objects.get().pk}/")
    with django_assert_num_queries(6):
        client.get(f"{URL}{ImportedFile.objects.get().pk}/lignes-a-corriger.csv")


def test_a_file_is_no_way_to_guess(client: Client) -> None:
    """VC-15, VC-61: beyond the doctrine's number of lines that recognise nobody, no line is told apart any more."""
    teleservice.signed_in(client)
    allowed = rules.as_known_on(date(2022, 1, 10)).value("teleservice.guesses", date(2022, 1, 10))["file_lines"]
    wrong = [{"nom": f"X{chr(65 + n % 26)}{chr(65 + n // 26 % 26)}{chr(65 + n // 676)}"} for n in range(allowed)]
    send(client, *wrong, {"nom": "AUTRE"}, {})
    first = ImportedFile.objects.get()
    codes = [line.reasons[0]["code"] for line in RefusedLine.objects.filter(file=first).order_by("line")]
    assert codes == ["identity_mismatch"] * allowed + ["not_examined"] * 2
    assert "Ligne non examinée" in client.get(f"{URL}{first.pk}/").content.decode()
    send(client, {"nom": "ENCORE"}, {})
    assert {line.reasons[0]["code"] for line in RefusedLine.objects.exclude(file=first)} == {"not_examined"}
    assert not Dose.objects.filter(person=1).exists()


def test_after_too_many_wrong_searches_no_file_either(client: Client) -> None:
    """VC-15: 429, with the time to wait; nothing is read."""
    teleservice.signed_in(client)
    for _ in range(11):
        teleservice.find(client, "1400533063007" + "35")
    answer = send(client, {})
    assert answer.status_code == 429 and "Trop de recherches sans résultat" in answer.content.decode()
    assert not ImportedFile.objects.exists()


def test_persons_recognised_in_refused_lines_are_in_the_access_log(client: Client) -> None:
    """VC-61: a refused line that names its patient well is a search that found somebody."""
    teleservice.signed_in(client)
    send(client, {"site": "??"}, {"nom": "DURAND"})
    assert list(AccessLogEntry.objects.filter(action=LoggedAction.SEARCH).values_list("person_id", flat=True)) == [1]


def sent_today(by: str, recorded: int) -> None:
    """A file of so many doses, as if this account had sent it a moment ago."""
    RecordingBatch.objects.create(
        key=f"fichier:avant:{by}", content_hash="x", source="csv", recorded_by=by, started_at=clock.now(), received=recorded,
        recorded=recorded, rules_known_on=clock.today(),
    )  # fmt: skip


def test_a_stolen_session_is_stopped_by_file_too(client: Client) -> None:
    """VC-61: a file that takes the account beyond the stop of the doctrine leaves nothing but an alert; then nothing more passes.

    Once an administrator closed the alert, the same file is recorded.
    """
    user = teleservice.signed_in(client)
    limits = volume.limits_of("csv", clock.today(), rules.as_known_on(clock.today()))
    assert limits and limits.blocks_at
    stop = limits.per_day * limits.blocks_at
    sent_today(user.username, stop - 1)
    paul = {"nir": "1850313055003", "nom": "PETIT", "prenom": "Paul", "date_naissance": "05/03/1985", "rpps": ""}
    lines = ({"rpps": ""}, paul, {"nom": "INCONNUE"})
    answer = send(client, *lines)
    page = unescape(answer.content.decode())
    assert answer.status_code == 429 and f"dépasserait {stop} actes" in page and "Rien n'est enregistré" in page
    assert not Dose.objects.filter(recorded_by=user.username).exists()
    assert (ImportedFile.objects.count(), RefusedLine.objects.count(), RecordingBatch.objects.count()) == (0, 0, 1)
    alert = VolumeAlert.objects.get()
    assert (alert.actor, alert.source, alert.recorded, alert.refused) == (user.username, "csv", stop + 1, 2)
    assert AccessLogEntry.objects.done_by(user).filter(action=LoggedAction.REFUSED).count() == 1
    answer = send(client, {"rpps": ""})
    assert answer.status_code == 429 and "un administrateur doit le vérifier" in unescape(answer.content.decode())
    assert is_blocked(user.username), "and it types none either"
    close_alert(alert=alert, decision="centre de vaccination, vérifié par téléphone", by="admin")
    assert send(client, *lines).status_code == 302
    assert Dose.objects.filter(recorded_by=user.username).count() == 2
    assert not is_blocked(user.username) and VolumeAlert.objects.count() == 1


def test_a_file_within_the_stop_is_signalled_and_recorded(client: Client) -> None:
    """VC-61: beyond the threshold, an alert; the account goes on."""
    user = teleservice.signed_in(client)
    limits = volume.limits_of("csv", clock.today(), rules.as_known_on(clock.today()))
    assert limits
    sent_today(user.username, limits.per_day)
    assert send(client, {"rpps": ""}).status_code == 302
    alert = VolumeAlert.objects.get()
    assert (alert.recorded, alert.refused, is_blocked(user.username)) == (limits.per_day + 1, 0, False)

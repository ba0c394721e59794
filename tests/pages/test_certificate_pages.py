"""RP-11, RP-13: verification by anybody, the attestation with both codes, what a correction does to a code already given."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from django.core.cache import caches
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pdfua import validate
from PIL import Image
from playwright.sync_api import Page
from pytest_django import Settings

from allant import clock
from allant.accounts.models import AccessLogEntry
from allant.accounts.roles import Role
from allant.certificates.drawing import picture_of
from allant.certificates.models import Certificate, Use
from allant.immunizations.actions import cancel_dose
from allant.immunizations.models import Dose
from allant.pages.base.attestation import attestation_with_codes
from allant.people.models import Person
from allant.vaccination.recording import correct_vaccination
from tests.accounts.sessions import account_with, enter
from tests.certificates.builders import authority, issued, vaccination
from tests.pages.dossier import known_patient, open_file
from tests.pages.teleservice import signed_in
from tests.typesetting.pictures import pictures_of
from tests.vaccination.papers.bedside import BY, FIRST, SECOND, declared, entry, patient, text_of, vaccinated

TODAY = date(2021, 3, 20)
AT = datetime(2021, 3, 20, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def day(settings: Settings, tmp_path: Path) -> None:
    settings.ALLANT_TODAY = TODAY
    settings.ALLANT_HOME = tmp_path
    caches["papers"].clear()
    caches["codes"].clear()


def complete() -> tuple[Person, Dose]:
    """Two doses; the second one."""
    someone = patient()
    declared(someone)
    vaccinated(someone, FIRST)
    return someone, vaccinated(someone, SECOND)


def page(client: Client, status: int = 200, **fields: Any) -> str:
    answer = client.post("/certificats/", fields)
    assert answer.status_code == status
    assert "no-store" in answer["Cache-Control"] and "camera=(self)" in answer["Permissions-Policy"]
    return " ".join(unescape(answer.content.decode()).split())


def codes_on(pdf: bytes) -> list[str]:
    """The certificates' codes on a paper, as a reader finds them."""
    found = [code.text for drawn in pictures_of(pdf) for code in zxingcpp.read_barcodes(drawn, text_mode=zxingcpp.TextMode.Plain)]
    return sorted(text for text in found if text.startswith(("HC1:", "DC04")))


def drawn(text: str) -> SimpleUploadedFile:
    """A photograph of a QR code."""
    symbol = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    file = io.BytesIO()
    Image.fromarray(zxingcpp.write_barcode_to_image(symbol, scale=4)).save(file, "PNG")
    return SimpleUploadedFile("code.png", file.getvalue(), "image/png")


@pytest.mark.django_db
def test_rp13_the_attestation_bears_both_codes_and_stays_a_tagged_paper(client: Client, tmp_path: Path) -> None:
    """RP-13, RP-10, RP-12: downloaded by the person; read back from the printed page, both verify."""
    someone, _ = complete()
    user = account_with(Role.INSURED, username="france-connect:1", structures=("",))
    user.person = someone
    user.save()
    enter(client, user)
    answer = client.get("/assure/vaccination/attestation/")
    assert answer.status_code == 200 and "Certificat européen" in text_of(answer.content)
    assert "n'est pas un certificat Covid numérique" not in text_of(answer.content)
    (tmp_path / "attestation.pdf").write_bytes(answer.content)
    assert list(validate(str(tmp_path / "attestation.pdf")).findings) == []
    two_d_doc, european = codes_on(answer.content)
    verdict = page(client, text=european)
    assert "Certificat valable" in verdict and "Mercier" in verdict and "2 sur 2" in verdict
    assert "Certificat valable" in page(client, text=two_d_doc) and "SUZANNE" in page(client, text=two_d_doc)


@pytest.mark.django_db
def test_rp13_a_professional_hands_it_to_their_patient(client: Client) -> None:
    """RP-13: the same paper from the patient's file, in the access log; nothing to attest is said."""
    someone, nobody = known_patient(), known_patient(family_name="Sans")
    declared(someone)
    vaccinated(someone, FIRST)
    signed_in(client)
    for each in (someone, nobody):
        open_file(client, each)
    answer = client.get(f"/professionnel/vaccin-covid/dossiers/{someone.pk}/attestation/")
    assert answer.status_code == 200 and len(codes_on(answer.content)) == 2
    assert AccessLogEntry.objects.about(someone.pk).first().purpose == "attestation de vaccination remise par le professionnel"  # type: ignore[union-attr]
    assert client.get(f"/professionnel/vaccin-covid/dossiers/{nobody.pk}/attestation/").status_code == 404


@pytest.mark.django_db
def test_rp13_a_correction_at_the_bedside_makes_the_printed_code_worthless_at_once(client: Client) -> None:
    """RP-13: through the téléservice's own correction; the paper printed next bears other codes."""
    someone, second = complete()
    old = codes_on(attestation_with_codes(someone, AT, "test"))
    assert all("Certificat valable" in page(client, text=code) for code in old)
    with clock.moved_to(date(2021, 3, 20)):
        correct_vaccination(dose=second, entry=entry(SECOND, vaccine="comirnaty", lot="EL0739"), by=BY, reason="Lot mal lu")
    for code in old:
        answer = page(client, text=code)
        assert "Certificat refusé" in answer and "révoqué" in answer
    new = codes_on(attestation_with_codes(someone, AT, "test"))
    assert not set(new) & set(old) and all("Certificat valable" in page(client, text=code) for code in new)
    published = client.get("/certificats/revocations.json").json()
    assert published["counts"] == {"replaced": 2} and "Mercier" not in json.dumps(published)


@pytest.mark.django_db
def test_rp10_a_code_is_drawn_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """RP-10: drawing costs many times what signing does: it is kept."""
    someone, _ = complete()
    attestation_with_codes(someone, AT, "test")
    certificate = Certificate.objects.get(use=Use.EUROPEAN)
    first = picture_of(certificate)
    monkeypatch.setattr("allant.certificates.drawing.qr_code", lambda text: "drawn again")
    assert picture_of(certificate) == first
    caches["codes"].clear()
    assert picture_of(certificate) == "drawn again"


@pytest.mark.django_db
def test_rp11_a_certificate_of_another_country_against_a_list_given(client: Client) -> None:
    """RP-11: unknown without the list; by picture too; the French rules say their word."""
    text = issued(vaccination(dt="2021-02-01", co="DE"), at=datetime(2021, 2, 1, tzinfo=UTC))
    assert "n'est pas dans la liste de confiance" in page(client, text=text)
    answer = page(client, picture=drawn(text), trust=SimpleUploadedFile("cles.pem", authority().pem), on="2021-08-01")
    assert "Certificat valable" in answer and "Mercier" in answer
    late = page(client, text=text, trust=SimpleUploadedFile("cles.pem", authority().pem), on="2022-03-01")
    assert "non accepté en France" in late and "122 jours" in late


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        ({}, 422, "Rien à vérifier"), ({"text": "bonjour"}, 200, "ne commence pas par HC1"),
        ({"picture": SimpleUploadedFile("x.png", b"pas une image")}, 422, "pas une image lisible"),
        ({"text": "HC1:A", "trust": SimpleUploadedFile("x", b"rien")}, 422, "fichier de confiance"),
        ({"text": "HC1:A", "on": "hier"}, 422, "Date illisible"), ({"text": "x" * 9_000}, 422, "8000"),
        ({"text": "<script>alert(1)</script>"}, 200, "Certificat refusé"),
    ],
)  # fmt: skip
def test_rp11_what_is_wrong_is_said(client: Client, fields: dict[str, Any], status: int, said: str) -> None:
    """RP-11."""
    answer = page(client, status, **fields)
    assert said in answer
    assert b"<script>alert" not in client.post("/certificats/", {"text": "<script>alert(1)</script>"}).content


@pytest.mark.django_db
def test_rp11_a_blank_picture_has_no_code(client: Client) -> None:
    """RP-11: and a bomb of pixels is not opened."""
    file = io.BytesIO()
    Image.new("L", (200, 200), 255).save(file, "PNG")
    assert "Aucun code lisible" in page(client, 422, picture=SimpleUploadedFile("blanc.png", file.getvalue()))
    bomb = io.BytesIO()
    Image.new("1", (12_000, 12_000)).save(bomb, "PNG")
    assert "trop grande" in page(client, 422, picture=SimpleUploadedFile("bombe.png", bomb.getvalue()))


@pytest.mark.django_db
def test_rp11_the_interface_for_programs(client: Client) -> None:
    """RP-11: the same verdict as JSON, with a list given; bad questions are told so."""
    text = issued(vaccination())
    trust = [authority().pem.decode()]
    asked = {"text": text, "at": "2021-08-01", "trust": trust}

    def ask(body: object) -> Any:
        return client.post("/certificats/api/", json.dumps(body), content_type="application/json")

    found = ask(asked).json()
    assert found["valid"] and found["accepted"] and found["signature_valid"] and found["certificate"] == vaccination()
    assert [rule["result"] for rule in found["rules"]] == ["passed"] * 4
    assert ask({"text": text, "at": "2021-08-01"}).json()["reasons"][0]["code"] == "unknown_key"
    for wrong in ([], {"text": 3}, {}, {"text": text, "at": "hier"}, {"text": text, "at": 3}, {"text": text, "trust": [1]}):
        assert ask(wrong).status_code == 400, wrong
    assert client.post("/certificats/api/", b"{" * 50_000, content_type="application/json").status_code == 400


@pytest.mark.django_db
def test_rp11_our_published_keys_verify_our_certificates(client: Client, tmp_path: Path) -> None:
    """RP-11: what is published is what the command reads."""
    from allant.certificates.trust import read_trust
    from allant.certificates.verification import verify

    someone, _ = complete()
    attestation_with_codes(someone, AT, "test")
    certificate = Certificate.objects.get(use=Use.EUROPEAN)
    assert verify(certificate.text, read_trust(client.get("/certificats/confiance.json").content), TODAY).valid


@pytest.mark.django_db
def test_rp11_guesses_are_slowed_down(client: Client) -> None:
    """RP-11."""
    answers = [client.post("/certificats/", {"text": "HC1:A"}).status_code for _ in range(121)]
    assert (answers[0], answers[-1]) == (200, 429)
    assert client.post("/certificats/api/", "{}", content_type="application/json").status_code == 429


@pytest.mark.django_db
def test_rp11_a_frame_of_the_camera_is_read_and_not_kept(client: Client) -> None:
    """RP-11: a code, no code yet, no frame."""
    text = issued(vaccination())
    assert client.post("/certificats/image/", {"frame": drawn(text)}).json() == {"text": text}
    file = io.BytesIO()
    Image.new("L", (64, 64)).save(file, "PNG")
    assert client.post("/certificats/image/", {"frame": SimpleUploadedFile("f", file.getvalue())}).json() == {"text": ""}
    assert client.post("/certificats/image/").status_code == 400


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_rp11_a_verifier_chooses_a_picture(
    live_server: Any, browser_page: Page, axe: Callable[[Page], None], tmp_path: Path
) -> None:
    """RP-11: accessible empty and answered; then the dose is cancelled and the same picture is refused."""
    someone, dose = complete()
    attestation_with_codes(someone, AT, "test")
    (tmp_path / "code.png").write_bytes(drawn(Certificate.objects.get(use=Use.EUROPEAN).text).read())
    browser_page.goto(f"{live_server.url}/certificats/")
    axe(browser_page)
    for title in ("Certificat valable", "Certificat refusé"):
        browser_page.get_by_label("Image du code").set_input_files(str(tmp_path / "code.png"))
        browser_page.get_by_role("button", name="Vérifier", exact=True).click()
        browser_page.get_by_role("heading", name=title).wait_for()
        axe(browser_page)
        if title == "Certificat valable":
            cancel_dose(dose=dose, by=BY, reason="erreur")

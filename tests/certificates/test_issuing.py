"""RP-10, RP-12, RP-13: certificates follow the doses: issued once, revoked at the very correction, issued again."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import zxingcpp
from django.db import IntegrityError, connection, transaction
from pytest_django import Settings
from tddoc.doc import TwoDDoc
from tddoc.keychain import KeyChain

from allant.certificates import keys
from allant.certificates.contents import NotCertifiable, TestResult, birth_of
from allant.certificates.issuing import (
    check_letter,
    european_of_dose,
    european_of_infection,
    european_of_test,
    last_dose,
    new_identifier,
    two_d_doc_of_dose,
)
from allant.certificates.keys import KeyFileMissing, certificates, own_trust, rotate, withdraw
from allant.certificates.models import Certificate, SigningKey, Use
from allant.certificates.names import capitals, standardised
from allant.certificates.pictures import text_of_picture
from allant.certificates.revocations import fingerprint, is_revoked, revocation_list
from allant.certificates.schema import problems
from allant.certificates.two_d_doc import Unreadable, keys_of, read
from allant.certificates.verification import Verdict, verify
from allant.doctrine import rules
from allant.immunizations.actions import cancel_administratively, cancel_dose, correct_dose, record_dose
from allant.immunizations.mass_cancellation import RecordingWindow, cancel_window
from allant.immunizations.models import Dose, EndKind, Infection
from allant.people.actions import merge
from allant.people.models import Person
from tests.immunizations.builders import act
from tests.people.builders import person

pytestmark = pytest.mark.django_db
AT = datetime(2021, 12, 1, 9, tzinfo=UTC)
DAY = date(2021, 12, 1)
BOOK = rules.as_known_on(DAY)
BY = "test"


@pytest.fixture(autouse=True)
def own_keys(settings: Settings, tmp_path: Path) -> None:
    settings.ALLANT_HOME = tmp_path
    settings.ALLANT_TODAY = DAY


def somebody(**values: object) -> Person:
    return person(**{"family_name": "Mercier", "given_names": "Léa-Rose", "birth_date": date(1940, 3, 12), **values})


def vaccinated(someone: Person) -> Dose:
    """Two doses of Comirnaty; the second one."""
    record_dose(person=someone, act=act("2021-06-01"), source="teleservice", source_key=f"{someone.pk}-1", by=BY, today=DAY)
    second = act("2021-07-01", dose_number=2)
    return record_dose(person=someone, act=second, source="teleservice", source_key=f"{someone.pk}-2", by=BY, today=DAY)


def given(someone: Person, at: datetime = AT) -> Certificate:
    """What the person may show now."""
    dose = last_dose(someone)
    assert dose
    return european_of_dose(someone, dose, at=at, book=BOOK, by=BY)


def judged(text: str, at: datetime = AT) -> Verdict:
    return verify(text, own_trust(), at + timedelta(minutes=1), is_revoked)


def codes(verdict: Verdict) -> list[str]:
    return [reason.code for reason in verdict.reasons]


def test_rp10_a_dose_is_certified_once_and_verifies() -> None:
    """RP-10: asked again, the same certificate; its content is what the register knows."""
    someone = somebody()
    dose = vaccinated(someone)
    first = given(someone)
    assert given(someone).pk == first.pk and Certificate.objects.count() == 1
    verdict = judged(first.text)
    assert verdict.valid and verdict.certificate and not problems(verdict.certificate)
    assert verdict.certificate["nam"] == {"fn": "Mercier", "fnt": "MERCIER", "gn": "Léa-Rose", "gnt": "LEA<ROSE"}
    entry = verdict.certificate["v"][0]
    assert (entry["mp"], entry["dn"], entry["sd"], entry["dt"], entry["co"]) == ("EU/1/20/1528", 2, 2, "2021-07-01", "FR")
    assert entry["ci"] == first.identifier and first.source_id == dose.pk


@pytest.mark.parametrize(
    ("series", "number", "needed", "written"),
    [("primary", 1, 2, (1, 2)), ("primary", 1, 1, (1, 1)), ("booster", 3, 2, (3, 3)), ("booster", 2, 1, (2, 1))],
)
def test_rp10_ranks_as_the_european_decision_writes_them(series: str, number: int, needed: int, written: tuple[int, int]) -> None:
    """RP-10: 3/3 for a booster after two doses, 2/1 after one."""
    someone = somebody()
    values = {"series": series, "dose_number": number, "series_doses": needed}
    Dose.objects.create(
        person=someone, occurred_on=DAY, vaccine="comirnaty", recorded_at=AT, recorded_by=BY, source="csv",
        source_key="k", **values,
    )  # fmt: skip
    verdict = judged(given(someone).text)
    assert verdict.certificate and (verdict.certificate["v"][0]["dn"], verdict.certificate["v"][0]["sd"]) == written


def test_rp10_recovery_and_test_certificates() -> None:
    """RP-10."""
    someone = somebody()
    infection = Infection.objects.create(person=someone, occurred_on=date(2021, 9, 1))
    recovered = judged(european_of_infection(someone, infection, at=AT, book=BOOK, by=BY).text)
    assert recovered.valid and recovered.kind == "recovery" and recovered.certificate
    assert (recovered.certificate["r"][0]["df"], recovered.certificate["r"][0]["du"]) == ("2021-09-12", "2022-02-28")
    result = TestResult("LP6464-4", datetime(2021, 11, 30, 8, tzinfo=UTC), False, "Laboratoire des Halles", "PCR")
    tested = judged(european_of_test(someone, result, at=AT, book=BOOK, by=BY).text)
    assert tested.valid and tested.kind == "test" and tested.certificate and tested.certificate["t"][0]["tr"] == "260415000"
    infection.delete()
    assert codes(judged(Certificate.objects.get(source="infection").text)) == ["revoked"]


def test_rp10_an_unknown_vaccine_is_not_certified() -> None:
    """RP-10."""
    someone = somebody()
    unknown = act("2021-06-01", vaccine="unknown", proof="carnet")
    record_dose(person=someone, act=unknown, source="csv", source_key="u", by=BY, today=DAY)
    with pytest.raises(NotCertifiable, match="code européen"):
        given(someone)


def test_rp13_a_correction_revokes_at_once_and_another_is_issued() -> None:
    """RP-13: the complaint most heard: the old code no longer verifies, the new one does, and says the right thing."""
    someone = somebody()
    dose = vaccinated(someone)
    old = given(someone)
    assert judged(old.text).valid
    correct_dose(dose=dose, act=act("2021-07-03", dose_number=2), by=BY, reason="date mal lue", today=DAY)
    assert codes(judged(old.text)) == ["revoked"]  # nobody asked for anything in between
    new = given(someone)
    verdict = judged(new.text)
    assert verdict.valid and verdict.certificate and verdict.certificate["v"][0]["dt"] == "2021-07-03"
    assert new.identifier != old.identifier
    fate = Certificate.objects.with_fate().get(pk=old.pk)
    assert fate.fate == "replaced" and fate.revoked_at == Dose.objects.get(pk=dose.pk).ended_at


def test_rp13_a_cancelled_dose_leaves_the_one_before() -> None:
    """RP-13."""
    someone = somebody()
    dose = vaccinated(someone)
    old = given(someone)
    cancel_dose(dose=dose, by=BY, reason="erreur de patient")
    assert codes(judged(old.text)) == ["revoked"] and Certificate.objects.with_fate().get(pk=old.pk).fate == "cancelled"
    verdict = judged(given(someone).text)
    assert verdict.certificate and (verdict.certificate["v"][0]["dn"], verdict.certificate["v"][0]["sd"]) == (1, 2)


def test_rp13_an_administrative_cancellation_is_irreversible_and_counted_apart() -> None:
    """RP-13: fraud: trace « Annulé », kept, apart from the corrections of errors; the revocation cannot be undone."""
    cheat, honest = somebody(), somebody()
    false, wrong = vaccinated(cheat), vaccinated(honest)
    fraud, error = given(cheat), given(honest)
    cancel_administratively(dose=false, by="admin", reason="faux certificat")
    cancel_dose(dose=wrong, by=BY, reason="erreur")
    assert codes(judged(fraud.text)) == codes(judged(error.text)) == ["revoked"]
    assert [row.pk for row in Certificate.objects.cancelled_administratively()] == [fraud.pk]
    assert revocation_list(AT)["counts"] == {"administrative": 1, "cancelled": 1}
    assert Dose.objects.get(pk=false.pk).end_kind == EndKind.ADMINISTRATIVE
    with pytest.raises(Exception, match=r"ended_once|Cannot update"), transaction.atomic():
        Dose.objects.filter(pk=false.pk).update(ended_at=None, end_kind="", end_reason="")


def test_rp13_a_mass_cancellation_revokes_as_one_by_one_does() -> None:
    """RP-13: what a stolen session wrote, ended in one statement: nothing had to be told to the certificates."""
    people = [somebody(family_name=f"Nom{number}") for number in range(3)]
    for each in people:
        vaccinated(each)
    codes_given = [given(each) for each in people]
    written = Dose.objects.current().filter(recorded_by=BY)
    first = written.order_by("recorded_at").first()
    assert first
    window = RecordingWindow(actor=BY, start=first.recorded_at, end=first.recorded_at + timedelta(days=1))
    cancel_window(window=window, expected=6, by="admin", reason="session volée")
    assert all(codes(judged(each.text)) == ["revoked"] for each in codes_given)
    assert Certificate.objects.cancelled_administratively().count() == 3


def test_rp13_the_revocation_list_names_nobody() -> None:
    """RP-13: fingerprints by key, without what has expired anyway."""
    kept = somebody(family_name="Durand")
    dose = vaccinated(kept)
    old = given(kept)
    cancel_dose(dose=dose, by=BY, reason="erreur")
    published = revocation_list(AT)
    assert published["revoked"] == {old.key.kid: [fingerprint(old.identifier)]}
    assert old.identifier not in str(published) and "Durand" not in str(published)
    assert revocation_list(AT + timedelta(days=800))["revoked"] == {}


def test_rp13_a_name_corrected_in_the_register_issues_another() -> None:
    """RP-13: what the certificate states has changed: the former is ended with its reason."""
    someone = somebody()
    vaccinated(someone)
    old = given(someone)
    someone.family_name = "Mercier-Petit"
    someone.save()
    new = given(someone)
    assert codes(judged(old.text)) == ["revoked"] and judged(new.text).valid and new.pk != old.pk
    assert Certificate.objects.get(pk=old.pk).end_reason


def test_rp13_merged_records_have_one_certificate() -> None:
    """RP-13."""
    kept, absorbed = somebody(), somebody()
    vaccinated(absorbed)
    merge(duplicate=absorbed, into=kept, by=BY, reason="même personne")
    absorbed.refresh_from_db()
    assert given(absorbed).pk == given(kept).pk and given(kept).person_id == kept.pk


def test_rp10_a_rotated_key_stays_trusted_and_a_withdrawn_one_revokes_all() -> None:
    """RP-10: rotation by the doctrine after six months; a stolen key."""
    first, second = somebody(), somebody()
    vaccinated(first), vaccinated(second)
    early = given(first)
    later = AT + timedelta(days=190)
    late = given(second, later)
    assert early.key_id != late.key_id and SigningKey.objects.filter(use=Use.EUROPEAN).count() == 2
    assert judged(early.text, later).valid and judged(late.text, later).valid
    assert given(first, later).pk == early.pk
    withdraw(early.key, at=later, by="admin")
    withdraw(early.key, at=later + timedelta(days=1), by="admin")
    assert codes(judged(early.text, later)) == ["unknown_key"] and is_revoked(early.identifier)
    assert judged(given(first, later).text, later).valid and judged(late.text, later).valid
    assert Certificate.objects.with_fate().get(pk=early.pk).fate == "key"


def test_rp10_a_private_key_that_is_missing_says_what_to_do(tmp_path: Path) -> None:
    """RP-10: it is a file for the service alone, never in the database."""
    someone = somebody()
    vaccinated(someone)
    key = given(someone).key
    (path,) = (tmp_path / "keys" / "certificates").glob(f"{key.kid}.pem")
    assert path.stat().st_mode & 0o077 == 0 and "PRIVATE" not in key.certificate
    path.unlink()
    keys._load.cache_clear()
    other = somebody()
    vaccinated(other)
    with pytest.raises(KeyFileMissing, match="sauvegarde"):
        given(other)


def test_rp13_a_certificate_is_never_changed_nor_deleted() -> None:
    """RP-13."""
    someone = somebody()
    vaccinated(someone)
    found = given(someone)
    for change in (lambda: found.delete(), lambda: Certificate.objects.filter(pk=found.pk).update(text="HC1:FAUX")):
        with pytest.raises(Exception, match=r"Cannot|read-only|ReadOnly"), transaction.atomic():
            change()
    with pytest.raises(IntegrityError), transaction.atomic():
        Certificate.objects.create(**{field.attname: getattr(found, field.attname) for field in Certificate._meta.concrete_fields
                                      if field.attname not in ("id", "identifier")}, identifier="autre")  # fmt: skip


def chain() -> KeyChain:
    """Our keys, as the other implementation takes them."""
    from cryptography.hazmat.primitives.serialization import Encoding

    found = KeyChain(check_expiry=False)
    for certificate in certificates(Use.TWO_D_DOC).values():
        found.der_add(certificate.public_bytes(Encoding.DER))
    return found


def test_rp12_the_2d_doc_is_written_signed_and_read_by_another_implementation() -> None:
    """RP-12: type L1, perimeter 01, every field; drawn as a Data Matrix and read back; revoked with its dose."""
    someone = somebody()
    dose = vaccinated(someone)
    issued = two_d_doc_of_dose(someone, dose, at=AT, book=BOOK, by=BY)
    assert two_d_doc_of_dose(someone, dose, at=AT, book=BOOK, by=BY).pk == issued.pk
    found = TwoDDoc.from_code(issued.text)
    assert (found.header.doc_type_id, found.header.perimeter_id, found.header.country_id) == ("L1", 1, "FR")
    assert found.signature_is_valid(chain())
    assert read(issued.text, keys_of(certificates(Use.TWO_D_DOC))).fields == {
        "L0": "MERCIER", "L1": "LEA-ROSE", "L2": "12031940", "L3": "COVID-19", "L4": "J07BX03", "L5": "COMIRNATY",
        "L6": "PFIZER BIONTECH", "L7": "2", "L8": "2", "L9": "01072021", "LA": "CO",
    }  # fmt: skip
    symbol = zxingcpp.create_barcode(issued.text, zxingcpp.BarcodeFormat.DataMatrix)
    (code,) = zxingcpp.read_barcodes(zxingcpp.write_barcode_to_image(symbol, scale=4), text_mode=zxingcpp.TextMode.Plain)
    assert read(code.text, keys_of(certificates(Use.TWO_D_DOC))).signature_valid
    cancel_dose(dose=dose, by=BY, reason="erreur")
    assert is_revoked(issued.identifier)


def test_rp12_a_schedule_to_finish_and_a_changed_code() -> None:
    """RP-12: state TE; a changed letter is a false signature; an unknown key is told apart."""
    someone = somebody()
    dose = record_dose(person=someone, act=act("2021-06-01"), source="csv", source_key="one", by=BY, today=DAY)
    text = two_d_doc_of_dose(someone, dose, at=AT, book=BOOK, by=BY).text
    known = keys_of(certificates(Use.TWO_D_DOC))
    assert read(text, known).fields["LA"] == "TE" and read(text, known).signature_valid
    assert read(text.replace("LATE", "LACO"), known).signature_valid is False
    assert read(text, {}).signature_valid is None


@pytest.mark.parametrize(
    "text", ["", "DC", "DC04" + "F" * 2_000, "DC04FR0000011EAD1EADL101FR", "HC1:", "DC04é", "DC99" + "A" * 60]
)
def test_rp12_what_is_no_2d_doc_is_refused(text: str) -> None:
    """RP-12."""
    with pytest.raises(Unreadable):
        read(text, {})


def test_rp12_a_birth_date_known_in_part_has_no_2d_doc() -> None:
    """RP-12: the European certificate writes what is known."""
    someone = somebody(birth_date=date(1940, 3, 1), birth_precision="month")
    dose = vaccinated(someone)
    assert birth_of(someone) == "1940-03" and judged(given(someone).text).valid
    with pytest.raises(NotCertifiable, match="date de naissance entière"):
        two_d_doc_of_dose(someone, dose, at=AT, book=BOOK, by=BY)


@pytest.mark.parametrize(
    ("name", "passport", "plain"),
    [
        ("d'Œuvre-Lefèvre", "DOEUVRE<LEFEVRE", "DOEUVRE-LEFEVRE"), ("Müller Groß", "MULLER<GROSS", "MULLER GROSS"),
        ("N’Guyễn", "NGUYEN", "NGUYEN"), ("李", "X", "X"), ("A" * 120, "A" * 80, "A" * 80),
    ],
)  # fmt: skip
def test_rp10_names_in_the_letters_of_passports(name: str, passport: str, plain: str) -> None:
    """RP-10, RP-12."""
    assert (standardised(name), capitals(name)) == (passport, plain)


def test_rp10_an_identifier_tells_a_mistyped_letter() -> None:
    """RP-10."""
    body, _, letter = new_identifier("FR").rpartition("#")
    assert check_letter(body) == letter and check_letter(body[:-1] + ("A" if body[-1] != "A" else "B")) != letter


def test_rp13_an_answer_takes_one_query_and_an_index() -> None:
    """RP-13: whether a certificate was revoked is asked by its identifier."""
    someone = somebody()
    vaccinated(someone)
    found = given(someone)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        sql, parameters = Certificate.objects.revoked().filter(identifier=found.identifier).query.sql_with_params()
        cursor.execute(f"EXPLAIN {sql}", parameters)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "certificates_certificate_identifier" in plan


def test_rp11_the_code_of_a_picture_is_read() -> None:
    """RP-11: a photograph of the QR code."""
    import io

    from PIL import Image

    someone = somebody()
    vaccinated(someone)
    text = given(someone).text
    symbol = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    image = zxingcpp.write_barcode_to_image(symbol, scale=4, add_quiet_zones=True)
    drawn = Image.fromarray(image).convert("RGB").rotate(7, fillcolor="white", expand=True)
    file = io.BytesIO()
    drawn.save(file, "JPEG", quality=70)
    assert text_of_picture(file.getvalue()) == text
    rotate(Use.EUROPEAN, at=AT, by=BY)
    assert judged(text).valid

"""VC-61: whole files: encodings, separators, the same file again, the corrected file, who is who, ranks and series."""

from __future__ import annotations

import csv
import io
from datetime import date

import pyarrow as pa
import pytest

from allant.directory.models import Location
from allant.immunizations.actions import load_infections
from allant.immunizations.models import Dose
from allant.people.actions import load_situations, merge
from allant.people.models import Person
from allant.vaccination.imports.importing import Sender
from allant.vaccination.imports.report import forget, report_of, to_correct
from allant.vaccination.models import ImportedFile, RefusedLine
from tests.vaccination.imports import register
from tests.vaccination.imports.rendering import table

pytestmark = pytest.mark.django_db

USUAL = table()["usual"]


@pytest.fixture
def sender() -> Sender:
    """The register, and who sends."""
    return register.settle()


def lines(*changes: dict[str, str]) -> str:
    """A file of usual lines with changes."""
    return register.text([{**USUAL, **change} for change in changes])


def counts(file: ImportedFile) -> tuple[int, int, int, int]:
    """Received, recorded, already there, refused."""
    report = report_of(file)
    return report.received, report.recorded, report.already_there, report.refused


def test_a_right_line_is_a_dose_with_everything_it_says(sender: Sender) -> None:
    """VC-30, VC-61: lot, site, place, who vaccinated, structure."""
    assert counts(register.send(lines({"lot": "ab1234"}), sender)) == (1, 1, 0, 0)
    dose = Dose.objects.get(person=1)
    assert (dose.occurred_on, dose.vaccine, dose.dose_number, dose.series, dose.series_doses) == (
        date(2021, 1, 18), "comirnaty", 1, "primary", 2,
    )  # fmt: skip
    assert (dose.lot, dose.site, dose.place_kind, dose.source, dose.recorded_by) == (
        "AB1234", "deltoide_gauche", "ehpad", "csv", "psc:test",
    )  # fmt: skip
    assert (dose.location.name, dose.location.commune_code, dose.practitioner.rpps) == ("Les Tamaris", "35238", register.RPPS)
    assert dose.organisation == sender.organisation


@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be"])
def test_encodings_and_separators(sender: Sender, encoding: str, separator: str) -> None:
    """VC-61: UTF-8 with or without its mark, Windows-1252, UTF-16; four separators; quoted values; CRLF."""
    zoe = {"nir": "1850313055003", "nom": "Petit", "prenom": "Zoé", "date_naissance": "14/07/2012"}
    zoe |= {"justificatif": 'Carnet, "étranger" ; vu', "pays": "Suède"}
    content = register.text([{**USUAL, **zoe}], separator).encode(encoding)
    file = register.send(content, sender)
    assert (counts(file), register.faults(file)) == ((1, 1, 0, 0), {})
    dose = Dose.objects.get(person=4)
    assert dose.proof == 'Carnet, "étranger" ; vu (à l\'étranger : Suède)'
    assert file.separator == separator


@pytest.mark.parametrize(
    "written",
    ["18/01/2021", "2021-01-18", "18-01-2021", "18.01.2021", "2021/01/18", "2021-01-18T10:30:00", "18/01/2021 10:30", "8/1/2021"],
)
def test_ways_to_write_a_date(sender: Sender, written: str) -> None:
    """VC-61: day first, or ISO; a time is left out."""
    register.send(lines({"date": written}), sender)
    assert Dose.objects.get(person=1).occurred_on == date(2021, 1, 8 if written == "8/1/2021" else 18)


@pytest.mark.parametrize(
    "word", ["comirnaty", "COMIRNATY ", "Pfizer", "BioNTech-Pfizer", "Comirnaty Pfizer", "208", "EU/1/20/1528", "3400930218662"]
)
def test_names_of_a_vaccine(sender: Sender, word: str) -> None:
    """VC-61: name, maker, CVX, European number, CIP, NUVA, our own code."""
    register.send(lines({"vaccin": word}), sender)
    assert Dose.objects.get(person=1).vaccine == "comirnaty"


def test_headings_are_read_as_people_write_them(sender: Sender) -> None:
    """Accents, case, spaces, order; a column of our own report is ignored."""
    content = (
        "Erreurs;Numéro de lot;Vaccin;Date d'injection;Date de Naissance;NOM;N° RPPS;Numéro de Sécurité Sociale\r\n"
        ";AB1234;Comirnaty;18/01/2021;17/05/1940;Martin;;240053512000170\r\n"
    )
    assert counts(register.send(content, sender)) == (1, 1, 0, 0)


def test_blank_lines_and_line_numbers(sender: Sender) -> None:
    """A line number is that of the file, blank lines and broken values counted."""
    head, line = lines({"nom_lieu": 'Les\nTamaris "1"'}).split("\r\n", 1)
    content = f"\r\n{head}\r\n\r\n{line}" + ";" * (len(USUAL) - 1) + "\r\n" + lines({"nom": "X"}).split("\r\n", 1)[1]
    file = register.send(content, sender)
    assert counts(file) == (2, 1, 0, 1)
    assert list(register.faults(file)) == [7]


def test_a_file_without_a_last_line_break(sender: Sender) -> None:
    assert counts(register.send(lines({}, {"nom": "X"}).rstrip("\r\n"), sender)) == (2, 1, 0, 1)


def test_quotes_inside_a_value(sender: Sender) -> None:
    """Quotation marks that open nothing do not lose the lines around."""
    raw = lines({}, {"nom": "X"}).replace("Les Tamaris", 'Les "Tamaris" 2', 1)
    assert counts(register.send(raw, sender)) == (2, 1, 0, 1)
    assert Location.objects.get().name == 'Les "Tamaris" 2'


def test_the_same_file_again_is_one(sender: Sender) -> None:
    """VC-39, VC-61: the first report, and nothing more recorded; from another sender, every dose is already there."""
    first = register.send(lines({}, {"nom": "X"}), sender)
    assert register.send(lines({}, {"nom": "X"}), sender, name="copie.csv") == first
    other = Sender("psc:other", "CABINET", "Cabinet des Lilas")
    assert counts(register.send(lines({}, {"nom": "X"}), other)) == (2, 0, 1, 1)
    assert Dose.objects.filter(person=1).count() == 1


def test_the_corrected_file_is_sent_again(sender: Sender) -> None:
    """VC-61: the lines to correct come back as sent with what is wrong, are corrected, and are then recorded."""
    file = register.send(lines({}, {"nom": "DURAND", "date": "31/02/2021", "rang": ""}), sender)
    returned = b"".join(to_correct(file)).decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(returned), delimiter=";")
    assert row["erreurs"].startswith("nom : Le nom n'est pas celui") or "31/02/2021 n'existe pas" in row["erreurs"]
    assert {name: value for name, value in row.items() if name != "erreurs"} == {
        **USUAL, "nom": "DURAND", "date": "31/02/2021", "rang": "",
    }  # fmt: skip
    corrected = returned.replace("DURAND", "MARTIN").replace("31/02/2021", "20/02/2021")
    assert counts(register.send(corrected, sender)) == (1, 1, 0, 0)
    assert list(Dose.objects.filter(person=1).values_list("dose_number", flat=True)) == [1, 2]


def test_what_a_spreadsheet_would_compute_comes_back_harmless(sender: Sender) -> None:
    """A formula is returned behind an apostrophe, and still read as the formula it is."""
    file = register.send(lines({"nom": '=HYPERLINK("http://x")'}), sender)
    returned = b"".join(to_correct(file)).decode("utf-8-sig")
    assert "'=HYPERLINK" in returned
    again = register.send(returned, sender)
    assert [code for found in register.faults(again).values() for code, _ in found] == ["formula"]


def test_the_number_of_a_parent_leads_to_the_child(sender: Sender) -> None:
    """VC-11: twins attached to one number are told apart by the given name."""
    child = {"nir": "1 85 03 13 055 003", "nom": "PETIT", "date_naissance": "14/07/2012"}
    twins = [{**child, "prenom": name, "justificatif": "Carnet", "pays": "Mali"} for name in ("Zoe", "LÉA")]
    assert counts(register.send(lines(*twins), sender)) == (2, 2, 0, 0)
    assert set(Dose.objects.exclude(person=7).values_list("person_id", flat=True)) == {4, 5}


def test_a_merged_record_leads_to_the_survivor(sender: Sender) -> None:
    """VC-63: the number of the absorbed record is that of the person."""
    survivor = register.person(9, "Martin", "Jeanne", "1940-05-17")
    merge(duplicate=Person.objects.get(pk=1), into=survivor, by="agent", reason="x")
    assert counts(register.send(lines({}), sender)) == (1, 1, 0, 0)
    assert Dose.objects.get(lot="AB1234").person_id == 9


def test_a_partial_birth_date_is_compared_as_far_as_it_is_known(sender: Sender) -> None:
    Person.objects.filter(pk=1).update(birth_precision="year", birth_date=date(1940, 1, 1))
    assert counts(register.send(lines({}), sender)) == (1, 1, 0, 0)


def test_ranks_and_series_are_decided_from_what_is_known(sender: Sender) -> None:
    """VC-33, VC-40, VC-41: rank after the known doses, whatever the order of lines; a dose more than needed is a booster."""
    load_infections(pa.table({"person_id": [1], "occurred_on": [date(2020, 4, 1)]}), by="test")
    anne = {"nir": "2200535238004", "nom": "Durand", "prenom": "Anne", "date_naissance": "20/05/1920", "rang": ""}
    file = register.send(
        lines(
            {**anne, "date": "01/10/2021"}, {**anne, "date": "10/03/2021"}, {"rang": "", "date": "01/03/2021"},
            {**anne, "date": "01/02/2021"},
        ),
        sender,
    )  # fmt: skip
    assert (counts(file), register.faults(file)) == ((4, 3, 1, 0), {})
    found = Dose.objects.order_by("person_id", "occurred_on").values_list("person_id", "dose_number", "series", "series_doses")
    assert list(found) == [(1, 1, "primary", 1), (7, 1, "primary", 2), (7, 2, "primary", 2), (7, 3, "booster", 2)]


def test_the_immunodepressed_are_known_from_the_register(sender: Sender) -> None:
    """VC-40: a past infection does not shorten their schedule."""
    load_infections(pa.table({"person_id": [1], "occurred_on": [date(2020, 4, 1)]}), by="test")
    load_situations(pa.table({"person_id": [1], "kind": ["immunodepressed"]}), by="test")
    register.send(lines({"date": "01/03/2021"}), sender)
    assert Dose.objects.get(person=1).series_doses == 2


def test_history_comes_with_its_proof(sender: Sender) -> None:
    """VC-42: a dose given before any authorisation here, without lot; it is not the act of who reads the document."""
    file = register.send(lines({"date": "01/12/2020", "lot": "", "rpps": "", "justificatif": "Certificat britannique"}), sender)
    assert counts(file) == (1, 1, 0, 0)
    dose = Dose.objects.forced().get()
    assert (dose.forced_rules, dose.proof) == (["before_authorisation"], "Certificat britannique")
    assert dose.practitioner is None


def test_a_dose_given_abroad_names_its_country(sender: Sender) -> None:
    """VC-42: since the opening, as on the page and by FHIR; under that proof it breaks rules. Without country it is refused."""
    abroad = {"date": "06/01/2021", "vaccin": "Janssen", "lot": "", "justificatif": "Carnet"}
    refused = register.send(lines(abroad), sender)
    assert (counts(refused), register.faults(refused)) == ((1, 0, 0, 1), {2: [("given_here", "justificatif")]})
    assert counts(register.send(lines({**abroad, "pays": "États-Unis"}), sender)) == (1, 1, 0, 0)
    dose = Dose.objects.get(person=1)
    assert (dose.forced_rules, dose.proof) == (["before_authorisation"], "Carnet (à l'étranger : États-Unis)")


def test_kinds_of_fault_are_counted(sender: Sender) -> None:
    """The report by kind, with the first lines of each."""
    file = register.send(lines({}, {"nom": "X"}, {"nom": "Y", "site": "?"}, {"site": "??"}), sender)
    report = report_of(file)
    assert (report.received, report.recorded, report.refused) == (4, 1, 3)
    assert {(kind.code, kind.column, kind.count, kind.first_lines) for kind in report.kinds} == {
        ("identity_mismatch", "", 2, (3, 4)),
        ("site_unknown", "site", 2, (4, 5)),
    }


def test_the_lines_to_correct_can_be_forgotten(sender: Sender) -> None:
    """They hold identities as typed: erased, the counts stay."""
    file = register.send(lines({}, {"nom": "X"}), sender)
    assert forget(file) == 1
    assert not RefusedLine.objects.exists()
    assert counts(file) == (2, 1, 0, 1)


def test_a_large_file_takes_a_fixed_number_of_statements(sender: Sender, django_assert_max_num_queries: object) -> None:
    """No statement a line: the same number for one line and for three hundred."""
    born = {"nir": "1850313055003", "nom": "Petit", "prenom": "Zoé", "date_naissance": "14/07/2012"}
    with django_assert_max_num_queries(75):  # type: ignore[operator]
        register.send(lines(*[{**born, "identifiant": f"D{n}"} for n in range(300)], {}), sender)

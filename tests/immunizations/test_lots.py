"""VC-30: lots kept by hand and by file, completion, recall and its follow-up, lots that are not in the list."""

from datetime import date

import pytest
from django.db import IntegrityError, connection

from allant.immunizations.actions import (
    LotRefused,
    doses_of_lot,
    load_lots_file,
    load_shipped_lots,
    recall_lot,
    record_dose,
    save_lot,
)
from allant.immunizations.models import Dose, Lot, Vaccine
from tests.immunizations.builders import TODAY, act, day
from tests.people.builders import person

pytestmark = pytest.mark.django_db

GOOD = """vaccin;lot;peremption;rappel
Comirnaty;ej6796;30/06/2021;
Vaxzevria (AstraZeneca);ABV 5811;2021-06-30;2021-03-22
spikevax;3000494;;
"""


def given(lot: str, key: str, vaccine: str = "comirnaty") -> Dose:
    """A first dose of a lot."""
    told = act(vaccine=vaccine, lot=lot)
    return record_dose(person=person(), act=told, source="teleservice", source_key=key, by="ps:1", today=TODAY)


def save(number: str = "EJ6796", vaccine: str = "comirnaty", expires: str = "2021-06-30", recalled: str = "") -> Lot:
    """A lot kept by an administrator."""
    recalled_on = day(recalled) if recalled else None
    return save_lot(vaccine=vaccine, number=number, expires_on=day(expires), recalled_on=recalled_on, by="admin")


def test_a_lot_is_saved_once_however_it_is_typed() -> None:
    """Small letters and spaces do not make another lot; a later date supersedes, the former one stays in the history."""
    first = save()
    assert save("ej 6796", expires="2021-07-31") == first
    assert Lot.objects.get().expires_on == day("2021-07-31")
    assert first.events.get().expires_on == day("2021-06-30")


@pytest.mark.parametrize(
    ("vaccine", "number", "message"),
    [
        ("pfizer", "EJ6796", "Vaccin inconnu"),
        ("unknown", "EJ6796", "Vaccin inconnu"),
        ("comirnaty", "  ", "Numéro de lot illisible"),
        ("comirnaty", "A" * 41, "Numéro de lot illisible"),
        ("comirnaty", "<b>", "Numéro de lot illisible"),
    ],
)
def test_a_lot_that_cannot_be(vaccine: str, number: str, message: str) -> None:
    """Said in French, nothing saved."""
    with pytest.raises(LotRefused, match=message):
        save(number, vaccine)
    assert not Lot.objects.exists()


def test_lots_complete_as_one_types() -> None:
    """VC-30: those of the vaccine, whatever the case."""
    for number in ("EJ6796", "EJ6797", "EK1"):
        save(number)
    save("EJ9", vaccine="spikevax")
    assert [lot.number for lot in Lot.objects.completing("comirnaty", " ej")] == ["EJ6796", "EJ6797"]
    assert [lot.number for lot in Lot.objects.completing("comirnaty", "ej").usable_on(day("2021-07-01"))] == []


def test_a_recall_leads_to_the_patients() -> None:
    """VC-30: doses of the lot, given before the recall and after, however typed; a recall is not taken back."""
    lot = save()
    before, other = given("ej 6796", "a"), given("EK1", "b")
    for _ in range(2):
        recall_lot(lot=lot, on=day("2021-03-15"), by="admin")
    assert list(doses_of_lot(lot)) == [before]
    assert other not in doses_of_lot(lot)
    with pytest.raises(LotRefused, match="un rappel ne s'efface pas"):
        save()
    assert not Lot.objects.completing("comirnaty", "EJ").usable_on(day("2021-03-15")).exists()


def test_a_lot_that_is_not_in_the_list_is_flagged() -> None:
    """VC-30: accepted, and followed up until the list knows it."""
    save()
    given("EJ6796", "a")
    unlisted, none = given("zz9", "b"), given("", "c")
    of_another_vaccine = given("EJ6796", "d", vaccine="spikevax")
    assert set(Dose.objects.with_unlisted_lot()) == {unlisted, of_another_vaccine}
    assert none not in Dose.objects.with_unlisted_lot()
    save("ZZ9")
    assert set(Dose.objects.with_unlisted_lot()) == {of_another_vaccine}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("separator", [";", ","])
def test_a_file_of_lots(encoding: str, separator: str) -> None:
    """Encodings, separators, two ways of writing a date; sent again it changes nothing."""
    content = GOOD.replace("peremption", "péremption").replace(";", separator).encode(encoding)
    report = load_lots_file(content, by="admin")
    assert (report.read, report.added, report.changed, report.errors) == (3, 3, 0, [])
    assert Lot.objects.get(number="ABV5811").recalled_on == day("2021-03-22")
    again = load_lots_file(content, by="admin")
    assert (again.added, again.changed, again.unchanged) == (0, 0, 3)
    changed = load_lots_file(content.replace(b"30/06/2021", b"31/07/2021"), by="admin")
    assert (changed.changed, Lot.objects.get(number="EJ6796").expires_on) == (1, day("2021-07-31"))


def test_vc30_short_lines_and_binary_cells_are_listed() -> None:
    """VC-30: a line cut before its columns, a character the database cannot keep: told, and the other lines enter."""
    report = load_lots_file(b"lot;vaccin\nA1\nA\x002;comirnaty\nA3;comirnaty\n", by="admin")
    assert (report.read, report.added) == (3, 1)
    assert [(error.line, error.message.split(" :")[0]) for error in report.errors] == [
        (2, "Vaccin inconnu"),
        (3, "Numéro de lot illisible"),
    ]


def test_vc30_the_lines_of_a_file_enter_together() -> None:
    """VC-30: stopped by the database on its last line, a file leaves nothing behind."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE immunizations_lot ADD CONSTRAINT stopped CHECK (number <> '3000494')")
    with pytest.raises(IntegrityError):
        load_lots_file(GOOD.encode(), by="admin")
    assert not Lot.objects.exists()


def test_bad_lines_are_listed_and_the_good_ones_enter() -> None:
    """Line numbers are those of the file; the corrected file can be sent again."""
    bad = GOOD + "pfizer;A1;;\nComirnaty;;;\n\nComirnaty;A2;31/02/2021;\nJanssen;A3\nJanssen;A4;;hier\n"
    report = load_lots_file(bad.encode(), by="admin")
    assert (report.read, report.added) == (8, 4)
    assert [(error.line, error.message.split(" :")[0]) for error in report.errors] == [
        (5, "Vaccin inconnu"),
        (6, "Numéro de lot illisible"),
        (8, "Colonne « peremption » illisible"),
        (10, "Colonne « rappel » illisible"),
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "Colonnes manquantes : vaccin, lot"),
        (b"vaccin;numero\n", "Colonnes manquantes : lot"),
        (b"x" * 5_000_001, "trop gros"),
        (b'vaccin;lot\ncomirnaty;"' + b"a" * 200_000, "illisible"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_whole(content: bytes, message: str) -> None:
    """Nothing is loaded."""
    with pytest.raises(LotRefused, match=message):
        load_lots_file(content, by="admin")
    assert not Lot.objects.exists()


def test_the_shipped_lots_cover_the_campaign() -> None:
    """A usable lot of each vaccine on every day from its authorisation to March 2022."""
    load_shipped_lots(by="test")
    starts = {"comirnaty": "2020-12-21", "spikevax": "2021-01-06", "vaxzevria": "2021-01-29", "janssen": "2021-03-11"}
    assert set(starts) == set(Vaccine.values) - {"unknown"}
    for vaccine, start in starts.items():
        for ordinal in range(day(start).toordinal(), day("2022-03-31").toordinal() + 1):
            assert Lot.objects.filter(vaccine=vaccine).usable_on(date.fromordinal(ordinal)).exists(), (vaccine, ordinal)

"""The public pages: home, figures of a date, definitions, files."""

from __future__ import annotations

import csv
import io
from html import unescape
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from allant.figures.definitions import definitions
from allant.immunizations.models import Dose
from allant.pages.public.board import Board
from tests.pages import small_country

pytestmark = pytest.mark.django_db

NO_BREAK = "\u00a0"


@pytest.fixture
def country(settings: Settings) -> None:
    """The small country on its day."""
    settings.ALLANT_TODAY = small_country.TODAY
    small_country.settle()


def text(client: Client, path: str) -> str:
    """The page as a reader sees it."""
    answer = client.get(path)
    assert answer.status_code == 200, path
    return " ".join(unescape(answer.content.decode()).replace(NO_BREAK, " ").split())


def test_without_a_dose_the_pages_say_so(client: Client) -> None:
    assert "Aucune dose" in text(client, "/")
    assert "Aucune dose" in text(client, "/chiffres/")
    assert client.get("/chiffres/courbes.svg").status_code == 404
    assert client.get("/chiffres/ages.csv").status_code == 404


def test_fg01_key_figures_come_from_the_doses(client: Client, country: None) -> None:
    """FG-01: 180 first doses and 120 complete schedules among 400 people."""
    page = text(client, "/chiffres/")
    assert "45,0 %" in page and "30,0 %" in page
    assert "180 personnes" in page


def test_fg01_a_dose_more_changes_the_page(client: Client, country: None) -> None:
    """FG-01: nothing is kept beyond the dose that changed it."""
    assert "180 personnes" in text(client, "/")
    last = Dose.objects.latest("pk")
    Dose.objects.create(
        person_id=300,
        occurred_on=last.occurred_on,
        vaccine="comirnaty",
        dose_number=1,
        series="primary",
        series_doses=2,
        recorded_at=last.recorded_at,
        recorded_by="test",
        source="csv",
        source_key="test:300:1",
    )
    assert "181 personnes" in text(client, "/")


def test_fg01_any_date_and_the_weeks_around_it(client: Client, country: None) -> None:
    page = text(client, "/chiffres/?le=2021-01-20")
    assert "mercredi 20 janvier 2021" in page
    assert "?le=2021-01-13" in page and "?le=2021-01-27" in page


@pytest.mark.parametrize(
    ("asked", "notice"),
    [
        ("hier", "date demandée est illisible"),
        ("2019-01-01", "Le 01/01/2019 est hors de la période"),
        ("2030-01-01", "Le 01/01/2030 est hors de la période"),
    ],
)
def test_a_wrong_date_is_told_and_a_near_one_shown(client: Client, country: None, asked: str, notice: str) -> None:
    page = text(client, f"/chiffres/?le={asked}")
    assert notice in page and "Chiffres clés" in page


def test_the_official_value_stands_beside_ours_with_the_difference(client: Client, country: None) -> None:
    page = text(client, "/chiffres/")
    # 2 500 000 of 67 676 577 is 3.7 %; ours is 45.0 %.
    assert "3,7 %" in page and "+41,3" in page


def test_fg03_small_counts_by_departement_stay_blank(country: None) -> None:
    """FG-03: no count from 1 to the threshold is shown, nor the only one that a subtraction would give back."""
    board = Board(None, small_country.TODAY)
    threshold = board.parameters.secrecy(board.on).threshold
    shown = {row.code for row in board.place_rows() if row.shares[1]}
    persons = {row.code: row.complete.persons for row in board.departements}
    assert shown and all(persons[code] >= threshold for code in shown)
    assert len([code for code, count in persons.items() if count and code not in shown]) != 1


def test_fg08_every_figure_links_to_a_definition_that_exists(client: Client, country: None) -> None:
    """FG-08."""
    page = text(client, "/chiffres/")
    linked = {part.split('"')[0] for part in page.split("/chiffres/definitions/#")[1:]}
    assert linked and linked <= set(definitions())
    listed = text(client, "/chiffres/definitions/")
    for key in definitions():
        assert f'id="{key}"' in listed


def test_fg08_charts_have_the_same_values_in_words(client: Client, country: None) -> None:
    """FG-08: an alternative text, and tables of the same values."""
    page = text(client, "/chiffres/")
    assert "80 ans et plus : 85,9 %" in page
    for name in ("courbes", "carte"):
        answer = client.get(f"/chiffres/{name}.svg")
        assert answer["Content-Type"] == "image/svg+xml"
        assert b"<desc" in answer.content and b"style=" not in answer.content


def test_the_ages_of_a_date_download_as_csv(client: Client, country: None) -> None:
    answer = client.get("/chiffres/ages.csv?le=2021-02-10")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode()), delimiter=";"))
    assert rows[0]["clage_vacsi"] == "0" and len(rows) == 15
    counted = Dose.objects.filter(dose_number=1, occurred_on__lte="2021-02-10").count()
    assert int(rows[0]["n_cum_dose1"]) == counted
    assert client.get("/chiffres/ages.csv?le=demain").status_code == 400


def test_the_page_costs_few_queries(client: Client, country: None, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    client.get("/chiffres/")
    with django_assert_max_num_queries(6):
        client.get("/chiffres/?le=2021-02-01")


def test_fg02_the_published_files_download(client: Client, settings: Settings, tmp_path: Path) -> None:
    """FG-02: what `allant publish` wrote, and nothing else of the folder."""
    settings.ALLANT_PUBLICATION = tmp_path
    assert "Aucune publication" in text(client, "/chiffres/fichiers/")
    (tmp_path / "vacsi-fra.csv").write_text("fra;jour\nFR;2021-01-01\n")
    (tmp_path / "secret-key").write_text("non")
    (tmp_path / "metadata.json").write_text(
        '{"avertissement": "Données synthétiques", "donnees_jusqu_au": "2021-11-21", "produit_le": "2021-11-22"}'
    )
    page = text(client, "/chiffres/fichiers/")
    assert "vacsi-fra.csv" in page and "21 novembre 2021" in page and "secret-key" not in page
    answer = client.get("/chiffres/fichiers/vacsi-fra.csv")
    assert b"".join(answer.streaming_content) == b"fra;jour\nFR;2021-01-01\n"
    for name in ("secret-key", "..%2Fsecret-key", "inconnu.csv"):
        assert client.get(f"/chiffres/fichiers/{name}").status_code == 404

"""TG-12: the targets of the ready-made campaigns beside the figures of their sources, and the page that says so."""

from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from allant.country.official.facts import load_series
from allant.country.population.files import BadCountry
from allant.country.population.make import make_country
from allant.country.ready_made import compare
from allant.country.ready_made_commands import app
from allant.country.ready_made_page import listing, page
from allant.country.replay.national import replay_national
from allant.doctrine import rules
from allant.site.home import CLONE

DOCUMENT = CLONE / "docs" / "reference" / "ready-made.md"
BOOK = rules.as_known_on(date(2026, 11, 23))


def test_tg_12_the_page_lists_every_campaign_as_shipped() -> None:
    """Made again by `allant campaign compare --write docs/reference/ready-made.md`."""
    assert DOCUMENT.read_text("utf-8").startswith(listing(BOOK))
    assert "covid-medicalise` Appels du service médical (medical service only)" in listing(BOOK)


def test_tg_12_a_country_that_was_not_replayed_cannot_be_compared(tmp_path: Path) -> None:
    make_country(tmp_path, 300, 1, lambda done, total: None, jobs=1)
    with pytest.raises(BadCountry, match="n'a pas été rejoué"):
        compare(tmp_path, BOOK)
    answer = CliRunner().invoke(app, ["--dir", str(tmp_path / "nowhere")])
    assert answer.exit_code == 1 and "aucun pays" in answer.stderr


@pytest.mark.long
@pytest.mark.timeout(600)
def test_tg_12_each_target_is_within_its_range_of_the_figure_of_the_source(tmp_path: Path) -> None:
    """The country of 67 677 people: 3.6 M, 4.6 M, 919 000, 200 000, 24 000, 15 M, 70 M. Same file as the one committed."""
    make_country(tmp_path, 67_677, 1, lambda done, total: None, jobs=1)
    replay_national(tmp_path, load_series(), lambda stage, done, total: None)
    found = compare(tmp_path, BOOK)
    assert len(found) == 7 and {each.entry.slug: round(each.ratio, 2) for each in found if not each.within} == {}
    assert page(BOOK, found) == DOCUMENT.read_text("utf-8")

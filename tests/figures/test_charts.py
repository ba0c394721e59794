"""FG-08: charts are readable in greyscale and by screen readers, and pass a strict content policy."""

import xml.etree.ElementTree as ET
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Page

from allant.figures.charts import DASHES, render_curves, spread
from allant.figures.key_figures import Curve
from allant.figures.maps import SHADES, Scale, render_map
from allant.figures.svg import tag
from allant.geography import departements
from allant.site.headers import content_policy

DAYS = tuple(date(2020, 12, 27) + timedelta(days=n) for n in range(120))
CURVES = tuple(
    Curve(str(n), label, DAYS, np.linspace(0, 40 + 20 * n, len(DAYS)))
    for n, label in enumerate(("12-17 ans", "18-24 ans", "80 ans et plus"))
)
VALUES: dict[str, float | None] = {code: 70 + n / 20 for n, code in enumerate(departements())} | {"75": None}


@pytest.fixture(scope="module", params=["curves", "map"])
def picture(request: pytest.FixtureRequest) -> bytes:
    return render_curves(CURVES, "Couverture") if request.param == "curves" else render_map(VALUES, "Couverture", 75.1)


def test_fg_08_a_picture_has_a_name_and_says_what_it_shows(picture: bytes) -> None:
    root = ET.fromstring(picture)
    assert root.get("role") == "img"
    named = {element.get("id"): element.text for element in root.iter() if element.tag in (tag("title"), tag("desc"))}
    assert root.get("aria-labelledby") == "titre description"
    assert named["titre"] == "Couverture"
    assert "%" in (named["description"] or "")


def test_fg_08_a_picture_holds_nothing_that_a_strict_policy_blocks(picture: bytes) -> None:
    root = ET.fromstring(picture)
    assert not [element for element in root.iter() if element.tag in (tag("style"), tag("script"), tag("metadata"))]
    assert not [name for element in root.iter() for name in element.attrib if name == "style" or name.startswith("on")]
    assert b"http://" not in picture.replace(b"http://www.w3.org/", b"")


def test_the_same_figures_give_the_same_bytes() -> None:
    assert render_curves(CURVES, "Couverture") == render_curves(CURVES, "Couverture")
    assert render_map(VALUES, "Couverture", 75.1) == render_map(VALUES, "Couverture", 75.1)


def test_fg_08_neighbouring_curves_differ_without_colour() -> None:
    root = ET.fromstring(render_curves(CURVES, "Couverture"))
    dashes = [element.get("stroke-dasharray") for element in root.iter(tag("path")) if element.get("stroke-width") == "1.6"]
    assert len(set(dashes)) == len(CURVES) < len(DASHES) + 1


def test_fg_08_the_curves_say_their_last_values_in_words() -> None:
    description = next(element.text for element in ET.fromstring(render_curves(CURVES, "C")).iter(tag("desc")))
    assert description is not None
    assert "80 ans et plus : 80,0 %" in description


def test_no_curve_is_refused() -> None:
    with pytest.raises(ValueError, match="date de la campagne"):
        render_curves((), "Couverture")


@given(st.lists(st.floats(0, 100), min_size=1, max_size=15))
def test_labels_never_cover_one_another(positions: list[float]) -> None:
    placed = spread(positions, 4)
    assert all(after - before > 3.999 for before, after in pairwise(sorted(placed)))
    assert [p for _, p in sorted(zip(positions, placed, strict=True))] == sorted(placed) or len(set(positions)) < len(positions)
    assert min(placed) >= 0


def test_fg_08_shades_darken_in_order_without_colour() -> None:
    light = [0.299 * int(s[1:3], 16) + 0.587 * int(s[3:5], 16) + 0.114 * int(s[5:7], 16) for s in SHADES]
    assert all(before - after > 30 for before, after in pairwise(light))


def test_fg_08_the_map_shades_by_class_dots_what_is_secret_and_says_simulated() -> None:
    root = ET.fromstring(render_map(VALUES, "Couverture", 75.1))
    fills = {element.find(tag("title")).text: element.get("fill") for element in root.iter(tag("path"))}  # type: ignore[union-attr]
    assert fills["Paris (75) : secret statistique"] == "url(#secret)"
    assert fills["Ain (01) : 70,0 %"] == SHADES[0]
    texts = [element.text for element in root.iter(tag("text"))]
    assert any("simulée" in (text or "") for text in texts)
    assert "Moyenne nationale : 75,1 %" in texts


def test_the_classes_of_the_map_cover_every_value() -> None:
    scale = Scale.of({"01": 70.04, "02": 99.96, "03": None})
    assert scale.bounds[0] <= 70.04
    assert scale.bounds[-1] >= 99.96
    assert scale.shade(70.04) == SHADES[0]
    assert scale.shade(99.96) == SHADES[-1]
    with pytest.raises(ValueError, match="Aucune valeur"):
        Scale.of({"03": None})


@pytest.mark.browser
def test_fg_08_a_picture_opened_alone_under_the_site_policy_is_drawn_as_meant(browser_page: Page, picture: bytes) -> None:
    """No style is refused (the fixture fails on a console error) and lines keep their looks."""
    headers = {"Content-Security-Policy": content_policy(), "Content-Type": "image/svg+xml"}
    browser_page.route("**/figure.svg", lambda route: route.fulfill(body=picture, headers=headers))
    browser_page.goto("http://figures.test/figure.svg")
    fills = browser_page.evaluate("new Set([...document.querySelectorAll('path')].map(p => getComputedStyle(p).fill)).size")
    assert fills > 1
    assert browser_page.evaluate("document.documentElement.getBBox().width") > 100

"""The harness itself: a test that should fail does."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.template import Context, Origin, Template
from playwright.sync_api import Page

from allant.site.home import CLONE


def ours(source: str) -> Template:
    """A template that says it lives in the product."""
    return Template(source, origin=Origin(str(CLONE / "allant" / "pages" / "page.html"), "page.html"))


def test_a_variable_nobody_gave_fails_the_test() -> None:
    with pytest.raises(pytest.fail.Exception, match=r"« person\.name » dans allant/pages/page\.html"):
        ours("<p>{{ person.name }}</p>").render(Context({}))


def test_the_templates_of_libraries_keep_their_defaults() -> None:
    assert Template("{{ title|default:'Titre' }}", origin=Origin("/lib/page.html", "page.html")).render(Context({})) == "Titre"


def test_a_variable_that_was_given_does_not() -> None:
    assert ours("{{ name }}{% if absent %}!{% endif %}").render(Context({"name": "Zoé"})) == "Zoé"


@pytest.mark.browser
def test_the_accessibility_check_sees_a_fault(browser_page: Page, axe: Callable[[Page], None], tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text('<!doctype html><html lang="fr"><title>t</title><main><h1>t</h1><img src="data:,"></main></html>')
    browser_page.goto(page.as_uri())
    with pytest.raises(AssertionError, match="image-alt"):
        axe(browser_page)


@pytest.mark.browser
def test_the_accessibility_check_sees_a_page_too_wide_for_a_phone(
    browser_page: Page, axe: Callable[[Page], None], tmp_path: Path
) -> None:
    page = tmp_path / "page.html"
    page.write_text('<!doctype html><html lang="fr"><title>t</title><main style="width:900px"><h1>t</h1></main></html>')
    browser_page.goto(page.as_uri())
    with pytest.raises(AssertionError, match="déborde"):
        axe(browser_page)

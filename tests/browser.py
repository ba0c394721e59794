"""A real browser on a real server, and the accessibility check."""

import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"]
NAMES = ("chromium", "chromium-browser", "google-chrome")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for the session. Missing: the test fails and says how to get it."""
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        pytest.fail("Chromium est introuvable : apt-get install chromium (voir bin/allant doctor).", pytrace=False)
    # Playwright keeps an event loop in this thread; Django would refuse the database there.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def browser_page(browser: Browser) -> Iterator[Page]:
    """A fresh page, French, 1280 × 800. A script error or a refused resource on it fails the test."""
    context = browser.new_context(locale="fr-FR", timezone_id="Europe/Paris", viewport={"width": 1280, "height": 800})
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    yield page
    context.close()
    # A page that answers 403 or 404 on purpose is reported by the browser too: those are the test's own business.
    assert [text for text in wrong if "status of 4" not in text] == []


@pytest.fixture
def axe(pytestconfig: pytest.Config) -> Callable[[Page], None]:
    """Check a page: no accessibility violation at 320 px wide (`--long`: and at 1280), and no sideways scrolling at 320."""
    widths = (320,) if "not long" in pytestconfig.option.markexpr else (1280, 320)

    def check(page: Page) -> None:
        for width in widths:
            page.set_viewport_size({"width": width, "height": 800})
            found = Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}})
            assert found.violations_count == 0, f"{width} px\n{found.generate_report()}"
        overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow <= 0, f"La page déborde de {overflow} px à 320 px de large"

    return check

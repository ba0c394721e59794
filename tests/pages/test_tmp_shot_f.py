import pytest
from django.core.cache import cache
from tests.pages import small_country
from tests.pages.test_journeys import sign_in

@pytest.mark.browser
@pytest.mark.timeout(500)
@pytest.mark.django_db(transaction=True)
def test_shot(browser_page, live_server, settings, sign_in_services):
    settings.ALLANT_TODAY = small_country.TODAY
    cache.clear(); small_country.settle()
    page, site = browser_page, live_server.url
    sign_in(page, site, "agency", "Camille Roussel")
    page.goto(f"{site}/campagnes/essai/")
    page.get_by_role("button", name="Modifier la cible").press("Enter")
    page.wait_for_url("**/atelier/**")
    draft = page.url
    page.goto(f"{draft}critere/?nature=epci&place=")
    page.fill("input[name=values] >> nth=0", "Rennes Métropole")
    page.screenshot(path="/tmp/i-f/epci.png", full_page=True)
    page.keyboard.press("Enter")
    page.wait_for_selector("#phrase")
    page.screenshot(path="/tmp/i-f/draft.png", full_page=True)

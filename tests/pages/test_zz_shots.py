import pytest
from django.test import Client
from tests.accounts.sessions import account_with, enter
from tests.pages import small_country
from tests.outreach.people import message, person
from allant.accounts.roles import Role
from allant.outreach import holds
from allant.outreach.models import Message
from datetime import datetime, UTC
@pytest.mark.django_db(transaction=True)
def test_shots(browser_page, live_server, settings):
    settings.ALLANT_TODAY = small_country.TODAY
    small_country.settle()
    Message.objects.filter(pk__in=list(Message.objects.values_list("pk", flat=True)[:7])).update(held_reason="hors des heures de contact du territoire", next_at=datetime(2021,2,22,8,tzinfo=UTC))
    holds.place_hold(channel="sms", template="", reason="lien faux dans le texte", at=datetime(2021,2,21,8,tzinfo=UTC), by="Camille Roussel")
    v = Client(); enter(v, account_with(Role.CAMPAIGN_MANAGER))
    browser_page.context.add_cookies([{"name": "sessionid", "value": v.cookies["sessionid"].value, "url": live_server.url}])
    for n, a in (("envois","envois/"),("modele","modeles/covid-invitation/sms/"),("ecrire","modeles/covid-invitation/sms/fr/"),("revenus","courriers/revenus/")):
        browser_page.goto(f"{live_server.url}/contacts/{a}")
        browser_page.screenshot(path=f"/tmp/i-H/{n}.png", full_page=True)

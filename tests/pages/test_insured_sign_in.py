"""From a sign-in by FranceConnect to the person's record (VC-62), over HTTP against the simulator's process."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import yaml
from django.test import Client
from pytest_django import Settings

from allant.accounts.models import AccessLogEntry, User
from allant.country.insured_accounts import FILE, write_insured_accounts
from allant.immunizations.actions import record_doses_in_bulk
from allant.pages.insured.identity import PIVOT_KEY
from allant.people.models import Matricule, Person
from allant.simulators.accounts import load_accounts
from allant.site import providers
from tests.immunizations.builders import rows
from tests.pages.test_sign_in import go_through
from tests.people.builders import person
from tests.simulators.processes import simulator

pytestmark = pytest.mark.django_db


def in_register(number: str, **values: object) -> Person:
    found = person(**values)
    Matricule.objects.create(person=found, value=number, kind="NIR", starts_on=date(2000, 1, 1))
    return found


@pytest.fixture
def country() -> dict[str, Person]:
    """One person at each stage, as the demonstration's country has them."""
    born = {"birth_date": date(1940, 3, 12), "sex": "F"}
    found = {
        "aucune": in_register("2400335238001", family_name="Le Gall", given_names="Suzanne", **born),
        "une": in_register("2400399350002", family_name="Martin", given_names="Odette Jeanne", **born),
    }
    one = rows(f"k {found['une'].pk} 2021-03-01 comirnaty 1 primary 2")
    record_doses_in_bulk(one, source="csv", by="test", batch_key="b", today=date(2021, 6, 1))
    return found


@pytest.fixture
def france_connect(country: dict[str, Person], settings: Settings, tmp_path: Path) -> Iterator[None]:
    """The simulator with the accounts that the demonstration writes."""
    with simulator("france_connect", "--accounts", str(write_insured_accounts(tmp_path))) as address:
        settings.SOCIALACCOUNT_PROVIDERS = providers.social_apps({"ALLANT_FRANCE_CONNECT_URL": address})
        yield


@pytest.mark.usefixtures("france_connect")
def test_vc62_a_person_of_the_country_finds_their_record_at_the_first_sign_in(client: Client, country: dict[str, Person]) -> None:
    """VC-62: the pivot, signed, names one person; nothing of it is kept. A name of two words, a birth abroad."""
    for label, who in (("Assurée née en 1940, aucune dose", "aucune"), ("Assurée née en 1940, une dose sur deux", "une")):
        visitor = Client()
        assert go_through(visitor, "france-connect", label)["Location"] == "/espace/"
        assert visitor.get("/espace/")["Location"] == "/assure/"
        assert visitor.get("/assure/").status_code == 200
        assert PIVOT_KEY not in visitor.session
        assert User.objects.get(person=country[who]).socialaccount_set.get().extra_data == {}
        assert AccessLogEntry.objects.about(country[who].pk).filter(action="write").count() == 1
    assert Person.objects.count() == 2, "no one is added to the register, so no figure moves"


@pytest.mark.usefixtures("france_connect")
def test_vc62_an_unknown_identity_has_an_account_and_no_record(client: Client) -> None:
    """VC-62."""
    go_through(client, "france-connect", "Identité absente du registre (accès sans dossier)")
    assert client.get("/assure/")["Location"] == "/assure/identite/"
    assert User.objects.get().person is None and PIVOT_KEY in client.session


@pytest.mark.usefixtures("france_connect")
def test_vc62_a_tie_proved_before_stays(client: Client, country: dict[str, Person]) -> None:
    """VC-62: the second sign-in under the other name needs no second proof again."""
    label = next(account.label for account in load_accounts(_accounts()).accounts if "seconde preuve" in account.label)
    go_through(client, "france-connect", label)
    assert client.get("/assure/")["Location"] == "/assure/identite/"
    number = label.partition("numéro ")[2].rstrip(")")
    assert client.post("/assure/identite/", {"number": number})["Location"] == "/assure/"
    again = Client()
    go_through(again, "france-connect", label)
    assert again.get("/assure/").status_code == 200


def _accounts() -> Path:
    from django.conf import settings

    return write_insured_accounts(Path(settings.ALLANT_HOME))


def test_the_file_is_the_same_each_time_and_nobody_in_an_empty_country(country: dict[str, Person], tmp_path: Path) -> None:
    path = write_insured_accounts(tmp_path)
    before = path.read_text()
    assert path.name == FILE and write_insured_accounts(tmp_path).read_text() == before
    Matricule.objects.all().delete()
    content = yaml.safe_load(write_insured_accounts(tmp_path).read_text())
    assert [account["label"] for account in content["accounts"]] == ["Identité absente du registre (accès sans dossier)"]

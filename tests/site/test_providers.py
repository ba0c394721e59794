"""Which identity providers an installation trusts."""

from __future__ import annotations

import pytest

from allant.site import home, providers
from allant.site.home import BadSetting

PUBLIC = {"ALLANT_ORIGIN": "https://allant.example"}


def apps(environ: dict[str, str]) -> list[str]:
    """The doors, in order."""
    return [app["provider_id"] for app in providers.social_apps(environ)["openid_connect"]["APPS"]]


@pytest.mark.parametrize("environ", [{}, {"ALLANT_ORIGIN": "http://127.0.0.1:8000"}, {"ALLANT_ORIGIN": "http://[::1]:8000"}])
def test_on_this_machine_the_simulators_stand_for_what_is_not_configured(environ: dict[str, str]) -> None:
    assert apps(environ) == [provider.id for provider in providers.PROVIDERS]
    assert all(address.startswith("http://127.0.0.1:") for address in providers.origins(environ))


def test_in_public_nothing_is_trusted_but_what_was_configured() -> None:
    assert apps(PUBLIC) == [] and providers.origins(PUBLIC) == []
    configured = PUBLIC | {"ALLANT_PRO_SANTE_CONNECT_URL": "https://psc.example/realm"}
    assert apps(configured) == ["pro-sante-connect"]
    assert providers.origins(configured) == ["https://psc.example"]


def test_in_public_a_provider_without_tls_is_refused() -> None:
    with pytest.raises(BadSetting, match=r"ALLANT_AGENCY_URL vaut « http://127.0.0.1:9401 ».*https"):
        providers.social_apps(PUBLIC | {"ALLANT_AGENCY_URL": "http://127.0.0.1:9401"})


@pytest.mark.parametrize(
    "origin", ["allant.example", "https://", "https://allant.example/service", "ftp://allant.example", "https://a@allant.example"]
)
def test_an_address_that_is_no_origin_is_refused(origin: str) -> None:
    with pytest.raises(BadSetting, match=r"https://allant\.exemple\.fr"):
        home.origin({"ALLANT_ORIGIN": origin})


def test_no_origin_is_this_machine() -> None:
    assert home.origin({}) is None and not home.is_public({})
    assert home.is_public(PUBLIC) and not home.is_public({"ALLANT_ORIGIN": "http://localhost:8000/"})

"""Sign-in services as real processes, known to the site."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from pytest_django import Settings

from allant.site import providers
from tests.simulators.processes import simulator

MODULES = {
    "agency": "agency",
    "pro-sante-connect": "pro_sante_connect",
    "partner": "partners",
    "france-connect": "france_connect",
}


@pytest.fixture(scope="session")
def simulator_addresses() -> Iterator[dict[str, str]]:
    """The four simulators, running; environment variables that point at them."""
    with ExitStack() as stack:
        yield {
            f"{providers.BY_ID[provider].variable}_URL": stack.enter_context(simulator(module))
            for provider, module in MODULES.items()
        }


@pytest.fixture
def sign_in_services(settings: Settings, simulator_addresses: dict[str, str]) -> None:
    """The site sends its visitors to the running simulators."""
    settings.SOCIALACCOUNT_PROVIDERS = providers.social_apps(simulator_addresses)
    settings.SIGN_IN_ORIGINS = providers.origins(simulator_addresses)

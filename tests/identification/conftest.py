"""SNGI, SANDIA, the other bodies and the antivirus as the processes they are; people and their files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count

import pytest
import requests

from allant.identification.models import IdentityFile
from allant.outreach.actions import load_templates
from tests.identification.unit import Unit
from tests.simulators.processes import simulator

NAMES = ("sngi", "sandia", "social_bodies", "antivirus")
_letters = count(1)


@pytest.fixture(scope="session")
def addresses() -> Iterator[dict[str, str]]:
    """Where each simulator listens."""
    with ExitStack() as stack:
        yield {name: stack.enter_context(simulator(name)) for name in NAMES}


@pytest.fixture
def services(addresses, settings) -> dict[str, str]:
    """The product knows the simulators; they behave."""
    settings.ALLANT_SNGI_URL, settings.ALLANT_SANDIA_URL = addresses["sngi"], addresses["sandia"]
    settings.ALLANT_BODIES_URL, settings.ALLANT_SCANNER_URL = addresses["social_bodies"], addresses["antivirus"]
    tell(addresses["sngi"], fail=0, lose=0, delay=0)
    tell(addresses["sandia"], fail=0, twice=False, reversed=False)
    return addresses


@pytest.fixture
def unit(db, services) -> Unit:
    """The identity unit at work, on a day that it moves; messages have their texts."""
    load_templates(by="test")
    return Unit(services, next(_letters))


def tell(address: str, **told) -> None:
    """Tell a simulator how to behave."""
    requests.post(f"{address}/control", json=told, timeout=10).raise_for_status()


def file_again(file: IdentityFile) -> IdentityFile:
    """The file as it stands."""
    return IdentityFile.objects.with_case().get(pk=file.pk)

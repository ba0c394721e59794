"""A cause of messages for tests, and the simulated SMS centre, one a module."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict

import pytest

from allant.outreach import causes
from allant.simulators.sms_centre import Behaviour
from tests.outreach import centre as centres


def variables_of_tests(ids: Sequence[int]) -> dict[int, dict[str, str]]:
    """`name`, whatever the cause."""
    return {pk: {"name": "Jeanne"} for pk in ids}


causes.register("test", variables_of_tests, campaign="SELECT {cause_id} / 1000 + 1")


@pytest.fixture(scope="module")
def centre_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[centres.Centre]:
    with centres.running(tmp_path_factory.mktemp("centre")) as running:
        yield running


@pytest.fixture
def centre(centre_process: centres.Centre) -> Iterator[centres.Centre]:
    """The centre without a fault, its journal empty."""
    centre_process.order(forget=True, set=asdict(Behaviour()))
    centre_process.clear()
    yield centre_process
    for sender in centres.SENDERS:
        if sender.session:
            sender.session.close()
    centres.SENDERS.clear()
    centre_process.order(drop=True)

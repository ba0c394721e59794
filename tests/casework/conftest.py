"""The toys, their book and somebody to have a case."""

from datetime import UTC, datetime

import pytest

from tests.casework import toys
from tests.people.builders import person

AT = datetime(2021, 1, 1, 8, tzinfo=UTC)


@pytest.fixture
def toy_rules(tmp_path):
    """The doctrine of the toys."""
    return toys.rules_in(tmp_path)


@pytest.fixture
def toy_processes():
    """The toys known to the engine, alone."""
    with toys.registered(*toys.TOYS):
        yield


@pytest.fixture
def somebody(db):
    """A person."""
    return person()

"""Small countries, made once for all tests of this room."""

import pytest

from allant.country.population import Country, make_country, read
from tests.country.population.countries import SEED, THREE_PARTS, Query, asking, silent


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Country:
    """2 000 people."""
    directory = tmp_path_factory.mktemp("country-2000")
    make_country(directory, 2_000, SEED, silent)
    return read(directory)


@pytest.fixture(scope="session")
def thousandth(tmp_path_factory: pytest.TempPathFactory) -> Country:
    """67 677 people."""
    directory = tmp_path_factory.mktemp("country-67677")
    make_country(directory, 67_677, SEED, silent)
    return read(directory)


@pytest.fixture(scope="session")
def large(tmp_path_factory: pytest.TempPathFactory) -> Country:
    """1 100 000 people: three parts, made by one process without interruption."""
    directory = tmp_path_factory.mktemp("country-large")
    make_country(directory, THREE_PARTS, SEED, silent, jobs=1)
    return read(directory)


@pytest.fixture
def ask_thousandth(thousandth: Country) -> Query:
    """SQL over the tables of the 67 677 people."""
    return asking(thousandth)


@pytest.fixture
def ask_large(large: Country) -> Query:
    """SQL over the tables of the 1 100 000 people."""
    return asking(large)

"""A world per module: temporary PostgreSQL tables and Parquet folders for small populations."""

from collections.abc import Iterator
from typing import Any

import pytest

from .world import World


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with django_db_blocker.unblock():
        world = World(tmp_path_factory.mktemp("world"))
        yield world
        world.close()

"""Clusters made for one test, in a short folder that any user may enter, and stopped after it."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from allant.site.postgres import Cluster

SMALL = {"shared_buffers": "16MB", "max_wal_size": "64MB"}
MakeCluster = Callable[..., Cluster]


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A short folder that any user may walk through (pytest's own are closed to others, and long)."""
    folder = Path(tempfile.mkdtemp(prefix="allant-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def make_cluster(open_folder: Path) -> Iterator[MakeCluster]:
    """A function that describes a cluster; whatever it started is stopped at the end."""
    made: list[Cluster] = []

    def make(data: Path | None = None, **changes: object) -> Cluster:
        made.append(replace(Cluster(data or open_folder / "data", options=SMALL), **changes))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for cluster in made:
        if (cluster.data / "postmaster.pid").exists():
            cluster.stop()

"""Running `allant` as a user does: a process of its own, in a data folder of its own."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from allant.site.home import CLONE
from allant.site.postgres import Cluster
from tests import template_database

COMMAND = [sys.executable, "-P", "-m", "allant.cli"]


class Installation:
    """One data folder and the environment that points to it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        kept = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "DJANGO_SETTINGS_MODULE"}}
        self.environ = kept | {"ALLANT_HOME": str(folder), "PYTHONPATH": str(CLONE), "COLUMNS": "200", "NO_COLOR": "1"}

    def run(self, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
        """Run one command to its end."""
        return subprocess.run(
            [*COMMAND, *words], env=self.environ | environ, capture_output=True, text=True, check=False, timeout=250, cwd="/"
        )

    @contextmanager
    def running(self, *words: str) -> Iterator[subprocess.Popen[str]]:
        """A command that goes on until it is stopped."""
        with subprocess.Popen([*COMMAND, *words], env=self.environ, stdout=subprocess.PIPE, text=True, cwd="/") as process:
            try:
                yield process
            finally:
                process.terminate()

    @property
    def cluster(self) -> Cluster:
        return Cluster(self.folder / "postgres")


@pytest.fixture(scope="module")
def used_installation(installation: Installation) -> Installation:
    """An installation whose database is up to date."""
    template_database.copy_into(installation.cluster)
    return installation


@pytest.fixture(scope="module")
def installation() -> Iterator[Installation]:
    """An installation that nobody used yet; its server is stopped at the end."""
    with tempfile.TemporaryDirectory(prefix="allant-", ignore_cleanup_errors=True) as folder:
        made = Installation(Path(folder))
        yield made
        if (made.cluster.data / "postmaster.pid").exists():
            made.cluster.stop()

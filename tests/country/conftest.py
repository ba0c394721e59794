"""A data folder of its own for each demonstration run by a test, with its own embedded server."""

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from allant.site.database import embedded
from tests import template_database


@dataclass(frozen=True)
class Home:
    """A folder where the demo runs as a process, as a user would run it."""

    path: Path

    def start(self, *words: str) -> subprocess.Popen[str]:
        environ = {name: value for name, value in os.environ.items() if name not in ("DJANGO_SETTINGS_MODULE", "DATABASE_URL")}
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "allant.cli", *words],
            env=environ | {"ALLANT_HOME": str(self.path)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            start_new_session=True,
        )

    def run(self, *words: str) -> str:
        process = self.start(*words)
        out, err = process.communicate(timeout=300)
        assert process.returncode == 0, err[-3000:]
        return out

    def kill_server(self) -> None:
        """kill -9 of PostgreSQL itself, children left to die on their own."""
        pid = int((self.path / "postgres" / "postmaster.pid").read_text().splitlines()[0])
        os.kill(pid, signal.SIGKILL)

    def query(self, sql: str) -> list[tuple]:
        import psycopg

        with psycopg.connect(embedded(self.path).dsn("allant")) as connection:
            return connection.execute(sql).fetchall()

    def content(self) -> dict[str, list[tuple]]:
        """Everything the replay wrote, without what depends on the moment (ids, instants, names of files)."""
        return {
            "doses": self.query(
                "SELECT person_id, occurred_on, vaccine, dose_number, series, series_doses, lot, forced_rules::text"
                " FROM immunizations_dose WHERE ended_at IS NULL ORDER BY 1, 4"
            ),
            "invitations": self.query(
                "SELECT i.person_id, c.slug, w.number, i.channel, i.invited_on FROM campaigns_invitation i"
                " JOIN campaigns_campaign c ON c.id = i.campaign_id JOIN campaigns_wave w ON w.id = i.wave_id ORDER BY 1, 2"
            ),
            "messages": self.query("SELECT person_id, channel, template, status FROM outreach_message ORDER BY 1, 2, 3, 4"),
        }


@pytest.fixture(scope="module")
def home_factory(tmp_path_factory: pytest.TempPathFactory):
    homes: list[Home] = []

    def make() -> Home:
        homes.append(Home(tmp_path_factory.mktemp("home")))
        template_database.copy_into(embedded(homes[-1].path))
        return homes[-1]

    yield make
    for home in homes:
        embedded(home.path).stop()

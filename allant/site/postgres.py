"""The embedded PostgreSQL server: made, started, found again and stopped without any administration.

It listens on a unix socket only, in a folder that its owner alone may open, and outlives the command that started it.
"""

import fcntl
import hashlib
import os
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import conninfo, sql

from allant.site import postgres_binaries
from allant.site.postgres_binaries import Programs, ServerRefused

ROLE = "allant"
PORT = 5432  # names the socket file; no TCP port is opened
SOCKET_PATH_LIMIT = 100  # the kernel allows 107 bytes
START_DELAYS = (0.0, 0.2, 0.5, 1.0, 2.0, 4.0, 8.0, 8.0)  # seconds: orphans of a killed server take a moment to leave
START_PATIENCE = 120  # seconds: replaying the journal after a crash

# Two cores and a few GiB; errors are logged without statements, parameters or row contents: they hold personal data.
TUNING = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "512MB",
    "work_mem": "32MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "4GB",
    "synchronous_commit": "on",
    "jit": "off",
    "random_page_cost": "1.1",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}


@dataclass(frozen=True)
class Cluster:
    """One PostgreSQL data folder and its server."""

    data: Path
    options: dict[str, str] = field(default_factory=dict)
    programs: Programs | None = None

    def dsn(self, database: str) -> str:
        """The address of `database` in this cluster, whether or not the server runs."""
        return conninfo.make_conninfo(host=str(self.socket_folder), port=PORT, user=ROLE, dbname=database)

    @property
    def socket_folder(self) -> Path:
        """Beside the data, or in a short runtime folder when that path is too long for a socket."""
        beside = self.data.parent / f"{self.data.name}.run"
        if len(os.fsencode(beside / f".s.PGSQL.{PORT}.lock")) <= SOCKET_PATH_LIMIT and "," not in str(beside):
            return beside
        mark = hashlib.sha256(os.fsencode(self.data)).hexdigest()[:12]
        return Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()) / f"allant-{mark}"

    @property
    def journal(self) -> Path:
        """The server's own log."""
        return self.data / "server.log"

    def answers(self) -> bool:
        """Whether the server accepts connections now."""
        try:
            psycopg.connect(self.dsn("postgres"), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def start(self) -> None:
        """Make the data folder when there is none, and start the server when none runs. Safe to call at any time.

        Raises ServerMissing or ServerRefused.
        """
        if self.answers():
            return
        with self._alone():
            if not self.answers():
                if not (self.data / "PG_VERSION").exists():
                    self._create()
                self._start_with_patience()

    def stop(self) -> bool:
        """Stop the server after its current transactions are rolled back; False when none ran."""
        with self._alone():
            if not (self.data / "postmaster.pid").exists():
                return False
            done = self._run("pg_ctl", "stop", "-D", str(self.data), "-m", "fast", "-w", "-t", "60")
            return done.returncode == 0

    def ensure_database(self, name: str) -> str:
        """Create database `name` when it is missing; its address."""
        with psycopg.connect(self.dsn("postgres"), autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                with suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
                    connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self.dsn(name)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One starter at a time; the lock goes with the process, however it dies."""
        try:
            self.data.parent.mkdir(parents=True, exist_ok=True)
            handle = (self.data.parent / f"{self.data.name}.lock").open("w")
        except OSError as error:
            raise ServerRefused(
                f"Impossible d'écrire dans {self.data.parent} ({error.strerror}). Choisissez un autre dossier par ALLANT_HOME."
            ) from error
        with handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    def _create(self) -> None:
        """Write a new data folder beside its place, then rename it: a killed creation leaves nothing half made."""
        owner = self.data.stat().st_uid if self.data.exists() else postgres_binaries.new_owner()
        fresh = self.data.with_name(f"{self.data.name}.new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        self._give(fresh, owner)
        done = self._run(
            "initdb", "-D", str(fresh), "-U", ROLE, "--encoding=UTF8", "--locale=C.UTF-8",
            "--auth-local=trust", "--auth-host=reject", "--no-instructions", owner=owner,
        )  # fmt: skip
        if done.returncode:
            raise ServerRefused(f"PostgreSQL n'a pas pu créer {self.data} :\n{done.stderr.strip()}\n{_hint(owner)}")
        with (fresh / "postgresql.conf").open("a", encoding="utf-8") as configuration:
            configuration.writelines(f"{name} = '{value}'\n" for name, value in self._configuration().items())
        if self.data.exists():
            self.data.rmdir()
        fresh.rename(self.data)

    def _configuration(self) -> dict[str, str]:
        shared = Path("/dev/shm")
        small = shared.is_dir() and shutil.disk_usage(shared).total < 512 * 2**20  # containers often give 64 MiB
        return TUNING | ({"dynamic_shared_memory_type": "mmap"} if small else {}) | self.options

    def _start_with_patience(self) -> None:
        self._own_socket_folder()
        place = f"-c unix_socket_directories={shlex.quote(str(self.socket_folder))} -p {PORT}"
        command = ["start", "-D", str(self.data), "-l", str(self.journal), "-w", "-t", str(START_PATIENCE), "-o", place]
        for delay in START_DELAYS:
            time.sleep(delay)
            self._clear_stale_locks()
            self._stop_unreachable()
            if self._run("pg_ctl", *command).returncode == 0 or self.answers():
                return
        raise ServerRefused(f"PostgreSQL ne démarre pas dans {self.data}.\n{self._last_words()}\n{_hint(self._owner())}")

    def _own_socket_folder(self) -> None:
        folder, owner = self.socket_folder, self._owner()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if folder.is_symlink() or folder.stat().st_uid not in {owner, os.geteuid()}:
            raise ServerRefused(f"{folder} appartient à un autre utilisateur. Supprimez-le, ou changez TMPDIR.")
        folder.chmod(0o700)
        self._give(folder, owner)

    def _clear_stale_locks(self) -> None:
        """Remove the lock files of a killed server whose process number now belongs to another program.

        PostgreSQL would take that program for itself and refuse for ever. Nothing is removed while any process still works
        in the data folder: server processes all have it as working directory.
        """
        if not Path("/proc/self/cwd").exists() or _works_in(self.data):
            return
        for lock in (self.data / "postmaster.pid", self.socket_folder / f".s.PGSQL.{PORT}.lock"):
            lock.unlink(missing_ok=True)

    def _stop_unreachable(self) -> None:
        """Stop a server that runs here without its socket: one whose folder was deleted under it took the new one's away."""
        socket = self.socket_folder / f".s.PGSQL.{PORT}"
        if (self.data / "postmaster.pid").exists() and not socket.exists() and _works_in(self.data):
            self._run("pg_ctl", "stop", "-D", str(self.data), "-m", "fast", "-w", "-t", str(START_PATIENCE))

    def _owner(self) -> int:
        return self.data.stat().st_uid

    def _give(self, folder: Path, owner: int) -> None:
        if os.geteuid() == 0:
            os.chown(folder, owner, owner)

    def _run(self, program: str, *arguments: str, owner: int | None = None) -> subprocess.CompletedProcess[str]:
        prefix = postgres_binaries.launcher(self._owner() if owner is None else owner)
        # Output goes to a file: the server would inherit a pipe and keep it open.
        with tempfile.TemporaryFile("w+") as output:
            done = subprocess.run(
                [*prefix, self._programs()[program], *arguments],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=False, cwd="/", env=_environment(),
            )  # fmt: skip
            output.seek(0)
            return subprocess.CompletedProcess(done.args, done.returncode, "", output.read())

    def _programs(self) -> Programs:
        if self.programs:
            return self.programs
        version = self.data / "PG_VERSION"
        return postgres_binaries.find(int(version.read_text()) if version.exists() else None)

    def _last_words(self) -> str:
        with suppress(OSError):
            return "\n".join(self.journal.read_text(errors="replace").splitlines()[-8:])
        return ""


def _environment() -> dict[str, str]:
    """Without the PG… variables of the user, which would change what the programs do; C.UTF-8 for stable messages."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return kept | {"LC_ALL": "C.UTF-8"}


def _works_in(folder: Path) -> bool:
    wanted = os.path.realpath(folder)
    for link in Path("/proc").glob("[0-9]*/cwd"):
        with suppress(OSError):
            if os.path.realpath(os.readlink(link)) == wanted:
                return True
    return False


def _hint(owner: int) -> str:
    if os.geteuid() == 0 and owner != 0:
        return (
            "Ce système refuse les espaces de noms : le serveur tourne sous un autre utilisateur, qui doit pouvoir lire le "
            "dossier du projet et ALLANT_HOME. Placez-les hors de /root, ou donnez un serveur par DATABASE_URL."
        )
    return "Consultez bin/allant doctor, ou donnez l'adresse d'un autre serveur dans DATABASE_URL."


def ensure_running(data: Path, database: str = "allant") -> str:
    """Start the cluster in folder `data` when needed, create `database` when missing; the database's address."""
    cluster = Cluster(data)
    cluster.start()
    return cluster.ensure_database(database)

"""kill -9 of a process group at a drawn instant between the first and the last write of its work, then the same work again.

    WORK = '''
    from allant.campaigns import waves
    waves.launch_wave(…)
    '''

    @pytest.mark.django_db(transaction=True)
    def test_tg_09_killed_anywhere_the_same_rows_come_out():
        the_state_before_the_work()
        killing.trials(WORK, seeds=range(3), content=rows_that_must_be_equal, clean=back_to_the_state_before)

`trials` runs the work once to its end and keeps what `content` then gives: sorted rows by name, without what depends on the
moment (ids from a sequence, instants). Then, a trial a seed: `clean`, start the work in a process group of its own, kill the
group, note how many rows are there, run the work again to its end, and compare. It fails when a content differs, or when less
than half of the kills interrupted anything (rows there, and not all of them); the failure shows the log of every kill, and so
does `pytest -s`.

The instant is uniform over the uninterrupted run (in time for an even seed, over its writes for an odd one: a slow reading would
else draw most of the kills), but is waited for as "so many writes, then so many milliseconds or the next write": a loaded machine
moves it with the work. A write is a statement through Django's connections that inserts, updates or deletes; work that writes
elsewhere (a socket, a COPY, a file) says so by `from tests.killing import tell` and `tell()`; it prints nothing. The work finds
Django ready on this test's database and data folder, as in `tests.another_process`. Processes that it starts die with it; those
of the test (a simulator) do not.

Quick work makes quick tests: ANALYZE what the state before loads, or the planner knows nothing of it.
"""

import ast
import os
import random
import re
import select
import signal
import subprocess
import sys
import tempfile
import time
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO, Any

from django.db import connection

from tests import another_process

Content = dict[str, list[Any]]
PATIENCE = 120  # seconds for one run of the work, and for the sessions of a killed one to leave
_WRITE = re.compile(r"\s*(?:INSERT|UPDATE|DELETE|MERGE|WITH\b.*\b(?:INSERT INTO|UPDATE|DELETE FROM))\b", re.I | re.DOTALL)
# Forks a process in a group of its own for each line it reads, and says "end" when that process is dead. Modules are imported
# and the doctrine is read once: a run then begins at once.
_FORKING = """
import os, sys, traceback
from tests.killing import told_by_every_connection
told_by_every_connection()
{imports}
from allant.doctrine import rules
rules.check()
for line in sys.stdin:
    if not (pid := os.fork()):
        os.setsid()
        os.environ["PGAPPNAME"] = line.strip()
        print("pid", os.getpid(), flush=True)
        try:
            exec(compile({work!r}, "work", "exec"), {{"__name__": "__main__"}})
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    print("end", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""


@dataclass(frozen=True)
class Kill:
    """One kill: after which write of how many, how long after it (seconds); rows there at the kill, rows at the end."""

    seed: int
    write: int
    writes: int
    delay: float
    present: int
    whole: int

    @property
    def interrupted(self) -> bool:
        """Some of the rows were there, not all."""
        return 0 < self.present < self.whole

    def __str__(self) -> str:
        end = "interrupted" if self.interrupted else "before any row" if not self.present else "after the last row"
        place = f"write {self.write} of {self.writes} + {self.delay * 1000:.1f} ms"
        return f"seed {self.seed}: killed at {place}, {self.present} rows of {self.whole}: {end}"


@dataclass(frozen=True)
class Instant:
    """When to kill: `delay` seconds after the write of this number (1, 2…), or at the next write if it comes before."""

    write: int
    delay: float


def trials(
    work: str,
    *,
    seeds: Iterable[int],
    content: Callable[[], Content],
    clean: Callable[[], None],
    strike: Callable[[], None] | None = None,
) -> list[Kill]:
    """Kill the work once a seed, and compare each time with an uninterrupted run; see above.

    `strike` is done at the instant instead of the kill (kill PostgreSQL, and start it again); the work may fail of it.
    """
    with running(work) as process:
        writes = process.run()
        expected = content()
        whole = rows_of(expected)
        assert len(writes) > 1 and whole, f"The work wrote {len(writes)} times and left {whole} rows: nothing to interrupt."
        kills = []
        for seed in seeds:
            clean()
            at = drawn(writes, seed)
            process.kill(at, strike)
            kills.append(Kill(seed, at.write, len(writes), at.delay, rows_of(content()), whole))
            print(kills[-1])
            process.run()
            found = content()
            differing = [name for name in expected if found.get(name) != expected[name]]
            assert not differing, f"{kills[-1]}\nAfter the second run, not as uninterrupted: {', '.join(differing)}."
    log = "\n".join(map(str, kills))
    assert 2 * sum(one.interrupted for one in kills) >= len(kills), f"Less than half of the kills interrupted work:\n{log}"
    return kills


def drawn(writes: list[float], seed: int) -> Instant:
    """The instant of this seed: even, uniform in time between the first and the last write; odd, after any write alike."""
    draw = random.Random(seed)
    if seed % 2:
        number = draw.randrange(1, len(writes))
        return Instant(number, draw.random() * (writes[number] - writes[number - 1]))
    instant = draw.uniform(writes[0], writes[-1])
    number = min(bisect_right(writes, instant), len(writes) - 1)
    return Instant(number, instant - writes[number - 1])


def rows_of(content: Content) -> int:
    """How many rows in all."""
    return sum(map(len, content.values()))


class Work:
    """Work that may be run and killed any number of times."""

    def __init__(self, forking: subprocess.Popen[bytes], said: IO[bytes]) -> None:
        self._forking, self._said = forking, said
        self._runs = 0
        self._group: int | None = None

    def run(self) -> list[float]:
        """Run it to its end; the instants of its writes, in seconds."""
        self._begin()
        writes = list(self._writes())
        assert self._status == 0, self._errors()
        return writes

    def kill(self, at: Instant, strike: Callable[[], None] | None = None) -> None:
        """Run it and kill its process group (or `strike`) at this instant; returns when the server has ended its sessions."""
        name = self._begin()
        for number, instant in enumerate(self._writes(), start=1):
            if number == at.write:
                select.select([self._forking.stdout], [], [], max(0.0, instant + at.delay - time.monotonic()))
                (strike or self._kill)()
        assert strike or self._status in (0, -signal.SIGKILL), self._errors()
        _wait_for_sessions(name)

    def end(self) -> None:
        """Kill what runs."""
        self._kill()
        self._forking.kill()

    def _kill(self) -> None:
        if self._group:
            with suppress(ProcessLookupError):  # it came to its end just before
                os.killpg(self._group, signal.SIGKILL)

    def _begin(self) -> str:
        self._runs += 1
        name = f"killing-{self._forking.pid}-{self._runs}"
        assert self._forking.stdin
        self._forking.stdin.write(f"{name}\n".encode())
        word, pid = self._line()
        assert word == "pid", self._errors()
        self._group = int(pid)
        return name

    def _writes(self) -> Iterator[float]:
        while (line := self._line())[0] == "write":
            yield float(line[1])
        self._status, self._group = int(line[1]), None

    def _line(self) -> list[str]:
        assert self._forking.stdout
        line = self._forking.stdout.readline().decode().split()
        assert line, self._errors()
        return line

    def _errors(self) -> str:
        self._said.seek(0)
        return self._said.read().decode()[-3000:]


@contextmanager
def running(work: str) -> Iterator[Work]:
    """The work ready to run; whatever is left of it is killed at the end."""
    imports = "\n".join(ast.unparse(part) for part in ast.parse(work).body if isinstance(part, ast.Import | ast.ImportFrom))
    with tempfile.TemporaryFile() as said:
        # Without a buffer: a line that waits in one would not wake `select`.
        forking = another_process.start(
            _FORKING.format(imports=imports, work=work), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said, bufsize=0,
            text=False,
        )  # fmt: skip
        ready = Work(forking, said)
        with forking:
            try:
                yield ready
            finally:
                ready.end()


def _wait_for_sessions(name: str) -> None:
    """A server session goes on with its statement until it sees that its client is dead."""
    until = time.monotonic() + PATIENCE
    with connection.cursor() as cursor:
        while time.monotonic() < until:
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE application_name = %s", [name])
            if cursor.fetchone() == (0,):
                return
            time.sleep(0.01)
    raise TimeoutError(f"The sessions of a killed process are still there after {PATIENCE} s.")


def tell() -> None:
    """In the work: something was written just now."""
    os.write(sys.__stdout__.fileno(), f"write {time.monotonic()}\n".encode())


def told_by_every_connection() -> None:
    """In the work: every connection of Django tells its writes."""
    from django.db.backends.signals import connection_created

    def telling(execute: Callable[..., Any], statement: str, *arguments: Any) -> Any:
        done = execute(statement, *arguments)
        if _WRITE.match(str(statement)):
            tell()
        return done

    connection_created.connect(lambda connection, **_: connection.execute_wrappers.append(telling), weak=False)

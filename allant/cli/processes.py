"""Child processes that live and die with the command that started them."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import nullcontext, suppress
from pathlib import Path
from types import FrameType

LEAVE = 10  # seconds a child has to end by itself
PR_SET_PDEATHSIG = 1
LOCAL = "127.0.0.1"


class NoFreePort(RuntimeError):
    """Every port of the range is taken; the text says which."""


class Children:
    """Start processes, watch them, end them all together: at the end of the `with` block, on Ctrl-C, and on SIGTERM."""

    def __init__(self) -> None:
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> "Children":
        self._before = signal.signal(signal.SIGTERM, _as_interrupt)
        return self

    def __exit__(self, *_error: object) -> None:
        signal.signal(signal.SIGTERM, self._before)
        for process in self.running.values():
            process.terminate()
        deadline = time.monotonic() + LEAVE
        for process in self.running.values():
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            with suppress(ProcessLookupError):  # the workers of a server stopped while it started
                os.killpg(process.pid, signal.SIGKILL)

    def start(self, name: str, words: Sequence[str], environ: Mapping[str, str], journal: Path | None = None) -> None:
        """Start one child; it gets neither the terminal's Ctrl-C nor its input. What it says goes to `journal`, if any."""
        with journal.open("ab") if journal else nullcontext() as output:
            self.running[name] = subprocess.Popen(
                list(words), env=dict(environ), stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                start_new_session=True, preexec_fn=_end_with_parent,
            )  # fmt: skip

    def ended(self) -> dict[str, int]:
        """The children that ended by themselves, with their exit codes."""
        return {name: code for name, process in self.running.items() if (code := process.poll()) is not None}

    def watch(self, every: float, check: Callable[[], None]) -> dict[str, int]:
        """Call `check` every so many seconds until a child ends; which ended."""
        while not (ended := self.ended()):
            check()
            time.sleep(every)
        return ended


def free_port(first: int, last: int | None = None, besides: Collection[int] = ()) -> int:
    """The first local port that nobody listens on, from `first` up, `besides` those promised already. Raises NoFreePort."""
    last = first + 50 if last is None else last
    for port in (port for port in range(first, last + 1) if port not in besides):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOCAL, port))
            except OSError:
                continue
            return port
    raise NoFreePort(f"Aucun port libre de {first} à {last}. Fermez un programme, ou choisissez un port par --port.")


def _as_interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _end_with_parent() -> None:
    """Ask Linux to end this child when its parent is killed; other systems leave it running."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)

"""Composing papers from any thread of any process: one child holds Typst, and is renewed as it grows."""

from __future__ import annotations

import atexit
import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import Any

logger = logging.getLogger(__name__)

PACKAGE = Path(__file__).resolve().parents[1]
RENEWED_AFTER = 1_000  # documents: four lots of 250 letters, as tried; Typst never gives memory back
PATIENCE = 30  # seconds for one document, the start of the child included; the longest takes a tenth of a second
LEAVE = 2  # seconds a child has to end once its pipe is closed


class PaperFailed(RuntimeError):
    """A paper could not be composed; the message is in French and holds nothing of its contents."""


class Press:
    """One child process that composes. Safe under threads; a forked process makes its own child."""

    def __init__(self, *, renewed_after: int = RENEWED_AFTER, patience: float = PATIENCE) -> None:
        self.renewed_after, self.patience = renewed_after, patience
        self._forget()

    def compose(self, template: Path, data: Mapping[str, Any], stamp: datetime) -> bytes:
        """The PDF. Raises PaperFailed."""
        order = _order(template, data, stamp)
        with self._turn:
            answer = self._ask(order)
        if answer[:1] == b"+":
            return answer[1:]
        logger.error("paper refused by its engine", extra={"template": template.name, "reason": answer[1:].decode()})
        raise PaperFailed(f"Le document n'a pas pu être composé : son modèle « {template.name} » est à corriger. Signalez-le.")

    def close(self) -> None:
        """End the child; the next document starts another."""
        with self._turn:
            self._end()

    def _forget(self) -> None:
        """No child: at the start, and in a fork, where the child belongs to the parent and the lock may be held for ever."""
        self._inherited = getattr(self, "_child", None)  # kept from the collector, which would complain that it still runs
        self._turn = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._pipe: Connection | None = None
        self._composed = 0

    def _ask(self, order: bytes) -> bytes:
        """One document; a child found dead (killed, out of memory) is replaced once."""
        for _ in range(2):
            try:
                return self._exchange(order)
            except (EOFError, OSError):
                self._end()
        raise PaperFailed("Le document n'a pas pu être composé : le programme de mise en page s'arrête. Réessayez plus tard.")

    def _exchange(self, order: bytes) -> bytes:
        pipe = self._ready()
        pipe.send_bytes(order)
        if not pipe.poll(self.patience):
            self._end(kill=True)
            raise PaperFailed(f"Le document n'a pas pu être composé en {self.patience:g} secondes. Réessayez plus tard.")
        answer = pipe.recv_bytes()
        self._composed += 1
        return answer

    def _ready(self) -> Connection:
        if self._composed >= self.renewed_after:
            self._end()
        if self._pipe is None:
            self._pipe, theirs = Pipe()
            with theirs:
                command = [sys.executable, "-m", "allant.typesetting.engine", str(theirs.fileno())]
                self._child = subprocess.Popen(
                    command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, start_new_session=True, env=_environment()
                )
            self._composed = 0
        return self._pipe

    def _end(self, *, kill: bool = False) -> None:
        """Close the pipe, which ends the child; kill it when it does not go."""
        if self._pipe is None or self._child is None:
            return
        self._pipe.close()
        child, self._pipe, self._child = self._child, None, None
        if kill:
            child.kill()
        try:
            child.wait(LEAVE)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


_PRESS = Press()
os.register_at_fork(after_in_child=_PRESS._forget)
atexit.register(_PRESS.close)


def typeset(template: Path, data: Mapping[str, Any], *, stamp: datetime) -> bytes:
    """Compose one paper: PDF/UA-1 and PDF/A-3a. Raises PaperFailed.

    `stamp`, aware, is the date written in the file: taken from the data, so that the same paper is the same bytes later.
    """
    return _PRESS.compose(template, data, stamp)


def typeset_many(template: Path, papers: Iterable[tuple[Mapping[str, Any], datetime]]) -> Iterator[bytes]:
    """Compose many papers of one template, in order, in a process of their own: pages being served do not wait for them.

    Raises PaperFailed at the first that fails.
    """
    press = Press()
    try:
        for data, stamp in papers:
            yield press.compose(template, data, stamp)
    finally:
        press.close()


def _order(template: Path, data: Mapping[str, Any], stamp: datetime) -> bytes:
    if stamp.tzinfo is None:
        raise ValueError("A stamp without a time zone would be another instant on another machine.")
    template = template.resolve()
    root = PACKAGE if template.is_relative_to(PACKAGE) else template.parent
    text = json.dumps(data, ensure_ascii=False, sort_keys=True)
    order = {"template": str(template), "root": str(root), "data": text, "stamp": str(int(stamp.timestamp()))}
    return json.dumps(order).encode()


def _environment() -> dict[str, str]:
    """The child imports this package from where this process did."""
    known = [str(PACKAGE.parent), os.environ.get("PYTHONPATH", "")]
    return os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, known))}

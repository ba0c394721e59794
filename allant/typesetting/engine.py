"""The process that holds Typst: takes documents to compose on a pipe, answers with their bytes.

Started by `press`, never imported by it: Typst keeps all memory it ever used, so this process is ended and replaced.

Message: JSON `{template, root, data, stamp}`; answer: one byte, `+` before a PDF or `-` before what was wrong (UTF-8).
"""

from __future__ import annotations

import json
import re
import sys
from functools import cache
from importlib.util import find_spec
from multiprocessing.connection import Connection
from pathlib import Path

import typst

STANDARDS = ["ua-1", "a-3a"]
PLACE = re.compile(r"┌─ (?:\S*/)?([^\s/]+:\d+:\d+)")


def main(descriptor: int) -> None:
    """Answer until the other end closes."""
    pipe = Connection(descriptor)
    while True:
        try:
            order = json.loads(pipe.recv_bytes())
        except EOFError:
            return
        pipe.send_bytes(answer(order))


def answer(order: dict[str, str]) -> bytes:
    """The PDF, or why there is none."""
    try:
        pdf = _compiler(order["template"], order["root"]).compile(
            format="pdf", pdf_standards=STANDARDS, timestamp=int(order["stamp"]), sys_inputs={"data": order["data"]}
        )
    except typst.TypstError as error:
        return b"-" + _reason(error).encode()
    return b"+" + pdf


def _reason(error: typst.TypstError) -> str:
    """The kind of error and its place in the template; the rest of the message may quote data, so a person's name."""
    kind = re.split(r"[:\"`(]", error.message, maxsplit=1)[0].strip()
    place = PLACE.search(error.diagnostic)
    return f"{kind} ({place[1]})" if place else kind


@cache
def fonts() -> typst.Fonts:
    """Those of Typst and the DejaVu family that matplotlib ships; never those of the machine: pages are the same everywhere.

    matplotlib's folder ends with the Last Resort font, so a letter unknown to all others is a box and not a failure.
    """
    place = find_spec("matplotlib")
    assert place and place.origin
    shipped = Path(place.origin).parent / "mpl-data" / "fonts" / "ttf"
    return typst.Fonts(include_system_fonts=False, font_paths=[str(shipped)])


@cache
def _compiler(template: str, root: str) -> typst.Compiler:
    return typst.Compiler(template, root=root, font_paths=fonts(), ignore_system_fonts=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))

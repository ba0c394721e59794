"""PF-08: letters (one page, QR code, address, code of the envelope) against the PDF engine alone on the same data.

    .allant/venv/bin/python bench/pf08_letters.py [--letters 2000] [--runs 3]

Ours: from wording and variables to bytes: words filled, address code and its Data Matrix, QR code, JSON, the pipe to the child
process, the child and its start; files of 250 letters, as for a printer. Alone: Typst in one process on the data made ready, same
template, same standards (tagged: PDF/UA-1 and PDF/A-3a), same files. Neither counts the database. Medians by CPU-second (children
counted) and by second, their ratio. Aim: 0.9, and 400 letters a CPU-second.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

AT = datetime(2021, 6, 14, 9, tzinfo=UTC)
FILE = 250
READY: list[str] = []
"The data of each file, as the template reads it."


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--letters", type=int, default=2000)
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    import django

    django.setup()
    starts = range(0, arguments.letters, FILE)
    READY.extend(json.dumps(data(start, arguments.letters), ensure_ascii=False) for start in starts)
    tasks: dict[str, Callable[[int], int]] = {"engine alone": alone, "letters": ours}
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in tasks}
    for _ in range(arguments.runs):
        for name, task in tasks.items():  # in turn, so that a busy moment of the machine touches both
            taken[name].append(in_child(task, arguments.letters))
    rates = {}
    for name, runs in taken.items():
        wall, cpu = (statistics.median(column) for column in zip(*runs, strict=True))
        rates[name] = arguments.letters / cpu
        print(f"{name:14} {arguments.letters / cpu:8.0f} a CPU-second {arguments.letters / wall:8.0f} a second")
    print(f"ratio          {rates['letters'] / rates['engine alone']:8.2f}")
    print(f"largest child  {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024:8.0f} MiB")


def in_child(task: Callable[[int], int], letters: int) -> tuple[float, float]:
    """Run `task` in a fork, so that each run starts without what Typst keeps; wall and CPU seconds, children included."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    pid = os.fork()
    if pid == 0:
        os._exit(0 if task(letters) == letters else 1)
    assert os.waitpid(pid, 0)[1] == 0
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - start, cpu


def data(start: int, letters: int) -> dict[str, Any]:
    """One file of letters, from its wording."""
    from allant.doctrine import rules
    from allant.outreach.letters import composing
    from allant.outreach.models import Message, Template

    book = rules.as_known_on(AT.date())
    body = (
        "{name},\n\nLa vaccination contre la Covid-19 vous est ouverte. Elle est gratuite et n'est en aucun cas une obligation.\n"
        "Pour prendre rendez-vous, appelez gratuitement le 0800 730 956, consultez sante.fr ou parlez-en à votre médecin.\n"
        "Votre code de ciblage, à présenter au professionnel de santé : {code}\n\nL'Assurance Maladie"
    )
    template = Template(
        slug="essai", channel="letter", subject="La vaccination contre la Covid-19 vous est proposée", body=body,
        variables={"name": "name", "code": "code"},
    )  # fmt: skip
    found = [
        composing.letter(
            Message(pk=number + 1), template=template, values={"name": f"Camille Exemple {number}", "code": "ABCD EFGH JKLM"},
            address=(f"Camille EXEMPLE {number}", f"{number % 90 + 1} RUE DES LILAS", "01000 BOURG EN BRESSE"),
            page="https://allant.exemple.fr/contacts/campagne/12/", at=AT, book=book,
        )
        for number in range(start, min(start + FILE, letters))
    ]  # fmt: skip
    return composing.document(f"essai-{start}", found, window=book.value("outreach.letter_window", AT.date()))


def ours(letters: int) -> int:
    """Everything, from the wording."""
    from allant.outreach.letters import composing

    made = 0
    for start in range(0, letters, FILE):
        one = data(start, letters)
        assert composing.compose(one, at=AT).startswith(b"%PDF")
        made += len(one["letters"])
    composing._PRESS.close()  # so that the child is waited for, and counted
    return made


def alone(letters: int) -> int:
    """Typst only."""
    from allant.outreach.letters.composing import TEMPLATE
    from allant.typesetting.engine import answer
    from allant.typesetting.press import PACKAGE

    made = 0
    for ready in READY:
        order = {"template": str(TEMPLATE), "root": str(PACKAGE), "data": ready, "stamp": str(int(AT.timestamp()))}
        assert answer(order).startswith(b"+%PDF")
        made += len(json.loads(ready)["letters"])
    return made


if __name__ == "__main__":
    main()

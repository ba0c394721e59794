"""Hand-outs of the téléservice a CPU-second, beside the engine alone on the same data.

    python bench/papers.py [--papers 600] [--runs 3]

Ours: from a sheet to bytes: mark of control, QR code, JSON, the pipe to the child, the child and its start.
Alone: Typst in one process on data made ready, same template, same standards. Each paper differs (name, lot, mark).
Prints medians of papers by CPU-second (children counted) and by second, their ratio, and the memory of the child.
"""

import argparse
import json
import os
import resource
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

STAMP = datetime(2021, 2, 3, 10, tzinfo=UTC)
READY: list[str] = []  # the data of each paper, as the template reads it


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--papers", type=int, default=600)
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "allant.site.settings")
    import django

    django.setup()
    from allant.vaccination.papers.sheet import sheet_data

    READY.extend(json.dumps(sheet_data(sheet(number)), ensure_ascii=False) for number in range(arguments.papers))
    tasks: dict[str, Callable[[int], int]] = {"engine alone": alone, "papers": ours}
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in tasks}
    for _ in range(arguments.runs):
        for name, task in tasks.items():  # in turn, so that a busy moment of the machine touches both
            taken[name].append(in_child(task, arguments.papers))
    rates = {}
    for name, runs in taken.items():
        wall, cpu = (statistics.median(column) for column in zip(*runs, strict=True))
        rates[name] = arguments.papers / cpu
        print(f"{name:14} {arguments.papers / cpu:8.0f} a CPU-second {arguments.papers / wall:8.0f} a second")
    print(f"ratio          {rates['papers'] / rates['engine alone']:8.2f}")
    print(f"largest child  {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024:8.0f} MiB")


def in_child(task: Callable[[int], int], papers: int) -> tuple[float, float]:
    """Run `task` in a fork, so that each run starts without what Typst keeps; wall and CPU seconds, children included."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    pid = os.fork()
    if pid == 0:
        os._exit(0 if task(papers) == papers else 1)
    assert os.waitpid(pid, 0)[1] == 0
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - start, cpu


def sheet(number: int) -> Any:
    """A summary of a dose, as `paper_of_dose` would make it."""
    from allant.vaccination.papers.marks import Mark, PaperKind
    from allant.vaccination.papers.sheet import Notice, Sheet, Signature, Table

    def table(heading: str, *rows: tuple[str, str]) -> Table:
        return Table(heading, ("Information", "Donnée transmise"), rows, (5, 6))

    return Sheet(
        title="Synthèse de la 1re vaccination",
        subject=f"Suzanne Mercier-{number}",
        version="Version 1, transmise le 3 février 2021.",
        tables=[
            table("Patient", ("Nom", f"Mercier-{number}"), ("Prénoms", "Suzanne"), ("Date de naissance", "12/03/1940")),
            table(
                "Vaccination", ("Rang", "1re vaccination sur 2"), ("Vaccin", "Comirnaty"), ("Numéro de lot", f"EJ{number:04d}"),
                ("Site d'injection", "Bras gauche"), ("Date de l'injection", "03/02/2021"),
            ),
            table("Lieu de vaccination", ("Nature", "Centre de vaccination"), ("Nom", "La Halle"), ("Code postal", "35000")),
            table("Professionnel de santé", ("Nom", "Karim Haddad"), ("RPPS", "10001234567"), ("Profession", "Médecin")),
        ],
        notices=[Notice("Prendre rendez-vous pour la prochaine injection à partir du 3 mars 2021.")],
        signature=Signature("Signature du professionnel", "Karim Haddad", "Données transmises le 3 février 2021."),
        mark=Mark(PaperKind.DOSE, number, 1),
        stamp=STAMP,
    )  # fmt: skip


def ours(papers: int) -> int:
    """Through the press."""
    from allant.typesetting import press
    from allant.vaccination.papers.sheet import compose

    done = sum(compose(sheet(number)).startswith(b"%PDF") for number in range(papers))
    press._PRESS.close()
    return done


def alone(papers: int) -> int:
    """The engine in this process, on data made ready before the clock started."""
    from allant.typesetting import engine
    from allant.typesetting.press import PACKAGE
    from allant.vaccination.papers.sheet import TEMPLATE

    compiler, done = engine._compiler(str(TEMPLATE), str(PACKAGE)), 0
    for data in READY[:papers]:
        pdf = compiler.compile(
            format="pdf", pdf_standards=engine.STANDARDS, timestamp=int(STAMP.timestamp()), sys_inputs={"data": data}
        )
        done += isinstance(pdf, bytes)
    return done


if __name__ == "__main__":
    main()

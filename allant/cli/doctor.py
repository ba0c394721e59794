"""`allant doctor`: what this machine lacks, and how to get it."""

import json
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import typer

from allant.site import home, postgres_binaries
from allant.site.database import is_embedded

OLDEST_PYTHON = (3, 11)
MEMORY_GIB = 4  # the largest country is made within it
DISK_GIB = 5  # the environment, the demonstration and its tests
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True)
class Finding:
    """One thing looked at: `needed_for` says who misses it; `remedy` is empty when all is well."""

    what: str
    found: str
    ok: bool
    needed_for: str
    remedy: str = ""


def doctor(as_json: bool = typer.Option(False, "--json", help="Réponse en JSON.")) -> None:
    """Dit ce qui manque sur cette machine et comment l'obtenir.

    Code 0 : tout ce qu'il faut pour se servir d'Allant est là (les outils des tests peuvent manquer) ; 1 sinon.

    Exemple : allant doctor --json
    """
    findings = examine()
    if as_json:
        typer.echo(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False, indent=2))
    else:
        _print(findings)
    raise typer.Exit(0 if all(finding.ok or finding.needed_for != "Allant" for finding in findings) else 1)


def examine() -> list[Finding]:
    """Every finding, most important first."""
    checks: tuple[Callable[[], Finding], ...] = (_python, _server, _folder, _disk, _memory, _browser, _debian_server, _java)
    return [check() for check in checks]


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    remedy = "Installez Python 3.11 ou plus, puis relancez bin/setup."
    return _finding("Python", version, sys.version_info >= OLDEST_PYTHON, "Allant", remedy)


def _server() -> Finding:
    if not is_embedded():
        return _finding("PostgreSQL", "serveur extérieur (DATABASE_URL)", True, "Allant", "")
    try:
        programs = postgres_binaries.find()
    except postgres_binaries.ServerMissing as error:
        return _finding("PostgreSQL", "absent", False, "Allant", str(error))
    remedy = "Root ne peut pas céder ses droits ici : installez util-linux (unshare, setpriv), ou utilisez un autre compte."
    can_run = os.geteuid() != 0 or postgres_binaries.namespaces_allowed() or shutil.which("setpriv") is not None
    return _finding("PostgreSQL", f"version {programs.major}, embarquée", can_run, "Allant", remedy)


def _folder() -> Finding:
    place = home.folder()
    there = next(path for path in (place, *place.parents) if path.exists())
    remedy = f"Donnez le droit d'écrire dans {there}, ou choisissez un autre dossier par ALLANT_HOME."
    return _finding("Dossier des données", str(place), os.access(there, os.W_OK | os.X_OK), "Allant", remedy)


def _disk() -> Finding:
    place = home.folder()
    there = next(path for path in (place, *place.parents) if path.exists())
    free = shutil.disk_usage(there).free / 2**30
    remedy = f"Libérez {DISK_GIB} Gio, ou choisissez un autre disque par ALLANT_HOME."
    return _finding("Place sur le disque", f"{free:.0f} Gio libres", free >= DISK_GIB, "Allant", remedy)


def _memory() -> Finding:
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    remedy = f"Prenez une machine de {MEMORY_GIB} Gio au moins, ou un pays plus petit (--people)."
    return _finding("Mémoire", f"{total:.0f} Gio", total >= MEMORY_GIB * 0.95, "Allant", remedy)


def _browser() -> Finding:
    return _program("Navigateur Chromium", BROWSERS, "bin/test", "chromium")


def _java() -> Finding:
    return _program("Java", ("java",), "bin/test --long (Spark)", "default-jre-headless")


def _debian_server() -> Finding:
    programs = postgres_binaries.debian()
    found = f"version {programs.major}" if programs else "absent"
    remedy = "sudo apt install postgresql"
    return _finding("PostgreSQL de Debian", found, programs is not None, "bin/test", remedy)


def _program(what: str, names: tuple[str, ...], needed_for: str, package: str) -> Finding:
    path = next((found for name in names if (found := shutil.which(name))), None)
    return _finding(what, Path(path).name if path else "absent", path is not None, needed_for, f"sudo apt install {package}")


def _finding(what: str, found: str, ok: bool, needed_for: str, remedy: str) -> Finding:
    return Finding(what, found, ok, needed_for, "" if ok else remedy)


def _print(findings: list[Finding]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("", "", "Trouvé", "Sert à", "Remède", box=None, pad_edge=False)
    for finding in findings:
        table.add_row("bon" if finding.ok else "MANQUE", finding.what, finding.found, finding.needed_for, finding.remedy)
    Console().print(table)

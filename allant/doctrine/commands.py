"""`allant doctrine`: read, list, check and document the rules.

Exit status: 0 done, 1 the rules do not answer (not yet in force, books refused, document out of date), 2 wrong usage.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from allant.clock import today
from allant.doctrine import DoctrineError, RuleBook, Rules, UnknownRule, rules
from allant.doctrine.reference import DOCUMENT, document
from allant.doctrine.render import describe, plain, render, say

app = typer.Typer(help="Les règles datées : âges, délais, listes, chacune avec sa source.", no_args_is_help=True)

On = Annotated[datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="Jour demandé (aujourd'hui par défaut).")]
KnownOn = Annotated[
    datetime | None,
    typer.Option("--known-on", formats=["%Y-%m-%d"], help="Jour dont on prend les connaissances (aujourd'hui par défaut)."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Sortie lisible par un programme.")]
Folder = Annotated[Path | None, typer.Option("--books", help="Dossier de règles (celles du projet par défaut).", exists=True)]


@contextmanager
def _failures() -> Iterator[None]:
    """Say a doctrine problem on the error stream and leave with the status it deserves."""
    try:
        yield
    except DoctrineError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2 if isinstance(error, UnknownRule) else 1) from error


def _day(given: datetime | None) -> date:
    return given.date() if given else today()


def _book(known_on: datetime | None, folder: Path | None) -> RuleBook:
    return (Rules(folder) if folder else rules).as_known_on(_day(known_on))


def _current(book: RuleBook, key: str, day: date) -> Any:
    """The value on a day, or None while nothing is in force."""
    return next((period.value for period in reversed(book.periods(key)) if period.starts_on <= day), None)


@app.command()
def show(
    key: Annotated[str, typer.Argument(help="Clé de la règle.")],
    on: On = None,
    known_on: KnownOn = None,
    as_json: AsJson = False,
    books: Folder = None,
) -> None:
    """Montre une règle un jour donné.

    Exemple : allant doctrine show covid.priority --on 2021-04-01
    """
    with _failures():
        book = _book(known_on, books)
        if as_json:
            typer.echo(json.dumps(describe(book, key, _day(on)), ensure_ascii=False))
        else:
            Console().print(render(book, key, _day(on)))


@app.command("list")
def list_(
    prefix: Annotated[str, typer.Argument(help="Début des clés.")] = "",
    on: On = None,
    known_on: KnownOn = None,
    as_json: AsJson = False,
    books: Folder = None,
) -> None:
    """Liste les règles et leur valeur un jour donné.

    Exemple : allant doctrine list covid.booster --on 2021-12-01
    """
    with _failures():
        book, day = _book(known_on, books), _day(on)
        keys = [key for key in book if key.startswith(prefix)] or [book.rule(prefix).key]
        current = {key: _current(book, key, day) for key in keys}
    if as_json:
        rows = [{"key": key, "label": book.rule(key).label, "value": plain(value)} for key, value in current.items()]
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    table = Table("clé", "libellé", "valeur", box=None, pad_edge=False, header_style="bold")
    table.columns[0].no_wrap = True
    for key, value in current.items():
        many = isinstance(value, tuple) and len(value) > 3
        table.add_row(key, book.rule(key).label, f"{len(value)} éléments" if many else say(value))
    Console().print(table)


@app.command()
def check(books: Folder = None, as_json: AsJson = False) -> None:
    """Vérifie tous les fichiers de règles.

    Exemple : allant doctrine check --books mes-regles/
    """
    with _failures():
        count = (Rules(books) if books else rules).check()
    typer.echo(json.dumps({"rules": count, "valid": True}) if as_json else f"{count} règles, toutes valides.")


@app.command("document")
def document_(
    out: Annotated[Path, typer.Option(help="Fichier à écrire.")] = DOCUMENT,
    verify: Annotated[bool, typer.Option("--verify", help="Vérifie seulement que le fichier est à jour.")] = False,
) -> None:
    """Réécrit la page de référence des règles.

    Exemple : allant doctrine document --out docs/reference/doctrine.md
    """
    with _failures():
        text = document(rules)
    if not verify:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text, "utf-8")
        typer.echo(f"{out} écrit.")
    elif not out.exists() or out.read_text("utf-8") != text:
        typer.echo(f"{out} n'est pas à jour : lancez « allant doctrine document ».", err=True)
        raise typer.Exit(1)

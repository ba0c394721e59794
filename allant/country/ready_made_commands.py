"""`allant campaign compare`: the ready-made campaigns beside what their sources say, and the page that lists them (TG-12)."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from allant import clock
from allant.country.population.files import BadCountry
from allant.country.population.make import default_directory
from allant.country.ready_made import Comparison, compare
from allant.country.ready_made_page import page
from allant.doctrine import rules

app = typer.Typer()
DOCUMENT = Path("docs/reference/ready-made.md")


@app.command("compare", epilog="Exemple : allant campaign compare --dir pays --write docs/reference/ready-made.md")
def compare_with_sources(
    directory: Annotated[Path | None, typer.Option("--dir", help="Pays rejoué (celui de l'installation par défaut).")] = None,
    write: Annotated[Path | None, typer.Option(help="Écrit la page de référence à cet endroit.")] = None,
) -> None:
    """Compare la taille des cibles d'un pays rejoué aux chiffres des sources. Sortie 1 quand l'une sort de sa fourchette."""
    book = rules.as_known_on(clock.today())
    try:
        found = compare(directory or default_directory(), book)
    except BadCountry as refusal:
        typer.secho(str(refusal), fg="red", err=True)
        raise typer.Exit(1) from None
    if write:
        write.write_text(page(book, found), encoding="utf-8")
        typer.echo(f"Écrit : {write}")
    _show(found)
    if not all(each.within for each in found):
        raise typer.Exit(1)


def _show(found: list[Comparison]) -> None:
    table = Table("campagne", "pays, à l'échelle", "source", "rapport", "fourchette")
    for each in found:
        figure = each.entry.figure
        assert figure is not None
        bounds = f"{figure.low} à {figure.high}" + ("" if each.within else " : dehors")
        table.add_row(each.entry.slug, f"{each.scaled:,}", f"{figure.persons:,}", f"{each.ratio:.2f}", bounds)
    Console().print(table)

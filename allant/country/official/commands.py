"""Command line of the official figures."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from allant.country.official.facts import load_population, write_facts
from allant.country.official.read import OfficialDataError, read_directory

app = typer.Typer(help="Les chiffres officiels de la campagne.", no_args_is_help=True)
REFUSED = 1


@app.callback()
def _group() -> None:
    """Keeps `facts` a named command while it is the only one."""


@app.command(epilog="Exemple : allant country facts --official ../shared/data")
def facts(
    official: Annotated[Path, typer.Option(help="Dossier des fichiers quotidiens de Santé publique France.")],
    out: Annotated[Path, typer.Option(help="Dossier où écrire les tables.")] = Path(__file__).parent / "data",
) -> None:
    """Réécrire les tables compactes (cumuls par fin de semaine) livrées avec le projet."""
    try:
        series = read_directory(official, load_population(official))
    except OfficialDataError as error:
        Console(stderr=True).print(str(error), markup=False, highlight=False)
        raise typer.Exit(REFUSED) from None
    for path in write_facts(series, out):
        typer.echo(f"{path.name} : {path.stat().st_size} octets")

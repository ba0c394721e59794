"""`allant publish`: write the open-data files."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from allant import clock
from allant.doctrine import rules
from allant.figures.aggregate import NoDose
from allant.figures.parameters import ALL, Parameters, scale_of
from allant.figures.publish import Production, publish
from allant.figures.sources import ParquetSource, PostgresSource, Source, people_of

app = typer.Typer(help="Écrit les fichiers de données ouvertes.")


@app.command("publish")
def publish_command(
    on: Annotated[datetime, typer.Option("--on", formats=["%Y-%m-%d"], help="Dernier jour publié, AAAA-MM-JJ.")],
    out: Annotated[Path, typer.Option("--out", help="Dossier à écrire ; ses anciens fichiers sont remplacés à la fin.")],
    parquet: Annotated[Path | None, typer.Option("--parquet", help="Pays en Parquet, au lieu de la base de données.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Réponse en JSON.")] = False,
) -> None:
    """Écrit les fichiers de données ouvertes (CSV, Parquet, dictionnaire, métadonnées).

    Exemple : allant publish --on 2021-11-21 --out donnees/
    """
    day = on.date()
    if out.exists() and not out.is_dir():
        raise typer.BadParameter(f"« {out} » est un fichier ; indiquez un dossier.", param_hint="--out")
    try:
        production = _publish(_source(parquet), day, out, quiet=as_json)
    except (FileNotFoundError, NoDose, ValueError) as refused:
        typer.secho(str(refused), fg="red", err=True)
        raise typer.Exit(1) from None
    if as_json:
        typer.echo(json.dumps({"folder": str(production.folder), "on": day.isoformat(), "rows": production.rows}))
        return
    lines = f"{sum(production.rows.values()):,}".replace(",", " ")
    typer.echo(f"{len(production.rows)} tableaux jusqu'au {day:%d/%m/%Y}, {lines} lignes : {production.folder}")


def _source(parquet: Path | None) -> Source:
    return ParquetSource(parquet) if parquet else PostgresSource()


def _publish(source: Source, on: date, out: Path, *, quiet: bool) -> Production:
    today = clock.today()
    book = rules.as_known_on(max(on, today))
    nation = Parameters(book).population(on)[ALL]
    parameters = Parameters(book, scale_of(people_of(source), nation))
    with Console(stderr=True, quiet=quiet).status("Lecture des doses") as status:
        return publish(source, parameters, on, out, today, lambda name: status.update(f"Écriture de {name}"))

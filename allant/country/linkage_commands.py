"""`allant country train-linkage`, `allant country duplicates`: the made-up duplicates and the weights learnt on them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pyarrow.parquet as pq
import typer

from allant.country.linkage_training import made_records, train_model
from allant.linkage.model import WEIGHTS

app = typer.Typer(help="Doublons synthétiques.", no_args_is_help=True)
People = Annotated[int, typer.Option(min=1000, max=5_000_000, help="Habitants du pays synthétique.")]
Seed = Annotated[int, typer.Option(min=0, help="Graine : la même donne les mêmes fiches.")]


@app.command(name="train-linkage")
def train_linkage(
    people: People = 60_000,
    seed: Seed = 2026,
    target: Annotated[Path, typer.Option("--to", help="Fichier des poids à écrire.")] = WEIGHTS,
) -> None:
    """Apprend les poids du rapprochement sur des doublons synthétiques, et choisit son seuil.

    Exemple : allant country train-linkage --people 60000
    """
    text, found = train_model(people, seed, say=typer.echo)
    target.write_text(text)
    typer.echo(f"Plafond {found.ceiling:.4f}, rappel {found.recall:.4f}, précision {found.precision:.5f} ; poids dans {target}.")


@app.command()
def duplicates(
    target: Annotated[Path, typer.Argument(help="Fichier Parquet à écrire.")], people: People = 100_000, seed: Seed = 1
) -> None:
    """Écrit des fiches synthétiques, doublons et jumeaux compris ; la colonne `person` dit qui est qui.

    Exemple : allant country duplicates fiches.parquet --people 10000
    """
    records = made_records(people, seed)
    pq.write_table(records, target)
    typer.echo(f"{len(records)} fiches dans {target}.")

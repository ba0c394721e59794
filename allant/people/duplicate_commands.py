"""`allant duplicates`: propose the records that may be one person. No name and no number is printed."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.console import Console

from allant import clock
from allant.people import duplicates as proposals
from allant.people.models import DuplicateCandidate

app = typer.Typer(help="Les doublons du registre.", no_args_is_help=True)


@app.callback()
def duplicates() -> None:
    """Les doublons du registre."""


@app.command(epilog="Exemple : allant duplicates find --json")
def find(as_json: Annotated[bool, typer.Option("--json", help="Réponse en JSON.")] = False) -> None:
    """Proposer les paires de fiches qui semblent une même personne. Relancée, la commande n'ajoute que les nouvelles."""
    with Console(stderr=True, quiet=as_json).status("Lecture du registre"):
        added = proposals.find(at=clock.now())
    waiting = DuplicateCandidate.objects.waiting().count()
    if as_json:
        typer.echo(json.dumps({"added": added, "waiting": waiting}))
        return
    for code, count in added.items():
        typer.echo(f"{count:>8}  {proposals.LABELS[code]}")
    typer.echo(f"{waiting:>8}  en attente de décision, à voir dans les pages d'administration")

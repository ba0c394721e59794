"""`allant demo`."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from allant.country import closing
from allant.country.demo import OtherCountry, run
from allant.country.official.read import OfficialDataError

STAGES = {
    "country": "Pays synthétique",
    "register": "Chargement du registre",
    "invitations": "Cibles, codes, invitations",
    "messages": "Messages écrits",
    "doses": "Doses et rappels",
    "publication": "Données ouvertes",
}
PEOPLE = 67_677


def demo(
    people: Annotated[int, typer.Option(min=1000, max=2_000_000, help="Habitants du pays synthétique.")] = PEOPLE,
    serve: Annotated[bool, typer.Option(help="Ouvre les pages après le tableau final.")] = True,
    official: Annotated[
        Path | None, typer.Option(exists=True, file_okay=False, help="Dossier des fichiers officiels quotidiens (vacsi-*.csv).")
    ] = None,
    anew: Annotated[bool, typer.Option(help="Vide la base et recommence.")] = False,
    port: Annotated[int | None, typer.Option(help="Port local des pages.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Écrit le bilan en JSON.")] = False,
) -> None:
    """Montre tout : un pays, sa campagne rejouée semaine par semaine, les chiffres, les pages.

    Interrompue, la même commande reprend où elle en était. Exemple : allant demo --people 2000 --no-serve
    """
    console = Console()
    try:
        with Progress(
            TextColumn("{task.description:<28}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn(),
            console=Console(stderr=as_json),
        ) as bars:
            tasks = {stage: bars.add_task(label, total=None, start=False) for stage, label in STAGES.items()}

            def progress(stage: str, done: int, total: int) -> None:
                bars.start_task(tasks[stage])
                bars.update(tasks[stage], completed=done, total=total)

            outcome = run(people=people, official=official, progress=progress, anew=anew)
    except (OtherCountry, OfficialDataError) as refusal:
        typer.secho(str(refusal), fg="red", err=True)
        raise typer.Exit(1) from None
    if as_json:
        typer.echo(json.dumps(asdict(outcome), default=str, indent=1))
    else:
        closing.show(outcome, console)
    if serve:
        _serve(port, outcome.last_day.isoformat())


def _serve(port: int | None, today: str) -> None:
    """The pages on the last day of the replay, as a user of that day would see them."""
    import os

    from allant.cli.serve import run_site

    os.environ["ALLANT_TODAY"] = today
    raise typer.Exit(run_site(port=port))

"""`allant identity`: the rounds with SNGI, SANDIA and the bodies, the choice of a number, the figures."""

from __future__ import annotations

import csv
import json
import sys
from datetime import date, datetime, time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from allant import clock
from allant.doctrine import rules
from allant.identification.choice import choices
from allant.identification.counting import figures
from allant.identification.exchange import do_round
from allant.identification.linking import find_duplicates
from allant.identification.stock import launch_stock_wave
from allant.linkage import load_model
from allant.linkage.pairs_file import PairsRefused, score_pairs_file
from allant.people.models import DuplicateCandidate

app = typer.Typer(help="Identification : échanges avec SNGI et SANDIA, choix du matricule, chiffres.", no_args_is_help=True)


@app.command()
def exchange() -> None:
    """Envoie ce qui attend et prend les réponses. Exemple : allant identity exchange"""
    now = clock.now()
    done = do_round(at=now, on=now.date(), book=rules.as_known_on(now.date()))
    typer.echo(
        f"{done.numbered} numéro(s) donné(s), {done.sent} dossier(s) envoyé(s), {done.answers} réponse(s) prise(s), "
        f"{done.notices} avis accusé(s)."
    )
    for service in done.down:
        typer.secho(service, fg="red", err=True)
    if done.down:
        raise typer.Exit(1)


@app.command(name="choice")
def show_choices(on: Annotated[str, typer.Option("--on", help="Jour de la demande, AAAA-MM-JJ.")] = "") -> None:
    """Dit quel matricule identifie chaque situation. Exemple : allant identity choice --on 2022-02-01"""
    day = _day(on)
    for each in choices(rules.as_known_on(max(day, clock.today())), day).values():
        typer.echo(f"{each.label} : {each.matricule}, donné par {each.given_by}. {each.explanation}")


def _day(on: str) -> date:
    try:
        return date.fromisoformat(on) if on else clock.today()
    except ValueError:
        typer.secho(f"Date « {on} » illisible : écrivez AAAA-MM-JJ.", fg="red", err=True)
        raise typer.Exit(2) from None


@app.command(name="stock-wave")
def stock_wave(capacity: Annotated[int, typer.Option("--capacity", help="Personnes au plus.", min=1)] = 1000) -> None:
    """Réclame leurs pièces à des personnes sous un ancien NNP. Exemple : allant identity stock-wave --capacity 500"""
    today = clock.today()
    wave = launch_stock_wave(on=today, by="allant identity stock-wave", capacity=capacity, book=rules.as_known_on(today))
    typer.echo(f"Vague {wave.number} : {wave.size} personne(s)." if wave else "Plus personne à qui réclamer de pièces.")


@app.command(name="figures")
def show_figures() -> None:
    """Écrit les chiffres du jour en CSV. Exemple : allant identity figures > identification.csv"""
    writer = csv.writer(sys.stdout, delimiter=";")
    writer.writerow(["groupe", "mesure", "valeur"])
    writer.writerows([line.group, line.label, line.value] for line in figures(clock.today(), None))


@app.command(name="find-duplicates")
def find_duplicates_command(
    on: Annotated[str, typer.Option("--on", help="Jour de la proposition, AAAA-MM-JJ ; aujourd'hui sinon.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Réponse en JSON.")] = False,
) -> None:
    """Propose les paires de fiches qui sont probablement une même personne. Relancée, ne compare que ce qui a changé.

    Exemple : allant identity find-duplicates
    """
    at = datetime.combine(_day(on), time(12), clock.PARIS) if on else clock.now()
    with Progress(console=Console(stderr=True, quiet=as_json)) as bar:
        task = bar.add_task("Fiches nouvelles ou changées", total=None)
        done = find_duplicates(
            at=at, model=load_model(), progress=lambda read, total: bar.update(task, completed=read, total=total)
        )
    waiting = DuplicateCandidate.objects.waiting().count()
    if as_json:
        typer.echo(json.dumps({"read": done.read, "proposed": done.proposed, "weighed": done.weighed, "waiting": waiting}))
        return
    typer.echo(f"{done.read:>8}  fiche(s) nouvelle(s) ou changée(s)")
    typer.echo(f"{done.proposed:>8}  paire(s) proposée(s), {done.weighed} pesée(s) à nouveau")
    typer.echo(f"{waiting:>8}  en attente de décision, à voir dans « Doublons »")


@app.command(name="score-pairs")
def score_pairs(
    source: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Paires à noter, CSV.", metavar="IN.csv")],
    target: Annotated[Path, typer.Argument(dir_okay=False, help="Fichier à écrire.", metavar="OUT.csv")],
) -> None:
    """Note des paires de fiches quelconques avec le même modèle. Colonnes : docs/how-to/duplicates.md.

    Exemple : allant identity score-pairs paires.csv notes.csv
    """
    try:
        count = score_pairs_file(source, target, load_model())
    except PairsRefused as refused:
        typer.secho(str(refused), fg="red", err=True)
        raise typer.Exit(1) from None
    except OSError as error:
        typer.secho(f"Fichier {target} impossible à écrire : {error.strerror}.", fg="red", err=True)
        raise typer.Exit(1) from None
    typer.echo(f"{count} paire(s) notée(s) dans {target}.")

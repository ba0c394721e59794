"""`allant identity`: the rounds with SNGI, SANDIA and the bodies, the choice of a number, the figures."""

from __future__ import annotations

import csv
import sys
from typing import Annotated

import typer

from allant import clock
from allant.doctrine import rules
from allant.identification.choice import choices
from allant.identification.counting import figures
from allant.identification.exchange import do_round
from allant.identification.stock import launch_stock_wave

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
    try:
        day = clock.today().fromisoformat(on) if on else clock.today()
    except ValueError:
        typer.secho(f"Date « {on} » illisible : écrivez AAAA-MM-JJ.", fg="red", err=True)
        raise typer.Exit(2) from None
    for each in choices(rules.as_known_on(max(day, clock.today())), day).values():
        typer.echo(f"{each.label} : {each.matricule}, donné par {each.given_by}. {each.explanation}")


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

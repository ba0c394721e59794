"""`allant appointments`: what a night, or a worker, does for appointments. Each is harmless twice."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from allant import clock
from allant.campaigns import appointment_rounds as rounds
from allant.campaigns.proposals.taxis import TaxiRefused, load_taxis

app = typer.Typer(help="Crée les créneaux, rend les places, rappelle les rendez-vous.", no_args_is_help=True)


@app.command()
def slots() -> None:
    """Crée les créneaux des semaines à venir, dans tous les lieux. Exemple : allant appointments slots"""
    typer.echo(f"{rounds.slots()} créneaux créés.")


@app.command()
def holds() -> None:
    """Rend les places réservées au-delà de leur délai. Exemple : allant appointments holds"""
    typer.echo(f"{rounds.holds()} places rendues.")


@app.command()
def settle() -> None:
    """Règle les rendez-vous restés sans réponse d'un partenaire. Exemple : allant appointments settle"""
    done = rounds.settle()
    typer.echo(", ".join(f"{state} : {count}" for state, count in sorted(done.items())) or "Rien à régler.")


@app.command()
def waiting() -> None:
    """Propose les places libres à qui attend, et l'écrit. Exemple : allant appointments waiting"""
    offered, told = rounds.waiting()
    typer.echo(f"{offered} places proposées, {told} personnes prévenues.")


@app.command()
def remind() -> None:
    """Écrit les rappels des rendez-vous proches. Exemple : allant appointments remind"""
    typer.echo(f"{rounds.remind()} rappels écrits.")


@app.command()
def letters() -> None:
    """Réserve un créneau pour chaque invité par courrier, et écrit son courrier. Exemple : allant appointments letters"""
    for slug, done in rounds.letters().items():
        typer.echo(f"{slug} : {done.written} courriers écrits, {done.without} sans créneau, {done.booked} déjà inscrits.")


@app.command()
def visits() -> None:
    """Clôt les demandes à domicile qu'une dose a satisfaites. Exemple : allant appointments visits"""
    typer.echo(f"{rounds.visits()} demandes closes par une dose.")


@app.command()
def taxis(file: Annotated[Path, typer.Argument(help="CSV : nom ; telephone ; commune ; fauteuil ; depuis.")]) -> None:
    """Ajoute les taxis conventionnés d'un fichier. Exemple : allant appointments taxis taxis-93.csv"""
    try:
        loaded = load_taxis(file.read_text("utf-8"), on=clock.today(), by="allant appointments taxis")
    except (OSError, UnicodeDecodeError, TaxiRefused) as error:
        typer.secho(str(error), fg="red", err=True)
        raise typer.Exit(1) from error
    for line in loaded.wrong:
        typer.secho(line, fg="red", err=True)
    if loaded.wrong:
        typer.secho("Rien n'a été ajouté.", fg="red", err=True)
        raise typer.Exit(1)
    typer.echo(f"{loaded.added} taxis ajoutés, {loaded.known} déjà connus.")


@app.command()
def forget() -> None:
    """Efface ce que des invités ou des proches ont laissé pour un rendez-vous passé. Exemple : allant appointments forget"""
    typer.echo(f"{rounds.forget()} rendez-vous sans nom ni adresse désormais.")

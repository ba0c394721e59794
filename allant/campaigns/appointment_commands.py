"""`allant appointments`: what a night, or a worker, does for appointments. Each is harmless twice."""

from __future__ import annotations

import typer

from allant.campaigns import appointment_rounds as rounds

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

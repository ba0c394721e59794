"""`allant pass-keys`: keys, trust list, revocation list (RP-10, RP-13). Verification is in `verify_commands`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from allant import clock
from allant.certificates.keys import rotate, trust_entries, withdraw
from allant.certificates.models import SigningKey, Use
from allant.certificates.revocations import revocation_list

app = typer.Typer(no_args_is_help=True)
Target = Annotated[Path, typer.Argument(help="Fichier JSON à écrire.", dir_okay=False)]
REFUSED = 1


@app.command("list")
def list_keys() -> None:
    """Liste les clés de signature. Exemple : allant pass-keys list"""
    for key in SigningKey.objects.all():
        state = "retirée" if key.withdrawn_at else "signe" if key.signs_until is None else "ne signe plus"
        typer.echo(f"{key.use} {key.kid} n° {key.name}, depuis le {key.starts_at:%d/%m/%Y} : {state}")


@app.command("rotate")
def rotate_key(use: Annotated[str, typer.Argument(help="dcc (certificat européen) ou 2ddoc.")]) -> None:
    """Fait une nouvelle clé et signe avec elle ; la précédente reste de confiance. Exemple : allant pass-keys rotate dcc"""
    if use not in Use.values:
        raise _refused(f"Usage « {use[:20]} » inconnu : dcc ou 2ddoc.")
    made = rotate(Use(use), at=clock.now(), by="command")
    typer.echo(f"Clé {made.kid} : elle signe désormais. Publiez la liste de confiance (allant pass-keys trust-list).")


@app.command("withdraw")
def withdraw_key(kid: Annotated[str, typer.Argument(help="Identifiant de la clé.")]) -> None:
    """Retire une clé volée : tout ce qu'elle a signé est révoqué. Exemple : allant pass-keys withdraw 0123456789abcdef"""
    if (key := SigningKey.objects.filter(kid=kid).first()) is None:
        raise _refused("Aucune clé de cet identifiant : voyez allant pass-keys list.")
    withdraw(key, at=clock.now(), by="command")
    count = key.certificates.count()
    typer.echo(f"Clé {kid} retirée ; {count} certificats ne valent plus, d'autres seront émis à la demande.")


@app.command("trust-list")
def write_trust_list(target: Target) -> None:
    """Écrit la liste de confiance, anciennes clés comprises. Exemple : allant pass-keys trust-list cles.json"""
    target.write_text(json.dumps(trust_entries(), indent=1), "utf-8")
    typer.echo(f"{target} : liste de confiance écrite.")


@app.command("revocations")
def write_revocations(target: Target) -> None:
    """Écrit la liste de révocation ; elle ne nomme personne. Exemple : allant pass-keys revocations revoques.json"""
    found = revocation_list(clock.now())
    target.write_text(json.dumps(found, indent=1), "utf-8")
    typer.echo(f"{target} : {sum(map(len, found['revoked'].values()))} certificats révoqués.")


def _refused(reason: str) -> typer.Exit:
    typer.secho(reason, fg="red", err=True)
    return typer.Exit(REFUSED)

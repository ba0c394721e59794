"""`allant matricule`: judge numbers without the register. The number is never printed or logged.

Exit status: 0 every number is valid, 1 one at least is not, 2 wrong usage.
"""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer

from allant.people.matricule import Verdict, parse

app = typer.Typer(help="Les matricules : NIR, NIA, NNP, migrants de passage.", no_args_is_help=True)


@app.callback()
def matricule() -> None:
    """Les matricules : NIR, NIA, NNP, migrants de passage."""


@app.command()
def check(
    values: Annotated[
        list[str] | None, typer.Argument(help="Matricules ; sans argument, un par ligne sur l'entrée standard.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Un objet JSON par matricule.")] = False,
) -> None:
    """Contrôler la forme et la clé de matricules.

    Exemple : allant matricule check --json "2 99 05 2A 004 123"
    """
    texts = values or [line.strip() for line in sys.stdin if line.strip()]
    if not texts:
        typer.echo("Aucun matricule reçu : donnez-en un en argument, ou un par ligne sur l'entrée standard.", err=True)
        raise typer.Exit(2)
    verdicts = [parse(text) for text in texts]
    for rank, verdict in enumerate(verdicts, start=1):
        typer.echo(_as_json(verdict) if as_json else _as_text(rank, verdict))
    raise typer.Exit(0 if all(verdict.valid for verdict in verdicts) else 1)


def _as_json(verdict: Verdict) -> str:
    return json.dumps({"valid": verdict.valid, "kind": verdict.kind, "reasons": list(verdict.reasons)}, ensure_ascii=False)


def _as_text(rank: int, verdict: Verdict) -> str:
    if verdict.valid:
        return f"{rank} : valide ({verdict.kind})"
    return "\n".join([f"{rank} : refusé", *(f"    {reason}" for reason in verdict.reasons)])

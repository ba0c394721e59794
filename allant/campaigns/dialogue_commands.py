"""`allant dialogue`: begin the dialogues by SMS that recall a campaign's invitations."""

from __future__ import annotations

from typing import Annotated, NoReturn

import typer
from rich.console import Console

from allant import clock
from allant.accounts.actors import Actor
from allant.accounts.log import log_access
from allant.accounts.models import LoggedAction
from allant.campaigns.dialogues import CannotRecall, recall_by_dialogue
from allant.campaigns.models import Campaign
from allant.outreach.dialogues.model import BadDialogue

app = typer.Typer(help="Commence des dialogues par SMS.", no_args_is_help=True)
console = Console()


@app.callback()
def _group() -> None:
    """Keeps `recall` a subcommand."""


@app.command()
def recall(
    campaign: Annotated[str, typer.Argument(help="Nom court de la campagne, par exemple grippe-2022-bons.")],
    dialogue: Annotated[str, typer.Argument(help="Nom du dialogue, par exemple flu-reminder.")],
    most: Annotated[int, typer.Option("--most", min=1, help="Dialogues commencés au plus.")] = 10_000,
) -> None:
    """Rappelle par un dialogue les invitations assez anciennes. Exemple : allant dialogue recall grippe-2022-bons flu-reminder

    Une invitation déjà rappelée par ce dialogue ne l'est pas deux fois : relancez autant que voulu.
    """
    found = Campaign.objects.filter(slug=campaign).first()
    if found is None:
        _refuse(f"Campagne « {campaign} » inconnue : allant target list les montre.")
    try:
        started = recall_by_dialogue(found, dialogue, at=clock.now(), most=most)
    except (CannotRecall, BadDialogue) as refusal:
        _refuse(str(refusal))
    purpose = f"dialogues {dialogue}, campagne {campaign}"
    log_access(by=Actor.system("dialogue recall"), action=LoggedAction.BULK, purpose=purpose, subject_kind="conversation")
    console.print(f"{started.begun} dialogues commencés ; {started.not_begun} numéros déjà pris par un autre.")


def _refuse(reason: str) -> NoReturn:
    typer.secho(reason, fg="red", err=True)
    raise typer.Exit(1)

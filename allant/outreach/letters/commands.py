"""`allant letters`: write the files for the printer, print one letter again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from django.conf import settings

from allant import clock
from allant.outreach.letters import batches, codes
from allant.outreach.models import Channel, Message

app = typer.Typer(help="Écrit les courriers pour l'imprimeur.", no_args_is_help=True)
Folder = Annotated[Path | None, typer.Option("--to", help="Dossier des fichiers ; celui de l'installation par défaut.")]


@app.command()
def write(to: Folder = None) -> None:
    """Écrit tout ce qui peut partir, par département postal. Exemple : allant letters write"""
    try:
        written = batches.write_letters(at=clock.now(), by="allant letters", directory=to or _folder())
    except (batches.Busy, ValueError) as error:
        typer.secho(str(error), fg="red", err=True)
        raise typer.Exit(1) from error
    for batch in written:
        typer.echo(f"{batch.name}.pdf : {batch.letters} courriers, {batch.pages} pages")
    typer.echo(f"{sum(batch.letters for batch in written)} courriers en {len(written)} fichiers.")


@app.command()
def reprint(
    code: Annotated[str, typer.Argument(help="Code imprimé au-dessus de l'adresse.")],
    output: Annotated[Path, typer.Argument(help="Fichier PDF à écrire.")],
    to: Folder = None,
) -> None:
    """Écrit de nouveau un courrier, le même document. Exemple : allant letters reprint 0000-0012-ABCD courrier.pdf"""
    try:
        message = Message.objects.filter(channel=Channel.LETTER, pk=codes.read(code)).first()
    except codes.BadCode as error:
        typer.secho(str(error), fg="red", err=True)
        raise typer.Exit(1) from error
    pdf = batches.reprint(message, to or _folder()) if message else None
    if pdf is None:
        typer.secho("Aucun courrier écrit ici ne porte ce code.", fg="red", err=True)
        raise typer.Exit(1)
    batches.write_whole(output, pdf)


def _folder() -> Path:
    return Path(settings.ALLANT_HOME) / "letters"

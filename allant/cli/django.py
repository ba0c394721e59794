"""`allant django …`: Django's own commands, for developers."""

import typer

from allant.site import start


def django(
    arguments: list[str] = typer.Argument(None, help="La commande de Django et ses options, après « -- »."),
) -> None:
    """Passe une commande à Django (développement).

    Exemple : allant django -- makemigrations people
    """
    from django.core.management import execute_from_command_line

    from allant.site import database, home

    database.prepare(home.folder())
    start.start_django()
    execute_from_command_line(["allant django", *(arguments or ["help"])])

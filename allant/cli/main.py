"""The command line `allant`: it knows every command by name and loads only the one that was typed.

Exit codes: 0 done (or the answer is yes); 1 refused, missing or failed (or the answer is no), said in one French sentence on the
error stream; 2 the command was mistyped; 130 interrupted.
"""

import importlib
import sys
from collections.abc import Sequence

import typer

from allant import __doc__ as PRODUCT
from allant.site.commands import COMMANDS, Place

INTERRUPTED = 130
EPILOG = "Codes de sortie : 0 fait ; 1 refusé ou manquant ; 2 commande mal écrite ; 130 interrompu."


def main() -> None:
    """Run the command line of this process."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command line; its exit code."""
    place = COMMANDS.get(next((word for word in arguments if not word.startswith("-")), ""))
    try:
        if place:
            _make_ready(place, asks_help="--help" in arguments)
        application(place)(args=list(arguments), prog_name="allant")
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
        return _interrupted() if code == INTERRUPTED else code
    except KeyboardInterrupt:
        return _interrupted()
    except Exception as error:
        if (sentence := _known(error)) is None:
            raise
        typer.secho(sentence, fg="red", err=True)
        return 1
    return 0


def _interrupted() -> int:
    typer.echo("Interrompu. Relancez la même commande pour reprendre.", err=True)
    return INTERRUPTED


def application(typed: Place | None = None) -> typer.Typer:
    """The command line with `typed` loaded, the other commands by name and summary only."""
    app = typer.Typer(
        name="allant",
        help=(PRODUCT or "").strip(),
        epilog=EPILOG,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_show_locals=False,  # they may hold personal data
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    for place in COMMANDS.values():
        if place is typed:
            _load(app, place)
        else:
            app.command(place.name, help=place.summary)(_absent)
    app.callback()(_no_option)  # keeps the name of the command even when there is only one
    return app


def _load(app: typer.Typer, place: Place) -> None:
    found = [_object(target) for target in place.targets]
    if len(found) > 1:
        group = typer.Typer(no_args_is_help=True)
        for target in found:
            group.registered_commands += target.registered_commands
            group.registered_groups += target.registered_groups
        app.add_typer(group, name=place.name, help=place.summary)
    elif not isinstance(found[0], typer.Typer):
        app.command(place.name)(found[0])
    elif _is_one_command(found[0], place.name):
        app.add_typer(found[0])
    else:
        app.add_typer(found[0], name=place.name, help=place.summary)


def _object(target: str) -> typer.Typer:
    module, _, name = target.partition(":")
    return getattr(importlib.import_module(module), name)  # type: ignore[no-any-return]


def _is_one_command(app: typer.Typer, name: str) -> bool:
    if len(app.registered_commands) != 1 or app.registered_groups or app.registered_callback:
        return False
    command = app.registered_commands[0]
    return name in (command.name, getattr(command.callback, "__name__", None))


def _absent() -> None:
    """Stands for a command that was not typed."""


def _no_option() -> None:
    """`allant` alone takes no option."""


def _make_ready(place: Place, *, asks_help: bool) -> None:
    if place.needs == "nothing":
        return
    from allant.site import start

    if place.needs == "django" or asks_help:
        start.start_django()
    else:
        start.start(migrate=place.needs == "tables")


def _known(error: Exception) -> str | None:
    """The sentence to print for an error that a user can mend, or None for a defect of the program."""
    from allant.site.home import BadSetting
    from allant.site.postgres_binaries import ServerMissing, ServerRefused
    from allant.site.start import OtherVersion

    if isinstance(error, BadSetting | OtherVersion | ServerMissing | ServerRefused):
        return str(error)
    if "django.db" in sys.modules:
        return _known_database_error(error)
    return None


def _known_database_error(error: Exception) -> str | None:
    from django.db import OperationalError, ProgrammingError
    from psycopg import errors

    if isinstance(error, ProgrammingError) and isinstance(error.__cause__, errors.UndefinedTable | errors.UndefinedColumn):
        return "La base n'est pas à jour. Lancez : bin/allant database migrate"
    if isinstance(error, OperationalError):
        first_line = str(error).strip().splitlines()[0] if str(error) else ""
        return f"La base de données ne répond pas ({first_line}). Lancez bin/allant database start, ou vérifiez DATABASE_URL."
    return None

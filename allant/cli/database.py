"""`allant database`: the embedded server, by hand."""

import json

import typer

from allant.site import database, home, start

app = typer.Typer(no_args_is_help=True)


@app.command("start")
def start_server() -> None:
    """Démarre la base de données et la met à jour.

    Exemple : allant database start
    """
    ready = start.start()
    typer.echo("La base de données répond." if ready.cluster else "La base est un serveur extérieur (DATABASE_URL).")


@app.command()
def stop() -> None:
    """Arrête la base de données embarquée ; les données restent.

    Exemple : allant database stop
    """
    if not database.is_embedded():
        typer.echo("La base est un serveur extérieur (DATABASE_URL) : rien n'est arrêté.", err=True)
        raise typer.Exit(1)
    stopped = database.embedded(home.folder()).stop()
    typer.echo("La base de données est arrêtée." if stopped else "La base de données était déjà arrêtée.")


@app.command()
def migrate() -> None:
    """Met la base à jour.

    Exemple : allant database migrate
    """
    database.prepare(home.folder())
    start.start_django()
    count = start.bring_up_to_date()
    typer.echo(f"Mises à jour appliquées : {count}." if count else "La base est déjà à jour.")


@app.command()
def status(as_json: bool = typer.Option(False, "--json", help="Réponse en JSON.")) -> None:
    """Dit si la base de données répond (code 0) ou non (code 1).

    Exemple : allant database status --json
    """
    import psycopg

    address = database.address(home.folder())
    try:
        with psycopg.connect(address, connect_timeout=5) as connection:
            version = connection.info.parameter_status("server_version")
    except psycopg.OperationalError:
        version = None
    if as_json:
        typer.echo(json.dumps({"answers": version is not None, "version": version, "embedded": database.is_embedded()}))
    else:
        typer.echo(f"PostgreSQL {version} répond." if version else "La base de données ne répond pas : bin/allant database start")
    raise typer.Exit(0 if version else 1)

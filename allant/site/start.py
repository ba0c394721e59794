"""Make Django, the database and its tables ready: called at the edge, by a command or a server, never at import."""

import os
from dataclasses import dataclass

from allant.site import database, home
from allant.site.postgres import Cluster


@dataclass(frozen=True)
class Ready:
    """What was started; `cluster` is None when the database is an outside server."""

    cluster: Cluster | None


class OtherVersion(RuntimeError):
    """The database knows migrations that this code does not; the message says what to do, in French."""


def start_django() -> None:
    """Load the settings and the apps; no database is touched."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "allant.site.settings")
    import django

    django.setup()


def start(*, migrate: bool = False) -> Ready:
    """Start the embedded server if it is ours, then Django; `migrate` brings an outside database up to date too.

    The embedded database is always brought up to date: nobody else would do it.
    """
    cluster = database.prepare(home.folder())
    start_django()
    if migrate or cluster is not None:
        bring_up_to_date()
    return Ready(cluster)


def forget_ended_sessions() -> None:
    """Delete the sessions that expired: they may name somebody, and nobody will come back to them."""
    from django.core.management import call_command

    call_command("clearsessions")


def bring_up_to_date() -> int:
    """Apply the migrations that are missing; how many there were. Two processes at once wait for each other.

    Raises `OtherVersion` before anything is changed.
    """
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    def missing() -> int:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if plan:
            _refuse_another_version(set(executor.loader.applied_migrations) - set(executor.loader.disk_migrations))
        return len(plan)

    if not missing():
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtext('allant migrate'))")
        try:
            count = missing()
            if count:
                call_command("migrate", verbosity=0, interactive=False)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(hashtext('allant migrate'))")
    return count


def _refuse_another_version(strangers: set[tuple[str, str]]) -> None:
    """Migrations were folded before the first release (and a newer Allant may have been here): then nothing fits together."""
    if strangers:
        example = " ".join(min(strangers))
        raise OtherVersion(
            "Cette base vient d'une autre version d'Allant :"
            f" celle-ci ne connaît pas {len(strangers)} de ses mises à jour ({example})."
            " Prenez la version qui l'a faite, ou, si elle ne contient que des essais, refaites-la : arrêtez-la"
            " (bin/allant database stop), supprimez le dossier « postgres » d'ALLANT_HOME (.allant), et recommencez."
        )

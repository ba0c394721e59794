"""Which database this installation uses: `DATABASE_URL`, or the embedded server in the data folder."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from psycopg import ProgrammingError, conninfo

from allant.site.home import BadSetting
from allant.site.postgres import Cluster

NAME = "allant"
WORDS = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD", "dbname": "NAME"}


def embedded(home: Path) -> Cluster:
    """The server of this installation; it may not run yet."""
    return Cluster(home / "postgres")


def is_embedded(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether this installation runs its own server."""
    return not environ.get("DATABASE_URL")


def address(home: Path, environ: Mapping[str, str] = os.environ) -> str:
    """The libpq address of the database, whether or not it answers. It may hold a password: never print it."""
    return environ.get("DATABASE_URL") or embedded(home).dsn(NAME)


def django_settings(home: Path, environ: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Django's description of the database. Starts nothing. Raises BadSetting when DATABASE_URL cannot be read."""
    try:
        words = conninfo.conninfo_to_dict(address(home, environ))
    except ProgrammingError as error:  # the address holds a password: it is not repeated
        raise BadSetting(
            "DATABASE_URL est illisible ; forme attendue : postgresql://utilisateur:mot-de-passe@serveur:5432/base."
        ) from error
    if not words.get("dbname"):
        raise BadSetting("DATABASE_URL ne nomme pas de base ; forme attendue : postgresql://utilisateur@serveur:5432/base.")
    known = {django: str(words.pop(libpq)) for libpq, django in WORDS.items() if libpq in words}
    return {
        "ENGINE": "django.db.backends.postgresql",
        **known,
        "OPTIONS": {"connect_timeout": 10, **words},
        "CONN_MAX_AGE": 600,  # seconds
        "CONN_HEALTH_CHECKS": True,  # a server that was killed and came back is found again
    }


def prepare(home: Path) -> Cluster | None:
    """Start the embedded server when this installation uses it, and make its database. None for an outside server."""
    if not is_embedded():
        return None
    cluster = embedded(home)
    cluster.start()
    cluster.ensure_database(NAME)
    return cluster

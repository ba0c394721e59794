"""A migrated database, made once and copied by each test process: migrating takes tens of seconds, copying one tenth of one.

`python -m tests.template_database NAME` migrates database NAME of the tests' cluster; the rest is for `tests/conftest.py`.
"""

import ast
import fcntl
import hashlib
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psycopg
from django.conf import settings
from psycopg import sql

from allant.site import postgres_binaries
from allant.site.home import CLONE
from allant.site.postgres import Cluster

PREFIX = "allant_template_"


def ensure(cluster: Cluster) -> str:
    """The name of a database that holds every migration of this code and nothing else; made when there is none."""
    name = PREFIX + fingerprint()
    with (cluster.data.parent / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with psycopg.connect(cluster.dsn("postgres"), autocommit=True) as connection:
            found = connection.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [PREFIX]).fetchall()
            if (name,) not in found:
                _forget(connection, [other for (other,) in found])
                _make(connection, name)
    return name


def copy_into(cluster: Cluster) -> None:
    """Start a cluster whose database `allant` is a copy of the template: what a first start would migrate, ten times sooner."""
    template = ensure(settings.CLUSTER)
    cluster.start()
    cluster.ensure_database("allant")
    programs = postgres_binaries.find()
    with subprocess.Popen([programs["pg_dump"], settings.CLUSTER.dsn(template)], stdout=subprocess.PIPE) as dump:
        options = ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--output=/dev/null"]
        subprocess.run([programs["psql"], *options, cluster.dsn("allant")], stdin=dump.stdout, check=True)
    assert dump.returncode == 0


def fingerprint() -> str:
    """Changes with the migrations, with what they import of the product, and with the libraries that bring their own."""
    migrations = sorted(CLONE.glob("allant/*/migrations/*.py"))
    parts = [CLONE / "requirements" / "run.lock", *migrations]
    parts += sorted({module for migration in migrations for module in _imported(migration)})
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.relative_to(CLONE).as_posix().encode() + part.read_bytes())
    return digest.hexdigest()[:16]


def _imported(migration: Path) -> list[Path]:
    """The files of the product that a migration imports: whole packages where it imports one."""
    found: list[Path] = []
    for node in ast.walk(ast.parse(migration.read_text(encoding="utf-8"))):
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        for name in names:
            place = CLONE.joinpath(*name.split("."))
            if name.startswith("allant."):
                found += [place.with_suffix(".py")] if place.with_suffix(".py").exists() else sorted(place.glob("*.py"))
    return found


def _make(connection: psycopg.Connection, name: str) -> None:
    """Migrate beside the final name, then rename: a killed start leaves no half of a template."""
    half = f"{name}_half"
    _forget(connection, [half])
    connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(half)))
    done = subprocess.run(
        [sys.executable, "-P", "-m", "tests.template_database", half], cwd=CLONE, env=os.environ | {"PYTHONPATH": str(CLONE)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"The migrations failed:\n{done.stderr}")
    connection.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(half), sql.Identifier(name)))


def _forget(connection: psycopg.Connection, names: list[str]) -> None:
    for name in names:
        with suppress(psycopg.Error):
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

    import django
    from django.conf import settings
    from django.core.management import call_command

    settings.DATABASES["default"]["NAME"] = sys.argv[1]
    django.setup()
    call_command("migrate", verbosity=0)

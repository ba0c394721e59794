"""What every test gets: a real PostgreSQL, strict templates, a real browser."""

import os
import signal
from collections.abc import Iterator
from contextlib import suppress

import psycopg
import pytest
from django.conf import settings
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from psycopg import sql

from tests import emptying, template_database

pytest_plugins = ["tests.browser", "tests.site.clusters"]

hypothesis_settings.register_profile("quick", max_examples=30, deadline=None, derandomize=True)
hypothesis_settings.register_profile(
    "long", max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def pytest_configure(config: pytest.Config) -> None:
    """Choose the generative profile, long when the long tests were asked for; make Ctrl-C work."""
    # A run started in the background inherits an ignored Ctrl-C, and so would the commands that the tests interrupt.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    long = "long" in (config.option.markexpr or "") and "not long" not in (config.option.markexpr or "")
    hypothesis_settings.load_profile("long" if long else "quick")


def pytest_sessionstart(session: pytest.Session) -> None:
    """Make the migrated template before the first test's patience is counted; processes of xdist find it made."""
    if not hasattr(session.config, "workerinput") and not session.config.option.collectonly:
        settings.CLUSTER.start()
        template_database.ensure(settings.CLUSTER)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Start the tests' own server before pytest-django makes its database, and drop what killed runs left."""
    settings.CLUSTER.start()
    with psycopg.connect(settings.CLUSTER.dsn("postgres"), autocommit=True) as connection:
        names = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE 'test_allant_%%'").fetchall()
        for (name,) in names:
            if not os.path.exists(f"/proc/{name.split('_')[2]}"):
                with suppress(psycopg.Error):
                    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
    emptying.install()
    settings.DATABASES["default"]["TEST"]["TEMPLATE"] = template_database.ensure(settings.CLUSTER)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> Iterator[None]:
    """As pytest-django's; at the end, end the sessions that servers and threads of the tests left in the database."""
    yield
    name = settings.DATABASES["default"]["NAME"]
    if not name.startswith("test_"):
        return  # no test of this process asked for a database
    with psycopg.connect(settings.CLUSTER.dsn("postgres"), autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])


@pytest.fixture(scope="session")
def cluster_dsn(django_db_setup: None) -> str:
    """The libpq address of this process's test database, for tools that connect by themselves."""
    return str(settings.CLUSTER.dsn(settings.DATABASES["default"]["NAME"]))

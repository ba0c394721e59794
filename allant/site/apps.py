"""The site as a Django app: it makes the database ready for the others."""

from django.apps import AppConfig, apps
from django.db import connections
from django.db.models.signals import pre_migrate

# pg_trgm and unaccent: search by name; btree_gist: periods that must not overlap; pgcrypto: digests
EXTENSIONS = ("pg_trgm", "unaccent", "btree_gist", "pgcrypto")


class SiteConfig(AppConfig):
    name = "allant.site"
    label = "site"
    verbose_name = "Site"

    def ready(self) -> None:
        # Before the first migration of any room, on any server, and so in test databases too.
        pre_migrate.connect(create_extensions, sender=apps.get_app_config("contenttypes"))


def create_extensions(*, using: str, **_signal: object) -> None:
    """Create the extensions the rooms rely on; the owner of the database may, they are all marked as trusted."""
    with connections[using].cursor() as cursor:
        for name in EXTENSIONS:
            cursor.execute(f"CREATE EXTENSION IF NOT EXISTS {name}")

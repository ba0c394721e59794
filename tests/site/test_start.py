"""Bringing a database up to date, or saying why not."""

import pytest
from django.db import connection

from allant.site.start import OtherVersion, bring_up_to_date


@pytest.mark.django_db
def test_a_database_of_another_version_is_refused_with_what_to_do() -> None:
    """Such as one made before the migrations were folded."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('people', '0099_elsewhere', now())")
        assert bring_up_to_date() == 0, "nothing is missing: it is left alone"
        cursor.execute("DELETE FROM django_migrations WHERE app = 'sessions'")
        with pytest.raises(OtherVersion, match=r"1 de ses mises à jour \(people 0099_elsewhere\).*supprimez le dossier"):
            bring_up_to_date()

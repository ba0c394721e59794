"""The EPCI of each commune, beside the register: the fact `person.epci` reads it.

Reference data without a model: nobody edits it, and a new year's communes are a new migration that fills it again.
"""

from django.db import migrations

from allant.geography import epci_of_communes


def fill(apps, schema_editor):
    """Replace the content by the packaged table of communes."""
    communes = epci_of_communes()
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("TRUNCATE people_epci_of_commune")
        cursor.execute(
            "INSERT INTO people_epci_of_commune SELECT * FROM unnest(%s::text[], %s::text[])",
            [list(communes), list(communes.values())],
        )
        cursor.execute("ANALYZE people_epci_of_commune")


class Migration(migrations.Migration):

    dependencies = [("people", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "CREATE TABLE people_epci_of_commune (commune text PRIMARY KEY, epci text NOT NULL)",
            "DROP TABLE people_epci_of_commune",
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]

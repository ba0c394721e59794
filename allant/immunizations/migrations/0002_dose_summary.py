from django.db import migrations

from allant.immunizations.summary import CURRENT_DOSES, dose_summary_sql

# Imported, not copied: the view has one definition. Who changes it adds a migration like this one; a test compares the two.


class Migration(migrations.Migration):
    dependencies = [("immunizations", "0001_initial")]

    operations = [
        migrations.RunSQL(
            f"CREATE OR REPLACE VIEW immunizations_dose_summary AS {dose_summary_sql(f'({CURRENT_DOSES})')}",
            "DROP VIEW immunizations_dose_summary",
        ),
    ]

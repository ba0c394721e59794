from django.db import migrations, models

from allant.immunizations.summary import CURRENT_DOSES, dose_summary_sql

DROP = "DROP VIEW immunizations_dose_summary"
CREATE = f"CREATE VIEW immunizations_dose_summary AS {dose_summary_sql(f'({CURRENT_DOSES})')}"


class Migration(migrations.Migration):
    """Room for `second_booster`. PostgreSQL does not widen a column that a view reads: the view is made again."""

    dependencies = [("immunizations", "0002_dose_summary")]

    operations = [
        migrations.RunSQL(DROP, CREATE),
        migrations.AlterField(
            model_name="dose",
            name="series",
            field=models.CharField(
                choices=[
                    ("primary", "Primo-vaccination"),
                    ("booster", "Rappel"),
                    ("second_booster", "Deuxième rappel"),
                    ("third_booster", "Troisième rappel"),
                ],
                max_length=14,
                verbose_name="série",
            ),
        ),
        migrations.RunSQL(CREATE, DROP),
    ]

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0001_initial")]

    operations = [
        migrations.RunSQL("CREATE SEQUENCE campaigns_code_serial AS bigint MINVALUE 1", "DROP SEQUENCE campaigns_code_serial")
    ]

"""`python -m tests.migrations`: no model changed without its migration. Exit code 1 when one did."""

import os

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

import django
from django.conf import settings
from django.core.management import call_command

if __name__ == "__main__":
    settings.CLUSTER.start()
    django.setup()
    call_command("makemigrations", "--check", "--dry-run")

"""Another Python process on this test's database and data folder, to be killed or to compete with."""

import os
import subprocess
import sys

from django.conf import settings
from django.db import connection

_READY = """
import os, sys
import tests.settings
tests.settings.ALLANT_HOME = type(tests.settings.ALLANT_HOME)(os.environ["ALLANT_SHARED_HOME"])
tests.settings.DATABASES["default"]["NAME"] = os.environ["ALLANT_SHARED_DATABASE"]
import django
django.setup()
"""


def start(work: str, talks: bool = False) -> subprocess.Popen[str]:
    """Run `work`, Python that finds Django ready; its output is read from `stdout`, and it reads `stdin` when it `talks`."""
    shared = {"ALLANT_SHARED_HOME": str(settings.ALLANT_HOME), "ALLANT_SHARED_DATABASE": connection.settings_dict["NAME"]}
    # A killed process cannot remove its own temporary folder: it goes with this one's.
    environ = os.environ | shared | {"DJANGO_SETTINGS_MODULE": "tests.settings", "TMPDIR": str(settings.ALLANT_HOME)}
    command, stdin = [sys.executable, "-c", _READY + work], subprocess.PIPE if talks else None
    return subprocess.Popen(command, stdin=stdin, stdout=subprocess.PIPE, text=True, env=environ)

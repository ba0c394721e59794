"""Another Python process on this test's database and data folder, to be killed or to compete with."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

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


@contextmanager
def running(work: str) -> Iterator[subprocess.Popen[str]]:
    """Run `work`, Python that finds Django ready and talks by `stdin` and `stdout`; what is left of it at the end is killed."""
    shared = {"ALLANT_SHARED_HOME": str(settings.ALLANT_HOME), "ALLANT_SHARED_DATABASE": connection.settings_dict["NAME"]}
    # A killed process cannot remove its own temporary folder: it goes with this one's.
    environ = os.environ | shared | {"DJANGO_SETTINGS_MODULE": "tests.settings", "TMPDIR": str(settings.ALLANT_HOME)}
    command = [sys.executable, "-c", _READY + work]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environ) as process:
        try:
            yield process
        finally:
            process.kill()

"""Another Python process on this test's database and data folder, to be killed or to compete with."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import connection

_READY = """
import os, sys
import tests.settings
tests.settings.ALLANT_HOME = type(tests.settings.ALLANT_HOME)(os.environ["ALLANT_SHARED_HOME"])
tests.settings.DATABASES["default"]["NAME"] = os.environ["ALLANT_SHARED_DATABASE"]
tests.settings.DATABASES["default"]["HOST"] = os.environ["ALLANT_SHARED_HOST"]
import django
django.setup()
"""


@contextmanager
def running(work: str) -> Iterator[subprocess.Popen[str]]:
    """Run `work`, Python that finds Django ready and talks by `stdin` and `stdout`; what is left of it at the end is killed."""
    with start(work, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def start(work: str, **options: Any) -> subprocess.Popen[Any]:
    """Start `work`; `options` are those of Popen."""
    database = connection.settings_dict
    shared = {
        "ALLANT_SHARED_HOME": str(settings.ALLANT_HOME),
        "ALLANT_SHARED_DATABASE": database["NAME"],
        "ALLANT_SHARED_HOST": database["HOST"],
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        # A killed process cannot remove its own temporary folder: it goes with this one's.
        "TMPDIR": str(settings.ALLANT_HOME),
    }
    return subprocess.Popen([sys.executable, "-c", _READY + work], env=os.environ | shared, **options)

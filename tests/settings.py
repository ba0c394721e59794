"""Settings of the tests: a cluster of their own, a database for each process, quick hashing, plain static files."""

import atexit
import os
import shutil
import tempfile

from allant.site import home

os.environ["ALLANT_HOME"] = tempfile.mkdtemp(prefix="allant-tests-")  # one a process: parallel tests never share files
os.environ.pop("ALLANT_TODAY", None)

from allant.site.postgres import Cluster
from allant.site.settings import *  # noqa: F403
from allant.site.settings import ALLANT_HOME, TEMPLATES
from tests.templates import MissingVariable

atexit.register(shutil.rmtree, ALLANT_HOME, ignore_errors=True)

TEMPLATES[0]["OPTIONS"]["string_if_invalid"] = MissingVariable()  # type: ignore[index]

# Nothing here is worth a disk's patience.
CLUSTER = Cluster(
    home.CLONE / ".allant" / "test-postgres",
    options={"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "256MB"},
)
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "postgres",
        "USER": "allant",
        "HOST": str(CLUSTER.socket_folder),
        "PORT": "5432",
        "TEST": {"NAME": f"test_allant_{os.getpid()}"},
    }
}
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
WHITENOISE_AUTOREFRESH = True

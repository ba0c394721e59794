"""The door for a WSGI server."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "allant.site.settings")

application = get_wsgi_application()
get_resolver().url_patterns  # noqa: B018  the pages and their libraries are loaded now, not by the first visitor

"""PF-02, the form of the page without HTTP: CPU of the POST that records a dose, beside a one-row JSON view and beside a
signed-in POST that only writes the access log, which is what a page costs before it does anything (decision 0019).

    .allant/venv/bin/python bench/pf02_form.py [--doses 300] [--rounds 3] [--profile]

All three through Django's WSGI handler and all middleware, on a database of its own in the tests' cluster, dropped at the end.
CPU-seconds are those of this process and of its database session. Medians, in JSON; `--profile` prints where the time goes too.
"""

from __future__ import annotations

import argparse
import cProfile
import io
import json
import os
import pstats
import statistics
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from types import ModuleType

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

import django
import pf02_pages
import psycopg
from pf02_record import measured

TODAY = date(2021, 6, 30)
Request = tuple[str, str, bytes, str]


def request(method: str, path: str, body: bytes = b"", headers: str = "") -> Request:
    """What `pf02_pages` makes bytes of, kept apart for the handler."""
    return method, path, body, headers


def sent(requests: Sequence[Request], status: str) -> None:
    """Through the handler, one after the other; each must answer `status`."""
    from django.core.handlers.wsgi import WSGIHandler

    handler = WSGIHandler()
    for method, path, body, headers in requests:
        told = dict(line.split(": ", 1) for line in headers.splitlines())
        environ = {
            "REQUEST_METHOD": method, "PATH_INFO": path, "SCRIPT_NAME": "", "QUERY_STRING": "", "SERVER_NAME": "localhost",
            "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "HTTP_HOST": "localhost", "REMOTE_ADDR": "127.0.0.1",
            "HTTP_COOKIE": told.get("Cookie", ""), "CONTENT_TYPE": told.get("Content-Type", ""), "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": io.BytesIO(body), "wsgi.url_scheme": "http", "wsgi.errors": sys.stderr,
        }  # fmt: skip
        response = handler(environ, lambda line, headers: None)
        list(response)
        assert str(response.status_code) == status, (response.status_code, path)  # type: ignore[attr-defined]


def addresses() -> list[object]:
    """The two floors, then the site."""
    from django.conf import settings
    from django.http import HttpRequest, HttpResponse, JsonResponse
    from django.shortcuts import redirect
    from django.urls import include, path

    from allant.accounts.access import public, requires
    from allant.accounts.log import log_request
    from allant.accounts.models import LoggedAction
    from allant.accounts.roles import Role
    from allant.people.models import Person

    @public
    def person(request: HttpRequest, number: int) -> JsonResponse:
        return JsonResponse(Person.objects.values("id", "family_name", "given_names", "birth_date", "sex").get(pk=number))

    @requires(Role.HEALTH_PROFESSIONAL)
    def logs_only(request: HttpRequest, number: int) -> HttpResponse:
        log_request(request, LoggedAction.WRITE, "banc d'essai", [number])
        return redirect("/")

    floors = [path("bench/json/<int:number>", person), path("bench/log/<int:number>", logs_only)]
    return [*floors, path("", include(settings.ROOT_URLCONF))]


def one_round(number: int, count: int, profile: bool) -> dict[str, tuple[float, float]]:
    """As many doses of new persons, and as many requests of each floor, from the same sessions."""
    from tests.people.builders import load

    first = number * count + 1
    load(count, first_id=first, born=date(1950, 5, 1))
    _, _, records, _ = pf02_pages.journeys(range(first, first + count), request, TODAY)
    logs = [("POST", f"/bench/log/{first + n}", body, headers) for n, (_, _, body, headers) in enumerate(records)]
    views = [("GET", f"/bench/json/{pk}", b"", "") for pk in range(first, first + count)]
    if profile:
        profiler = cProfile.Profile()
        profiler.runcall(sent, records, "302")
        pstats.Stats(profiler, stream=sys.stderr).sort_stats("cumulative").print_stats(70)
        return {}
    return {
        "json_view": measured(lambda: sent(views, "200")),
        "signed_in_post": measured(lambda: sent(logs, "302")),
        "form": measured(lambda: sent(records, "302")),
    }


def measure(options: argparse.Namespace) -> dict[str, object]:
    """The rounds, after one that warms up."""
    from django.conf import settings

    module = ModuleType("pf02_form_urls")
    module.urlpatterns = addresses()  # type: ignore[attr-defined]
    sys.modules[module.__name__] = module
    settings.ROOT_URLCONF, settings.ALLANT_TODAY = module.__name__, TODAY
    one_round(0, options.doses, profile=False)
    rounds = [one_round(number, options.doses, profile=False) for number in range(1, options.rounds + 1)]
    if options.profile:
        one_round(options.rounds + 1, options.doses, profile=True)
    cpu = {side: statistics.median(taken[side][1] for taken in rounds) / options.doses * 1000 for side in rounds[0]}
    return {
        "doses": options.doses,
        **{f"{side}_cpu_ms": round(spent, 3) for side, spent in cpu.items()},
        "form_over_json_view": round(cpu["form"] / cpu["json_view"], 2),
        "signed_in_post_over_json_view": round(cpu["signed_in_post"] / cpu["json_view"], 2),
        "form_over_signed_in_post": round(cpu["form"] / cpu["signed_in_post"], 2),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--doses", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    settings.CLUSTER.start()
    name = f"bench_pf02_form_{os.getpid()}"
    settings.CLUSTER.ensure_database(name)
    connection.settings_dict |= {"NAME": name, "CONN_MAX_AGE": None}
    settings.ALLOWED_HOSTS = ["localhost", "testserver"]
    try:
        call_command("migrate", verbosity=0)
        print(json.dumps(measure(options), indent=2))
    finally:
        connection.close()
        with psycopg.connect(settings.CLUSTER.dsn("postgres"), autocommit=True) as admin:
            admin.execute(f"DROP DATABASE {name}")


if __name__ == "__main__":
    main()

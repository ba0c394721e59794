"""A route: which centre, as whom, how fast. It is the installation's: the environment says it.

ALLANT_SMS_ROUTE   smpp://identifier:password@host:port/?name=principale&source=38000&per_second=100&window=50
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

from django.conf import settings


class BadRoute(ValueError):
    """A route that cannot be read; says in French what is wrong, without the password."""


@dataclass(frozen=True, slots=True)
class Route:
    """A way to a centre. `per_second`: parts of SMS, shared by every sender of the route; `window`: parts given, not answered."""

    host: str
    port: int
    system_id: str
    password: str
    name: str = "principale"
    source: str = ""
    per_second: float = 100.0
    window: int = 50
    link_seconds: float = 30.0
    "Between two controls of an idle connection."


def route_of(address: str) -> Route:
    """The route written in one address. Raises BadRoute."""
    parts = urlsplit(address)
    given = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    if parts.scheme != "smpp" or not parts.hostname:
        raise BadRoute("Route SMS illisible : attendu smpp://identifiant:motdepasse@hôte:port/?name=…&source=…&per_second=…")
    unknown = given.keys() - {"name", "source", "per_second", "window", "link_seconds"}
    if unknown:
        raise BadRoute(f"Route SMS : option inconnue « {sorted(unknown)[0]} ».")
    try:
        numbers = {key: convert(given[key]) for key, convert in _NUMBERS.items() if key in given}
    except ValueError:
        raise BadRoute("Route SMS : per_second, window et link_seconds sont des nombres.") from None
    if any(value <= 0 for value in numbers.values()):
        raise BadRoute("Route SMS : per_second, window et link_seconds sont plus grands que zéro.")
    texts = {key: given[key] for key in ("name", "source") if key in given}
    credentials = unquote(parts.username or ""), unquote(parts.password or "")
    return Route(parts.hostname, parts.port or 2775, *credentials, **texts, **numbers)  # type: ignore[arg-type]


_NUMBERS = {"per_second": float, "window": int, "link_seconds": float}


def configured() -> Route:
    """The installation's route. Raises BadRoute when there is none."""
    if not settings.ALLANT_SMS_ROUTE:
        raise BadRoute(
            "Aucune route SMS : donnez ALLANT_SMS_ROUTE, par exemple "
            "smpp://allant:secret@127.0.0.1:9406/?source=38000 (allant simulate sms-centre ouvre un centre d'essai)."
        )
    return route_of(settings.ALLANT_SMS_ROUTE)

"""Where e-mails leave from, and where their bounces come back: the installation's, said by the environment.

ALLANT_SMTP            smtp://[user:password@]host[:port]; smtps:// for TLS at once, smtp+starttls:// to begin without
ALLANT_MAIL_FROM       the sender's address
ALLANT_BOUNCES         the Maildir in which the mail server leaves what comes back
ALLANT_BOUNCE_SECRET   the key that signs bounces told by a webhook; without it the webhook is closed
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
FROM = "L'Assurance Maladie <ne-pas-repondre@exemple.fr>"
TIMEOUT = 20  # seconds, for one answer of the mail server


class BadRoute(ConnectionError):
    """The environment does not say a usable route; the message says why, in French."""


@dataclass(frozen=True, slots=True)
class Route:
    """An SMTP server, and the sender's address."""

    host: str
    port: int
    username: str = ""
    password: str = ""
    starttls: bool = False
    tls: bool = False
    sender: str = FROM
    name: str = "smtp"

    @property
    def domain(self) -> str:
        """The domain of the sender, which names messages."""
        return self.sender.rpartition("@")[2].rstrip("> ")


def from_environment(environ: Mapping[str, str] = os.environ) -> Route:
    """The route of this installation. Raises BadRoute."""
    address = environ.get("ALLANT_SMTP", "")
    if not address:
        raise BadRoute("ALLANT_SMTP n'est pas réglé : donnez l'adresse du serveur de courriel, par exemple smtp://127.0.0.1:2525.")
    parts = urlsplit(address)
    if parts.scheme not in PORTS or not parts.hostname:
        raise BadRoute(f"ALLANT_SMTP doit commencer par {' ou '.join(f'{name}://' for name in PORTS)} et nommer un serveur.")
    try:
        port = parts.port or PORTS[parts.scheme]
    except ValueError:
        raise BadRoute("ALLANT_SMTP : le port est un nombre de 1 à 65535.") from None
    return Route(
        parts.hostname, port, unquote(parts.username or ""), unquote(parts.password or ""),
        starttls=parts.scheme == "smtp+starttls", tls=parts.scheme == "smtps", sender=environ.get("ALLANT_MAIL_FROM", FROM),
    )  # fmt: skip


def bounces_folder(environ: Mapping[str, str] = os.environ) -> Path | None:
    """The Maildir of bounces, None when there is none."""
    return Path(environ["ALLANT_BOUNCES"]) if environ.get("ALLANT_BOUNCES") else None


def bounce_secret(environ: Mapping[str, str] = os.environ) -> bytes:
    """The key of the webhook; empty: it is closed."""
    return environ.get("ALLANT_BOUNCE_SECRET", "").encode()

"""The folder where this installation keeps its data, its secret and its server: `ALLANT_HOME`, or `.allant/` in the clone."""

import os
import secrets
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

LOOPBACK = ("127.0.0.1", "localhost", "::1")
CLONE = Path(__file__).resolve().parents[2]


class BadSetting(ValueError):
    """An environment variable that cannot be read; the text says what was seen and what is expected."""


def folder(environ: Mapping[str, str] = os.environ) -> Path:
    """The data folder, absolute; it may not exist yet."""
    return Path(environ.get("ALLANT_HOME") or CLONE / ".allant").expanduser().resolve()


def fixed_today(environ: Mapping[str, str] = os.environ) -> date | None:
    """The day a demonstration takes for today (`ALLANT_TODAY`), or None to live now. Raises BadSetting."""
    text = environ.get("ALLANT_TODAY", "")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise BadSetting(f"ALLANT_TODAY vaut « {text} » ; une date est attendue, par exemple 2021-11-21.") from error


def origin(environ: Mapping[str, str] = os.environ) -> SplitResult | None:
    """The public address (`ALLANT_ORIGIN`), or None on this machine only. Raises BadSetting."""
    text = environ.get("ALLANT_ORIGIN", "").rstrip("/")
    if not text:
        return None
    address = urlsplit(text)
    if address.scheme not in {"http", "https"} or not address.hostname or address.path or address.query or address.username:
        raise BadSetting(
            f"ALLANT_ORIGIN vaut « {text} » ; une adresse sans chemin est attendue, par exemple https://allant.exemple.fr."
        )
    return address


def is_public(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether others than this machine reach the site."""
    address = origin(environ)
    return address is not None and address.hostname not in LOOPBACK


def secret_key(home: Path) -> str:
    """The key that signs sessions: made once, kept in `home`, readable by its owner alone. Two first starts agree on one."""
    kept = home / "secret-key"
    if not kept.exists():
        home.mkdir(parents=True, exist_ok=True)
        fresh = home / f"secret-key.{os.getpid()}"
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as handle:
            handle.write(secrets.token_urlsafe(50))
        try:
            os.link(fresh, kept)  # atomic, and fails when another process was first
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return kept.read_text().strip()

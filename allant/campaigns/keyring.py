"""The secrets behind targeting codes: one file outside the database, versions never reused."""

import json
import os
import secrets
from functools import cache
from pathlib import Path

from django.conf import settings

from allant.campaigns.codes import Key
from allant.campaigns.models import Invitation


class KeyMissing(LookupError):
    """Codes are in circulation whose key is not in the file; the message says what to do, in French."""


def keys() -> dict[int, Key]:
    """Every version, by number. The file is created with a first version while no code is given out. Raises KeyMissing."""
    return _load(_path())


def _path() -> Path:
    return Path(settings.ALLANT_HOME) / "keys" / "codes.json"


def current() -> Key:
    """The key for new codes: the last version."""
    known = keys()
    return known[max(known)]


def key(version: int) -> Key:
    """The key of a version found on an invitation. Raises KeyMissing."""
    if (found := keys().get(version)) is None:
        raise KeyMissing(f"La clé de version {version} manque dans {_path()} : remettez ce fichier depuis sa sauvegarde.")
    return found


@cache
def _load(path: Path) -> dict[int, Key]:
    if not path.exists():
        if Invitation.objects.exists():  # another key would make every code in circulation unreadable
            raise KeyMissing(f"{path} manque, alors que des codes circulent : remettez ce fichier depuis sa sauvegarde.")
        _create(path)
    return {int(version): Key(int(version), bytes.fromhex(secret)) for version, secret in json.loads(path.read_text()).items()}


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_suffix(f".{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump({"1": secrets.token_hex(32)}, file)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)  # the first of two processes wins, the other reads its key
    except FileExistsError:
        pass
    finally:
        draft.unlink()

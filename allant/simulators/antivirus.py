"""An antivirus that speaks as ClamAV's clamd (`zINSTREAM`), simulated: it finds the EICAR test file, and nothing else."""

from __future__ import annotations

import argparse
import socketserver
import struct
from collections.abc import Sequence

LOOPBACK, PORT = "127.0.0.1", 9414
EICAR = b"EICAR-STANDARD-" + b"ANTIVIRUS-TEST-FILE"  # apart, so that this file is not taken for one
MOST = 50_000_000


class Session(socketserver.StreamRequestHandler):
    """One file."""

    def handle(self) -> None:
        """Read the command and the chunks, answer."""
        if self.rfile.read(10) != b"zINSTREAM\0":
            self.wfile.write(b"UNKNOWN COMMAND\0")
            return
        content = b""
        while size := struct.unpack("!L", self.rfile.read(4))[0]:
            content += self.rfile.read(size)
            if len(content) > MOST:
                self.wfile.write(b"INSTREAM size limit exceeded. ERROR\0")
                return
        self.wfile.write(b"stream: Eicar-Test-Signature FOUND\0" if EICAR in content else b"stream: OK\0")


class Server(socketserver.ThreadingTCPServer):
    """Sessions side by side."""

    allow_reuse_address = True
    daemon_threads = True


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until ended."""
    parser = argparse.ArgumentParser(description="Antivirus (protocole de clamd), simulé.")
    parser.add_argument("--port", type=int, default=PORT)
    options = parser.parse_args(arguments)
    with Server((LOOPBACK, options.port), Session) as server:
        print(f"tcp://{LOOPBACK}:{server.server_address[1]}", flush=True)
        server.serve_forever()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

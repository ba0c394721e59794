"""The other social protection bodies, simulated: each is told of certified numbers (ID-04).

    POST /bodies/CODE/notices  {key, former, number, kind}  → 200; the same key again is the same notice
    POST /control              {"fail": {"CNAF": n}, "lose": {"CNAF": n}}
    GET  /control              {CODE: {"applied": [notices, each once], "received": how many requests}}

`lose`: the next n notices are applied and their answer cut off, so that they are sent again.
"""

from __future__ import annotations

import argparse
import threading
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import flask
from werkzeug.serving import make_server

LOOPBACK, PORT = "127.0.0.1", 9413


def create_app() -> flask.Flask:
    """The bodies as one WSGI application."""
    app = flask.Flask(__name__)
    lock = threading.Lock()
    applied: dict[str, dict[str, Any]] = defaultdict(dict)
    received: dict[str, int] = defaultdict(int)
    faults: dict[str, dict[str, int]] = {"fail": {}, "lose": {}}

    def spend(fault: str, code: str) -> bool:
        with lock:
            left = faults[fault].get(code, 0)
            faults[fault][code] = max(left - 1, 0)
        return left > 0

    @app.post("/bodies/<code>/notices")
    def notice(code: str) -> flask.typing.ResponseReturnValue:
        if spend("fail", code):
            return "indisponible", 503
        told = flask.request.get_json(force=True)
        with lock:
            received[code] += 1
            applied[code].setdefault(told["key"], told)
        if spend("lose", code):
            flask.request.environ["werkzeug.socket"].close()
            raise ConnectionAbortedError
        return flask.jsonify({"key": told["key"]})

    @app.post("/control")
    def control() -> flask.typing.ResponseReturnValue:
        told = flask.request.get_json(force=True)
        for fault in faults.keys() & told.keys():
            faults[fault] |= told[fault]
        return flask.jsonify(faults)

    @app.get("/control")
    def holds() -> flask.typing.ResponseReturnValue:
        return flask.jsonify({
            code: {"applied": list(notices.values()), "received": received[code]} for code, notices in applied.items()
        })  # fmt: skip

    return app


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until ended."""
    parser = argparse.ArgumentParser(description="Organismes de protection sociale, simulés.")
    parser.add_argument("--port", type=int, default=PORT)
    options = parser.parse_args(arguments)
    server = make_server(LOOPBACK, options.port, create_app(), threaded=True)
    print(f"http://{LOOPBACK}:{server.server_port}", flush=True)
    server.serve_forever()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

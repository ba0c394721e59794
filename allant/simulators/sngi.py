"""SNGI, the national reference of identities, simulated (ID-04): one identity, one number, whoever asks and however often.

    POST /identities/search  {family_name, given_names, sex, birth_date, birth_rank}     → 200 {number, kind} or 404
    POST /identities         the same, with key and body                                 → 200 {number, kind, new}
    POST /control            {"fail": n, "lose": n, "delay": s, "known": [{…identity, number, kind}]}
    GET  /control            what it holds

`fail`: the next n requests answer 503. `lose`: the next n allot the number and cut the answer off.
"""

from __future__ import annotations

import argparse
import threading
import time
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

import flask
from werkzeug.serving import make_server

LOOPBACK, PORT = "127.0.0.1", 9411


class Identities:
    """Who is known, in memory, and how the service misbehaves."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.known: dict[tuple[str, ...], dict[str, Any]] = {}
        self.faults: dict[str, float] = {"fail": 0, "lose": 0, "delay": 0.0}

    def spend(self, fault: str) -> bool:
        """Whether this request suffers the fault, one less to come."""
        with self.lock:
            left = self.faults[fault]
            self.faults[fault] = max(left - 1, 0)
        return left > 0

    def find(self, identity: Mapping[str, Any]) -> dict[str, Any] | None:
        """The number of an identity."""
        return self.known.get(same(identity))

    def allot(self, identity: Mapping[str, Any], body: str) -> tuple[dict[str, Any], bool]:
        """The number of an identity, allotted when it has none; and whether it is new."""
        with self.lock:
            found = self.known.get(same(identity))
            new = found is None
            if found is None:
                found = {"number": self._next(identity), "kind": "NIA", "bodies": []}
                self.known[same(identity)] = found
            if body and body not in found["bodies"]:
                found["bodies"].append(body)
            return found, new

    def _next(self, identity: Mapping[str, Any]) -> str:
        born = str(identity.get("birth_date") or "")
        year, month = (born[2:4], born[5:7]) if len(born) == 10 else ("00", "20")
        rank = len(self.known)
        return f"{'2' if identity.get('sex') == 'F' else '1'}{year}{month}99{150 + rank // 900:03d}{rank % 900 + 1:03d}"


def same(identity: Mapping[str, Any]) -> tuple[str, ...]:
    """What two bodies that ask for one person have in common: names without accents nor case, sex, birth."""
    plain = [unicodedata.normalize("NFKD", str(identity.get(name, "")).casefold()) for name in ("family_name", "given_names")]
    names = ["".join(letter for letter in text if letter.isalnum()) for text in plain]
    return (*names, *(str(identity.get(name, "")) for name in ("sex", "birth_date", "birth_rank")))


def create_app(identities: Identities) -> flask.Flask:
    """The service as a WSGI application."""
    app = flask.Flask(__name__)

    @app.before_request
    def misbehave() -> flask.typing.ResponseReturnValue | None:
        if flask.request.path == "/control":
            return None
        time.sleep(identities.faults["delay"])
        return ("indisponible", 503) if identities.spend("fail") else None

    @app.post("/identities/search")
    def search() -> flask.typing.ResponseReturnValue:
        found = identities.find(flask.request.get_json(force=True))
        return flask.jsonify({"number": found["number"], "kind": found["kind"]}) if found else ("inconnu", 404)

    @app.post("/identities")
    def allot() -> flask.typing.ResponseReturnValue:
        asked = flask.request.get_json(force=True)
        found, new = identities.allot(asked, str(asked.get("body", "")))
        if identities.spend("lose"):
            flask.request.environ["werkzeug.socket"].close()
            raise ConnectionAbortedError
        return flask.jsonify({"number": found["number"], "kind": found["kind"], "new": new})

    @app.post("/control")
    def control() -> flask.typing.ResponseReturnValue:
        told = flask.request.get_json(force=True)
        identities.faults |= {name: told[name] for name in identities.faults.keys() & told.keys()}
        for each in told.get("known", []):
            identities.known[same(each)] = {"number": each["number"], "kind": each["kind"], "bodies": []}
        return flask.jsonify(identities.faults)

    @app.get("/control")
    def holds() -> flask.typing.ResponseReturnValue:
        return flask.jsonify({"known": list(identities.known.values())})

    return app


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until ended."""
    parser = argparse.ArgumentParser(description="SNGI, simulé. Exemple : allant simulate sngi --port 9411")
    parser.add_argument("--port", type=int, default=PORT)
    options = parser.parse_args(arguments)
    server = make_server(LOOPBACK, options.port, create_app(Identities()), threaded=True)
    print(f"http://{LOOPBACK}:{server.server_port}", flush=True)
    server.serve_forever()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

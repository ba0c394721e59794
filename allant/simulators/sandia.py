"""SANDIA, which certifies identities, simulated (ID-04): it takes files at once and answers later, when told to, as badly as
told.

    POST /files            {key, number, identity, documents}  → 202; the same key again is the same file
    GET  /answers?after=N  {"answers": [{seq, key, submission, kind, number, reasons}]}
    POST /control          {"fail": n, "decide": [{"submission": key, "kind": "certified|rejected", "reasons": [...], "number":
    …}],                         "twice": bool, "reversed": bool, "decide_all": "certified"}
    GET  /control          what it received

A file is `received` (an answer too), then certified or rejected as `decide` says. `twice`: every answer is given twice.
`reversed`: the decision is told before the receipt.
"""

from __future__ import annotations

import argparse
import threading
from collections.abc import Sequence
from typing import Any

import flask
from werkzeug.serving import make_server

LOOPBACK, PORT = "127.0.0.1", 9412


class Examination:
    """Files and answers in memory."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.files: dict[str, dict[str, Any]] = {}
        self.answers: list[dict[str, Any]] = []
        self.held: list[dict[str, Any]] = []
        self.ways: dict[str, Any] = {"fail": 0, "twice": False, "reversed": False}

    def receive(self, file: dict[str, Any]) -> None:
        """Keep a file; its receipt is an answer, held back when answers come in reverse."""
        with self.lock:
            if file["key"] in self.files:
                return
            self.files[file["key"]] = file
            receipt = {"key": f"recu-{file['key']}", "submission": file["key"], "kind": "received"}
            self.held.append(receipt) if self.ways["reversed"] else self._say(receipt)

    def decide(self, told: dict[str, Any]) -> None:
        """Certify or reject one file."""
        with self.lock:
            number = told.get("number") or self.files[told["submission"]]["number"]
            key = f"{told['kind']}-{told['submission']}"
            self._say({"key": key, "submission": told["submission"], "kind": told["kind"],
                       "number": number if told["kind"] == "certified" else "", "reasons": told.get("reasons", [])})  # fmt: skip
            while self.held:
                self._say(self.held.pop())

    def spend(self) -> bool:
        """Whether this request fails, one less to come."""
        with self.lock:
            left = int(self.ways["fail"])
            self.ways["fail"] = max(left - 1, 0)
        return left > 0

    def _say(self, answer: dict[str, Any]) -> None:
        for _ in range(2 if self.ways["twice"] else 1):
            self.answers.append({**answer, "seq": len(self.answers) + 1})


def create_app(examination: Examination) -> flask.Flask:
    """The service as a WSGI application."""
    app = flask.Flask(__name__)

    @app.before_request
    def misbehave() -> flask.typing.ResponseReturnValue | None:
        return ("indisponible", 503) if flask.request.path != "/control" and examination.spend() else None

    @app.post("/files")
    def receive() -> flask.typing.ResponseReturnValue:
        examination.receive(flask.request.get_json(force=True))
        return flask.jsonify({}), 202

    @app.get("/answers")
    def answers() -> flask.typing.ResponseReturnValue:
        after = int(flask.request.args.get("after", "0"))
        return flask.jsonify({"answers": [each for each in examination.answers if each["seq"] > after]})

    @app.post("/control")
    def control() -> flask.typing.ResponseReturnValue:
        told = flask.request.get_json(force=True)
        examination.ways |= {name: told[name] for name in examination.ways.keys() & told.keys()}
        for each in told.get("decide", []):
            examination.decide(each)
        if kind := told.get("decide_all"):
            decided = {each["submission"] for each in examination.answers if each["kind"] != "received"}
            for key in [key for key in examination.files if key not in decided]:
                examination.decide({"submission": key, "kind": kind})
        return flask.jsonify(examination.ways)

    @app.get("/control")
    def holds() -> flask.typing.ResponseReturnValue:
        return flask.jsonify({"files": list(examination.files.values()), "answers": examination.answers})

    return app


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until ended."""
    parser = argparse.ArgumentParser(description="SANDIA, simulé. Exemple : allant simulate sandia --port 9412")
    parser.add_argument("--port", type=int, default=PORT)
    options = parser.parse_args(arguments)
    server = make_server(LOOPBACK, options.port, create_app(Examination()), threaded=True)
    print(f"http://{LOOPBACK}:{server.server_port}", flush=True)
    server.serve_forever()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

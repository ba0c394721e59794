"""A booking partner's system (AP-06): FHIR R4 Slot and Appointment, as slow and as faulty as told.

    GET   /Slot?schedule.actor=…&status=free&start=ge…&start=lt…
    POST  /Appointment                       If-None-Exist: identifier=SYSTEM|KEY
    GET   /Appointment?identifier=SYSTEM|KEY
    PATCH /Appointment/ID                    [{"op": "replace", "path": "/status", "value": "cancelled"}]
    POST  /control                           {"delay": seconds, "fail": n, "lose": n, "forget": bool, "slots": [...]}
    GET   /control                           what it holds

`fail`: the next n requests answer 503. `lose`: the next n bookings are made and their answer is cut off. `forget`: a key seen
before is not recognised, so that it is booked twice.
"""

from __future__ import annotations

import argparse
import threading
import time
from collections.abc import Sequence
from typing import Any

import flask
from werkzeug.serving import make_server

LOOPBACK, PORT = "127.0.0.1", 9407
FHIR = "application/fhir+json"


class Calendar:
    """Slots and appointments in memory, and how the partner misbehaves."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.slots: dict[str, dict[str, Any]] = {}
        self.appointments: list[dict[str, Any]] = []
        self.faults: dict[str, Any] = {"delay": 0.0, "fail": 0, "lose": 0, "forget": False}

    def spend(self, fault: str) -> bool:
        """Whether this request suffers the fault, one less to come."""
        with self.lock:
            left = int(self.faults[fault])
            self.faults[fault] = max(left - 1, 0)
        return left > 0

    def book(self, key: str, slot: str) -> tuple[dict[str, Any] | None, bool]:
        """The appointment of a key, and whether it is new; None when the slot is not free."""
        with self.lock:
            known = [each for each in self.appointments if each["identifier"][0]["value"] == key and each["status"] == "booked"]
            if known and not self.faults["forget"]:
                return known[0], False
            if slot not in self.slots or (self.slots[slot]["status"] != "free" and not known):
                return None, False
            self.slots[slot]["status"] = "busy"
            made = {
                "resourceType": "Appointment", "id": f"rdv-{len(self.appointments) + 1}", "status": "booked",
                "identifier": [{"system": "urn:allant:appointment", "value": key}], "slot": [{"reference": f"Slot/{slot}"}],
            }  # fmt: skip
            self.appointments.append(made)
            return made, True

    def cancel(self, number: str) -> dict[str, Any] | None:
        """Cancel one; its slot is free unless another booking of the slot stands."""
        with self.lock:
            found = next((each for each in self.appointments if each["id"] == number), None)
            if found is not None:
                found["status"] = "cancelled"
                reference = found["slot"][0]["reference"]
                others = [each for each in self.appointments if each["slot"][0]["reference"] == reference]
                if all(each["status"] != "booked" for each in others):
                    self.slots[reference.removeprefix("Slot/")]["status"] = "free"
            return found


def create_app(calendar: Calendar) -> flask.Flask:
    """The partner as a WSGI application."""
    app = flask.Flask(__name__)

    @app.before_request
    def misbehave() -> flask.typing.ResponseReturnValue | None:
        if flask.request.path == "/control":
            return None
        time.sleep(float(calendar.faults["delay"]))
        return _outcome(503, "transient") if calendar.spend("fail") else None

    @app.get("/Slot")
    def slots() -> flask.typing.ResponseReturnValue:
        asked = flask.request.args
        low = [each[2:] for each in asked.getlist("start") if each.startswith("ge")]
        high = [each[2:] for each in asked.getlist("start") if each.startswith("lt")]
        found = [
            slot for slot in calendar.slots.values()
            if slot["status"] == "free" and slot["schedule"]["reference"] == asked.get("schedule.actor")
            and all(slot["start"] >= each for each in low) and all(slot["start"] < each for each in high)
        ]  # fmt: skip
        return _bundle(sorted(found, key=lambda slot: slot["start"]))

    @app.post("/Appointment")
    def book() -> flask.typing.ResponseReturnValue:
        resource = flask.request.get_json(force=True)
        key, slot = resource["identifier"][0]["value"], resource["slot"][0]["reference"].removeprefix("Slot/")
        made, new = calendar.book(key, slot)
        if made is not None and calendar.spend("lose"):
            _cut()
        return _outcome(409, "conflict") if made is None else (_json(made), 201 if new else 200)

    @app.get("/Appointment")
    def search() -> flask.typing.ResponseReturnValue:
        key = flask.request.args.get("identifier", "").partition("|")[2]
        return _bundle([each for each in calendar.appointments if each["identifier"][0]["value"] == key])

    @app.patch("/Appointment/<number>")
    def change(number: str) -> flask.typing.ResponseReturnValue:
        found = calendar.cancel(number)
        return _outcome(404, "not-found") if found is None else _json(found)

    _control(app, calendar)
    return app


def _control(app: flask.Flask, calendar: Calendar) -> None:
    @app.post("/control")
    def control() -> flask.typing.ResponseReturnValue:
        told = flask.request.get_json(force=True)
        calendar.faults |= {name: told[name] for name in calendar.faults.keys() & told.keys()}
        for slot in told.get("slots", []):
            calendar.slots[slot["id"]] = {"resourceType": "Slot", "status": "free", **slot}
        return flask.jsonify(calendar.faults)

    @app.get("/control")
    def holds() -> flask.typing.ResponseReturnValue:
        return flask.jsonify({"slots": list(calendar.slots.values()), "appointments": calendar.appointments})


def _cut() -> None:
    """End the connection without a word: the request's own socket is closed under the server."""
    flask.request.environ["werkzeug.socket"].close()
    raise ConnectionAbortedError


def _json(resource: dict[str, Any]) -> flask.Response:
    response = flask.jsonify(resource)
    response.content_type = FHIR
    return response


def _bundle(resources: list[dict[str, Any]]) -> flask.Response:
    return _json({"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": each} for each in resources]})


def _outcome(status: int, code: str) -> tuple[flask.Response, int]:
    return _json({"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": code}]}), status


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until ended."""
    parser = argparse.ArgumentParser(description="Partenaire de prise de rendez-vous, simulé.")
    parser.add_argument("--port", type=int, default=PORT)
    options = parser.parse_args(arguments)
    server = make_server(LOOPBACK, options.port, create_app(Calendar()), threaded=True)
    print(f"http://{LOOPBACK}:{server.server_port}", flush=True)
    server.serve_forever()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

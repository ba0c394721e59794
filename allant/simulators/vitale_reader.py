"""A carte Vitale reader on this workstation: the port the téléservice calls, and a page to insert a card or remove it (VC-05).

    GET /v1/card    200 {"serial", "nir", "beneficiaries": [{"family_name", "given_names", "birth_date", "birth_rank"}]}
                    404 {"error": "no_card"}    422 {"error": "unreadable"}

The port answers a page of the origins named at start (`--origin`) and of no other; the contract is docs/how-to/carte-vitale.md.
"""

from __future__ import annotations

import argparse
from collections.abc import Collection, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import flask
from werkzeug.serving import make_server

from allant.simulators.cards import SHIPPED, Card, load_cards

LOOPBACK = "127.0.0.1"
HOSTS = (LOOPBACK, "localhost")
PORT = 9405
TITLE, SERVICE = "Lecteur de carte Vitale", "Lecteur du poste de travail (simulateur)"


class Reader:
    """The reader: which cards there are, which one is in."""

    def __init__(self, cards: Collection[Card]) -> None:
        self.cards = {card.serial: card for card in cards}
        self.inserted: Card | None = None


def create_app(reader: Reader, origins: Collection[str]) -> flask.Flask:
    """The reader as a WSGI application."""
    app = flask.Flask(__name__)
    app.context_processor(lambda: {"simulator": {"title": TITLE, "service": SERVICE}})
    _guard(app, frozenset(origins))

    @app.get("/v1/card")
    def card() -> flask.typing.ResponseReturnValue:
        if reader.inserted is None:
            return {"error": "no_card"}, 404
        return reader.inserted.content() if reader.inserted.readable else ({"error": "unreadable"}, 422)

    @app.get("/")
    def index() -> flask.typing.ResponseReturnValue:
        return flask.render_template("reader.html", cards=reader.cards.values(), inserted=reader.inserted)

    @app.post("/insert")
    def insert() -> flask.typing.ResponseReturnValue:
        reader.inserted = reader.cards.get(flask.request.form.get("serial", ""))
        return flask.redirect(flask.url_for("index"))

    @app.post("/remove")
    def remove() -> flask.typing.ResponseReturnValue:
        reader.inserted = None
        return flask.redirect(flask.url_for("index"))

    return app


def _guard(app: flask.Flask, origins: frozenset[str]) -> None:
    """Only this machine by its own names (against rebinding), the pages of the origins named; cards are inserted here alone."""

    @app.before_request
    def check() -> flask.typing.ResponseReturnValue | None:
        request = flask.request
        origin = request.headers.get("Origin")
        own = f"http://{request.host}"
        if urlsplit(own).hostname not in HOSTS:
            return {"error": "forbidden_host"}, 403
        allowed = origin in origins or origin in {None, own} if request.path == "/v1/card" else origin in {None, own}
        return None if allowed else ({"error": "forbidden_origin"}, 403)

    @app.after_request
    def share(response: flask.Response) -> flask.Response:
        origin = flask.request.headers.get("Origin", "")
        if flask.request.path == "/v1/card":
            response.headers["Vary"] = "Origin"
            response.headers["Cache-Control"] = "no-store"
            if origin in origins:
                response.headers["Access-Control-Allow-Origin"] = origin
                response.headers["Access-Control-Allow-Private-Network"] = "true"
        return response


def serve(arguments: Sequence[str] | None = None) -> None:
    """Run the reader until it is interrupted; `--port 0` takes a free port, printed on the first line."""
    parser = argparse.ArgumentParser(
        prog="allant simulate vitale-reader",
        description="Lecteur de carte Vitale de démonstration (boucle locale seulement).",
        epilog=f"Exemple : allant simulate vitale-reader --port {PORT}",
    )
    parser.add_argument("--port", type=int, default=PORT, help=f"port d'écoute (par défaut {PORT})")
    parser.add_argument("--cards", type=Path, default=SHIPPED, help="fichier YAML des cartes")
    parser.add_argument("--origin", action="append", default=[], help="origine d'un site qui peut lire la carte (répétable)")
    options = parser.parse_args(arguments)
    origins = options.origin or [f"http://{host}:8000" for host in HOSTS]
    server = make_server(LOOPBACK, options.port, create_app(Reader(load_cards(options.cards)), origins), threaded=True)
    print(f"http://{LOOPBACK}:{server.server_port}", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()


if __name__ == "__main__":
    serve()

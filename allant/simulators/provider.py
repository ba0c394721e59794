"""An OpenID Connect provider with demonstration accounts: `oidc-provider-mock`, in French, with PKCE enforced.

It never imports the product. It takes any client, so it listens on the loopback only.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import os
import secrets
import warnings
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import flask
from werkzeug.serving import make_server

from allant.simulators.accounts import FOLDER, AccountList, load_accounts
from allant.simulators.signed_userinfo import sign_userinfo

with warnings.catch_warnings(record=True):  # its libraries announce their own futures at import
    import oidc_provider_mock

LOOPBACK = "127.0.0.1"
AUTHORIZE, TOKEN = "/oauth2/authorize", "/oauth2/token"


def create_app(accounts: AccountList, *, signed_userinfo: bool = False) -> flask.Flask:
    """The provider as a WSGI application, its issuer being the address it is reached at."""
    app = flask.Flask(__name__)
    app.secret_key = secrets.token_bytes(16)
    plain_wsgi = app.wsgi_app
    users = [oidc_provider_mock.User(sub=account.sub, claims=account.all_claims()) for account in accounts.accounts]
    oidc_provider_mock.init_app(app, require_nonce=True, issue_refresh_token=False, user_claims=users)
    # The library installs a debugger, which runs code for whoever reaches the port.
    app.debug, app.wsgi_app = False, plain_wsgi  # type: ignore[method-assign]
    app.context_processor(lambda: {"simulator": accounts})
    _refuse_unknown_accounts(app, accounts)
    _enforce_pkce(app)
    if signed_userinfo:
        sign_userinfo(app)
    return app


def _refuse_unknown_accounts(app: flask.Flask, accounts: AccountList) -> None:
    """The library would make a user out of any text typed."""
    known = {account.sub for account in accounts.accounts}

    @app.before_request
    def check_account() -> flask.typing.ResponseReturnValue | None:
        subject = flask.request.form.get("sub")
        if flask.request.path != AUTHORIZE or subject is None or subject in known:
            return None
        return flask.render_template("error.html", name="Compte inconnu", description="Choisissez un compte de la liste."), 400


def _enforce_pkce(app: flask.Flask) -> None:
    """Remember the challenge of each code, and want its verifier back (RFC 7636, S256 only)."""
    challenges: dict[str, str] = {}

    @app.before_request
    def check_verifier() -> flask.typing.ResponseReturnValue | None:
        request = flask.request
        if request.path == AUTHORIZE and request.args.get("code_challenge_method") != "S256":
            return flask.render_template("error.html", name="PKCE exigé", description="code_challenge_method=S256 attendu."), 400
        if request.path != TOKEN or request.form.get("grant_type") != "authorization_code":
            return None
        digest = hashlib.sha256(request.form.get("code_verifier", "").encode()).digest()
        answer = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if secrets.compare_digest(answer, challenges.pop(request.form.get("code", ""), "")):
            return None
        return flask.jsonify({"error": "invalid_grant", "error_description": "code_verifier"}), 400

    @app.after_request
    def return_state(response: flask.Response) -> flask.Response:
        """The library forgets the state when the visitor renounces."""
        target, state = response.headers.get("Location", ""), flask.request.args.get("state")
        if flask.request.path == AUTHORIZE and state and "error=" in target and "state=" not in target:
            response.headers["Location"] = f"{target}&{urlencode({'state': state})}"
        return response

    @app.after_request
    def keep_challenge(response: flask.Response) -> flask.Response:
        code = parse_qs(urlsplit(response.headers.get("Location", "")).query).get("code")
        if flask.request.path == AUTHORIZE and code:
            challenges[code[0]] = flask.request.args.get("code_challenge", "")
        return response


def serve(name: str, default_port: int, arguments: Sequence[str] | None = None, *, signed_userinfo: bool = False) -> None:
    """Run the simulator `name` until it is interrupted; `--port 0` takes a free port, printed on the first line."""
    parser = argparse.ArgumentParser(
        prog=f"allant simulate {name}",
        description="Fournisseur d'identité de démonstration (boucle locale seulement).",
        epilog=f"Exemple : allant simulate {name} --port {default_port}",
    )
    parser.add_argument("--port", type=int, default=default_port, help=f"port d'écoute (par défaut {default_port})")
    parser.add_argument("--accounts", type=Path, default=FOLDER / f"{name}.yaml", help="fichier YAML des comptes")
    options = parser.parse_args(arguments)
    # The loopback has no certificate; the provider's library refuses plain HTTP otherwise.
    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
    accounts = load_accounts(options.accounts)
    server = make_server(LOOPBACK, options.port, create_app(accounts, signed_userinfo=signed_userinfo), threaded=True)
    print(f"http://{LOOPBACK}:{server.server_port}", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()

"""FranceConnect answers `userinfo` with a signed token rather than plain JSON; so does its simulator."""

from __future__ import annotations

import warnings

import flask
import jwt

with warnings.catch_warnings(record=True):  # its libraries announce their own futures at import
    from oidc_provider_mock._storage import storage

TOKEN, USERINFO = "/oauth2/token", "/userinfo"


def sign_userinfo(app: flask.Flask) -> None:
    """Turn each answer of `userinfo` into a token (`application/jwt`) for the client that the access token was given to."""
    audiences: dict[str, str] = {}

    @app.after_request
    def remember_client(response: flask.Response) -> flask.Response:
        if flask.request.path == TOKEN and response.status_code == 200:
            audiences[response.get_json()["access_token"]] = flask.request.form.get("client_id", "")
        return response

    @app.after_request
    def sign(response: flask.Response) -> flask.Response:
        if flask.request.path == USERINFO and response.status_code == 200:
            client = audiences.get(flask.request.headers["Authorization"].split()[-1], "")
            response.set_data(_signed({**response.get_json(), "iss": flask.request.host_url.rstrip("/"), "aud": client}))
            response.mimetype = "application/jwt"
        return response


def _signed(claims: dict[str, object]) -> str:
    key = storage.jwk.as_dict(is_private=True)
    return jwt.encode(claims, jwt.PyJWK.from_dict({**key, "alg": "RS256"}).key, "RS256", headers={"kid": key.get("kid")})

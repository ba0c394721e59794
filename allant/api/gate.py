"""The door of `/fhir`: a valid token, the scope the request needs, a rate. The middleware asks it before any view runs."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse

from allant.accounts.log import log_access
from allant.accounts.models import LoggedAction
from allant.api.clients import Client, client_of_token, seconds_to_wait
from allant.api.fhir.outcomes import Refusal, refusal, refused

LONGEST_TOKEN = 512  # characters


class ClientGate:
    """Lets a client in when it holds the scope written for the method; a method without a scope is left to the view to refuse."""

    def __init__(self, scopes: Mapping[str, str]) -> None:
        self.scopes = dict(scopes)

    def __call__(self, request: HttpRequest) -> HttpResponse | None:
        """The refusal (401, 403, 429), or None with `request.fhir_client` set."""
        try:
            vars(request)["fhir_client"] = self._let_in(request)
        except Refusal as error:
            return refused(error)
        return None

    def _let_in(self, request: HttpRequest) -> Client:
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        client = client_of_token(token) if kind.lower() == "bearer" and 0 < len(token) <= LONGEST_TOKEN else None
        if client is None:
            text = (
                "Jeton absent, inconnu ou expiré : demandez-en un à /fhir/oauth2/token, puis envoyez « Authorization: Bearer … »."
            )
            raise refusal(HTTPStatus.UNAUTHORIZED, "login", text, headers={"WWW-Authenticate": 'Bearer realm="fhir"'})
        if wait := seconds_to_wait(client):
            text = f"Trop de requêtes : {client.requests_per_minute} par minute au plus. Recommencez dans {wait} secondes."
            raise refusal(HTTPStatus.TOO_MANY_REQUESTS, "throttled", text, headers={"Retry-After": str(wait)})
        scope = self.scopes.get("GET" if request.method == "HEAD" else str(request.method))
        if scope and scope not in client.scopes:
            match = request.resolver_match
            path = match.route if match else ""
            log_access(
                by=client.actor, action=LoggedAction.REFUSED, purpose="habilitation absente", subject_kind="fhir", path=path
            )
            text = f"Ce jeton ne porte pas l'habilitation {scope}. Demandez-la pour votre logiciel."
            raise refusal(HTTPStatus.FORBIDDEN, "forbidden", text)
        return client

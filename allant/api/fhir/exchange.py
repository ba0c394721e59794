"""What every exchange has in common: media types, sizes, methods; and no failure without an OperationOutcome."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.views.decorators.csrf import csrf_exempt

from allant.accounts.access import for_clients, public
from allant.api.fhir.outcomes import Refusal, refusal, refused
from allant.api.gate import ClientGate

logger = logging.getLogger(__name__)

JSON_TYPES = {"application/fhir+json", "application/json"}
ACCEPTABLE = JSON_TYPES | {"*/*", "application/*", "text/json", ""}
FORM = "application/x-www-form-urlencoded"
FAILURE = (
    "Erreur inattendue. L'envoi n'a peut-être pas été enregistré : renvoyez-le tel quel, il ne sera jamais compté deux fois."
)


@dataclass(frozen=True)
class Interaction:
    """One thing a client may do: of it are made the addresses, the CapabilityStatement and the OpenAPI description.

    `code` and `resource` are FHIR's; `scope` is what the token must bear, empty when it is open to everybody.
    """

    route: str
    method: str
    code: str
    view: Callable[..., HttpResponse]
    summary: str
    resource: str = ""
    scope: str = ""


def door(interactions: list[Interaction]) -> Callable[..., HttpResponse]:
    """The Django view of one address: the interactions by method, behind the gate of their scopes."""
    by_method = {one.method: one for one in interactions}
    allowed = ", ".join(sorted({*by_method, *(["HEAD"] if "GET" in by_method else [])}))

    @csrf_exempt  # no session, no cookie: a token in a header is not sent by a foreign page
    def view(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        try:
            interaction = by_method.get("GET" if request.method == "HEAD" else str(request.method))
            if interaction is None:
                raise _not_allowed(request, allowed)
            negotiate(request)
            return interaction.view(request, **kwargs)
        except Refusal as error:
            return refused(error)
        except RequestDataTooBig:
            text = "Envoi trop gros : partagez-le en plusieurs."
            return refused(refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too-costly", text))
        except (SuspiciousOperation, MultiPartParserError):
            return refused(refusal(HTTPStatus.BAD_REQUEST, "invalid", "Requête illisible."))
        except UnreadablePostError:
            return refused(refusal(HTTPStatus.BAD_REQUEST, "incomplete", "L'envoi a été coupé : recommencez."))
        except Exception:
            logger.exception("fhir request failed")
            return refused(refusal(HTTPStatus.INTERNAL_SERVER_ERROR, "exception", FAILURE))

    scopes = {one.method: one.scope for one in interactions if one.scope}
    return for_clients(ClientGate(scopes))(view) if scopes else public(view)


def negotiate(request: HttpRequest) -> None:
    """Refuse what is not JSON, either way: 406 for the answer, 415 for what is sent."""
    wanted = {part.partition(";")[0].strip().lower() for part in request.headers.get("Accept", "").split(",")}
    asked = request.GET.get("_format", "json")
    if not wanted & ACCEPTABLE or "json" not in asked:
        raise refusal(HTTPStatus.NOT_ACCEPTABLE, "not-supported", "Ce service répond en application/fhir+json.")
    if request.method in {"POST", "PUT"} and request.META.get("CONTENT_LENGTH") not in (None, "", "0"):
        given = (request.content_type or "").lower()
        expected = {FORM} if request.path.endswith(("/_search", "/token")) else JSON_TYPES
        if given not in expected:
            text = f"Type de contenu attendu : {' ou '.join(sorted(expected))}."
            raise refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "not-supported", text)
        charset = (request.content_params or {}).get("charset", "utf-8").lower().replace("-", "")
        if charset not in {"utf8", "usascii"}:
            raise refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "not-supported", "Jeu de caractères attendu : UTF-8.")


def base_of(request: HttpRequest) -> str:
    """The address of the service, as the client sees it."""
    return f"{request.scheme}://{request.get_host()}/fhir"


def _not_allowed(request: HttpRequest, allowed: str) -> Refusal:
    text = f"Cette adresse n'admet que : {allowed}."
    if request.method in {"GET", "HEAD"}:
        # The query is neither read nor repeated: a number may stand in it.
        text = "Une recherche s'envoie par POST à _search, critères dans le corps : un numéro ne figure jamais dans une adresse."
    return refusal(HTTPStatus.METHOD_NOT_ALLOWED, "not-supported", text, headers={"Allow": allowed})

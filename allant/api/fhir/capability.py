"""What the service can do, told by itself: CapabilityStatement, SMART configuration and OpenAPI, made from the interactions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from django.http import HttpRequest, HttpResponse

from allant.api.fhir import systems
from allant.api.fhir.exchange import FORM, Interaction, base_of
from allant.api.fhir.outcomes import answer
from allant.api.oauth import SCOPES

PUBLISHED_ON = "2026-11-22"
SEARCH_PARAMETERS = {
    "Patient": (("identifier", "token"), ("birthdate", "date")),
    "Immunization": (("patient", "reference"), ("identifier", "token"), ("date", "date"), ("status", "token")),
}
SYSTEM_LEVEL = ("transaction", "batch")
_PARAMETER = re.compile(r"<(?:(\w+):)?(\w+)>")


def statement(interactions: Sequence[Interaction], base: str) -> dict[str, Any]:
    """The CapabilityStatement."""
    by_resource = groupby(
        sorted((one for one in interactions if one.resource), key=lambda one: one.resource), key=lambda one: one.resource
    )
    security = {
        "cors": False,
        "service": [
            {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/restful-security-service", "code": "SMART-on-FHIR"}]}
        ],
        "description": "OAuth2, client credentials : un jeton est demandé à /fhir/oauth2/token.",
        "extension": [
            {
                "url": "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris",
                "extension": [{"url": "token", "valueUri": f"{base}/oauth2/token"}],
            }
        ],
    }
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": PUBLISHED_ON,
        "kind": "instance",
        "software": {"name": "Allant"},
        "implementation": {"description": "Vaccinations contre la Covid-19", "url": base},
        "fhirVersion": systems.FHIR_VERSION,
        "format": ["application/fhir+json"],
        "rest": [
            {
                "mode": "server",
                "security": security,
                "resource": [_resource(name, list(group)) for name, group in by_resource],
                "interaction": [
                    {"code": code} for code in SYSTEM_LEVEL if any(one.code == "transaction" for one in interactions)
                ],
            }
        ],
    }


def _resource(name: str, interactions: list[Interaction]) -> dict[str, Any]:
    codes = {one.code for one in interactions}
    parts: dict[str, Any] = {
        "type": name,
        "interaction": [{"code": one.code, "documentation": one.summary} for one in interactions],
        "versioning": "versioned-update" if "update" in codes else "no-version",
    }
    if "create" in codes:
        parts |= {"readHistory": True, "updateCreate": False, "conditionalCreate": True}
    if "search-type" in codes:
        text = "Par POST à _search seulement : un numéro ne figure jamais dans une adresse."
        parts["searchParam"] = [{"name": n, "type": kind, "documentation": text} for n, kind in SEARCH_PARAMETERS[name]]
    return parts


def metadata_view(interactions: Sequence[Interaction]) -> Any:
    """GET /fhir/metadata."""

    def metadata(request: HttpRequest) -> HttpResponse:
        return answer(statement(interactions, base_of(request)))

    return metadata


def openapi_view(interactions: Sequence[Interaction]) -> Any:
    """GET /fhir/openapi.json."""

    def openapi(request: HttpRequest) -> HttpResponse:
        response = answer(description(interactions, base_of(request)))
        response["Content-Type"] = "application/json; charset=utf-8"
        return response

    return openapi


def smart_configuration(request: HttpRequest) -> HttpResponse:
    """GET /fhir/.well-known/smart-configuration."""
    base = base_of(request)
    response = answer(
        {
            "token_endpoint": f"{base}/oauth2/token",
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "grant_types_supported": ["client_credentials"],
            "scopes_supported": list(SCOPES),
            "capabilities": ["client-confidential-symmetric", "permission-v2"],
        }
    )
    response["Content-Type"] = "application/json; charset=utf-8"
    return response


def description(interactions: Sequence[Interaction], base: str) -> dict[str, Any]:
    """OpenAPI 3: every address, what it takes, and every status it may answer."""
    paths: dict[str, dict[str, Any]] = {}
    for one in interactions:
        path = _PARAMETER.sub(r"{\2}", one.route) or "/"
        paths.setdefault(path, {})[one.method.lower()] = _operation(one)
    token = {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": f"{base}/oauth2/token", "scopes": SCOPES}}}
    return {
        "openapi": "3.0.3",
        "info": {"title": "Allant, FHIR R4", "version": "1"},
        "servers": [{"url": base}],
        "paths": paths,
        "components": {"securitySchemes": {"token": token}},
    }


def _operation(one: Interaction) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "summary": one.summary,
        "parameters": [_path_parameter(kind, name) for kind, name in _PARAMETER.findall(one.route)],
        "responses": _responses(one),
    }
    if one.scope:
        operation["security"] = [{"token": [one.scope]}]
    if body := _body(one):
        operation["requestBody"] = {"required": True, "content": body}
    return operation


def _path_parameter(kind: str, name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "integer" if kind == "int" else "string"}}


def _responses(one: Interaction) -> dict[str, Any]:
    media = (
        {"application/json": {}}
        if "oauth" in one.route or "." in one.route
        else {"application/fhir+json": {"schema": {"type": "object"}}}
    )
    good = {"create": ("200", "201"), "update": ("200",)}.get(one.code, ("200",))
    refusals = (
        ["400", "406", "429"]
        + (["401", "403"] if one.scope or one.code == "token" else [])
        + (["404"] if "<" in one.route else [])
    )
    if one.method in ("POST", "PUT"):
        refusals += ["409", "412", "413", "415", "422", "428"]
    return {
        code: {"description": "réponse" if code[0] == "2" else "refus", "content": media} for code in (*good, *sorted(refusals))
    }


def _body(one: Interaction) -> dict[str, Any] | None:
    if one.code == "search-type":
        names = {name: {"type": "string"} for name, _ in SEARCH_PARAMETERS[one.resource]}
        return {FORM: {"schema": {"type": "object", "properties": names}}}
    if one.code == "token":
        properties = {name: {"type": "string"} for name in ("grant_type", "scope", "client_id", "client_secret")}
        return {FORM: {"schema": {"type": "object", "properties": properties}}}
    if one.code in ("create", "update"):
        return {"application/fhir+json": {"schema": _IMMUNIZATION}}
    if one.code == "transaction":
        return {"application/fhir+json": {"schema": _BUNDLE}}
    return None


_TEXT = {"type": "string"}
_CODING = {"type": "object", "properties": {"system": _TEXT, "code": _TEXT, "display": _TEXT}}
_CONCEPT = {"type": "object", "properties": {"coding": {"type": "array", "items": _CODING}, "text": _TEXT}}
_IDENTIFIER = {"type": "object", "properties": {"use": _TEXT, "system": _TEXT, "value": _TEXT}}
_REFERENCE = {"type": "object", "properties": {"reference": _TEXT, "identifier": _IDENTIFIER, "display": _TEXT}}
_PROTOCOL = {
    "type": "object",
    "required": ["doseNumberPositiveInt"],
    "properties": {"doseNumberPositiveInt": {"type": "integer"}, "seriesDosesPositiveInt": {"type": "integer"}, "series": _TEXT},
}
_EXTENSION = {
    "type": "object",
    "required": ["url"],
    "properties": {"url": {"type": "string", "example": systems.FORCED_REASON}, "valueString": _TEXT},
}
_IMMUNIZATION = {
    "type": "object",
    "required": ["resourceType", "status", "vaccineCode", "patient", "occurrenceDateTime"],
    "properties": {
        "resourceType": {"type": "string", "enum": ["Immunization"]},
        "id": _TEXT,
        "identifier": {"type": "array", "items": _IDENTIFIER},
        "status": {"type": "string", "enum": ["completed", "entered-in-error"]},
        "statusReason": _CONCEPT,
        "vaccineCode": _CONCEPT,
        "patient": _REFERENCE,
        "occurrenceDateTime": {"type": "string"},
        "primarySource": {"type": "boolean"},
        "reportOrigin": _CONCEPT,
        "extension": {"type": "array", "items": _EXTENSION},
        "location": _REFERENCE,
        "lotNumber": _TEXT,
        "site": _CONCEPT,
        "performer": {"type": "array", "items": {"type": "object", "required": ["actor"], "properties": {"actor": _REFERENCE}}},
        "protocolApplied": {"type": "array", "items": _PROTOCOL},
    },
}
_REQUEST = {
    "type": "object",
    "properties": {
        "method": {"type": "string", "enum": ["POST"]},
        "url": {"type": "string", "enum": ["Immunization"]},
        "ifNoneExist": _TEXT,
    },
}
_BUNDLE = {
    "type": "object",
    "required": ["resourceType", "type"],
    "properties": {
        "resourceType": {"type": "string", "enum": ["Bundle"]},
        "type": {"type": "string", "enum": ["batch", "transaction"]},
        "entry": {"type": "array", "items": {"type": "object", "properties": {"resource": _IMMUNIZATION, "request": _REQUEST}}},
    },
}

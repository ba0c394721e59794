"""Every interaction of `/fhir`, in one table: addresses, CapabilityStatement and OpenAPI are made of it."""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, register_converter
from django.urls.converters import StringConverter
from django.views.decorators.csrf import csrf_exempt

from allant.accounts.access import public
from allant.api import flu, token
from allant.api.fhir import bundles, capability, immunizations, patients, referenced
from allant.api.fhir.exchange import Interaction, door
from allant.api.fhir.outcomes import refusal, refused

READ, WRITE, CHANGE = "system/Immunization.rs", "system/Immunization.c", "system/Immunization.u"
_ONE = "/Immunization/<str:resource_id>"

INTERACTIONS: list[Interaction] = [
    Interaction("/oauth2/token", "POST", "token", token.token, "Demander un jeton"),
    Interaction("/.well-known/smart-configuration", "GET", "smart", capability.smart_configuration, "Où demander un jeton"),
    Interaction("", "POST", "transaction", bundles.process, "Enregistrer un lot : batch ou transaction", scope=WRITE),
    Interaction("/Immunization", "POST", "create", immunizations.create, "Enregistrer une vaccination", "Immunization", WRITE),
    Interaction(_ONE, "GET", "read", immunizations.read_one, "Lire une vaccination", "Immunization", READ),
    Interaction(_ONE, "PUT", "update", immunizations.update, "Corriger ou annuler une vaccination", "Immunization", CHANGE),
    Interaction(f"{_ONE}/_history", "GET", "history-instance", immunizations.history, "Lire ses versions", "Immunization", READ),
    Interaction(
        f"{_ONE}/_history/<int:version>", "GET", "vread", immunizations.read_version, "Lire une version", "Immunization", READ
    ),
    Interaction(
        "/Immunization/_search", "POST", "search-type", immunizations.search, "Chercher des vaccinations", "Immunization", READ
    ),
    Interaction(
        "/Patient/_search", "POST", "search-type", patients.search, "Chercher un patient", "Patient", "system/Patient.rs"
    ),
    Interaction(
        "/Patient/<str:resource_id>", "GET", "read", patients.read_one, "Lire un patient", "Patient", "system/Patient.rs"
    ),
    *(
        Interaction(f"/{name}/<str:resource_id>", "GET", "read", view, f"Lire {what}", name, f"system/{name}.r")
        for name, view, what in (
            ("Practitioner", referenced.read_practitioner, "un professionnel"),
            ("Organization", referenced.read_organization, "un organisme"),
            ("Location", referenced.read_location, "un lieu"),
        )
    ),
]
INTERACTIONS += flu.INTERACTIONS
INTERACTIONS += [
    Interaction("/metadata", "GET", "capabilities", capability.metadata_view(INTERACTIONS), "Ce que le service sait faire"),
    Interaction("/openapi.json", "GET", "openapi", capability.openapi_view(INTERACTIONS), "La même chose, pour OpenAPI"),
]


class Anything(StringConverter):
    """The rest of an address, line breaks included: `path` stops at them, and the site would answer with a page."""

    regex = r"[\s\S]+"


register_converter(Anything, "anything")


@csrf_exempt
@public
def unknown(request: HttpRequest, rest: str = "") -> HttpResponse:
    """Any other address: 404, without repeating it."""
    text = "Adresse inconnue. Ressources : Patient, Immunization, Practitioner, Organization, Location ; voir /fhir/metadata."
    return refused(refusal(HTTPStatus.NOT_FOUND, "not-found", text))


def urlpatterns() -> list[URLPattern]:
    """The addresses, those of fixed text before those with a parameter; `/fhir/Patient` exists to refuse a search by address."""
    by_route: dict[str, list[Interaction]] = {"/Patient": [_refused_search("Patient")]}
    for one in INTERACTIONS:
        by_route.setdefault(one.route, []).append(one)
    ordered = sorted(by_route.items(), key=lambda item: ("<" in item[0], item[0]))
    patterns = [path(f"fhir{route}", door(found)) for route, found in ordered]
    return [*patterns, path("fhir/", door(by_route[""])), path("fhir/<anything:rest>", unknown)]


def _refused_search(resource: str) -> Interaction:
    """An address that only refuses: its one method is never asked for by a search in an address."""

    def nothing(request: HttpRequest) -> HttpResponse:
        text = f"La fiche d'un patient ne se crée pas par FHIR. Pour chercher : POST /fhir/{resource}/_search."
        raise refusal(HTTPStatus.METHOD_NOT_ALLOWED, "not-supported", text, headers={"Allow": ""})

    return Interaction(f"/{resource}", "POST", "create", nothing, "", scope="system/Patient.rs")

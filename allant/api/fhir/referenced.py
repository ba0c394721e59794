"""What vaccinations refer to: Practitioner, Organization, Location. Nothing there is about a patient."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.db.models import Model
from django.http import HttpRequest, HttpResponse

from allant.api.fhir import rendering
from allant.api.fhir.outcomes import answer, refusal
from allant.directory.models import Location, Organisation, Practitioner


def _reader(model: type[Model], render: Callable[[Any], dict[str, Any]]) -> Callable[..., HttpResponse]:
    def read_one(request: HttpRequest, resource_id: str) -> HttpResponse:
        known = resource_id.isascii() and resource_id.isdigit() and len(resource_id) <= 18
        row = model._default_manager.filter(pk=int(resource_id)).first() if known else None
        if row is None:
            raise refusal(HTTPStatus.NOT_FOUND, "not-found", "Aucune ressource n'a cet identifiant.")
        return answer(render(row))

    return read_one


read_practitioner = _reader(Practitioner, rendering.practitioner)
read_organization = _reader(Organisation, rendering.organization)
read_location = _reader(Location, rendering.location)

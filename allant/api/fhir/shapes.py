"""The shape of what is accepted: msgspec decodes and validates in one go.

Unknown elements are refused here: what this lets in, `fhir.resources` lets in too (tests/api/test_shapes.py). What it does not
goes the slow way (`judging`): `fhir.resources` has the last word, and elements that are not kept are dropped by `pruned`.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Raw, Struct, UnsetType, inspect

Text = Annotated[str, Meta(pattern=r"\S", max_length=4_000)]
Code = Annotated[str, Meta(pattern=r"^[^\s]+( [^\s]+)*\Z", max_length=200)]
Uri = Annotated[str, Meta(pattern=r"^[!-~]+\Z", max_length=400)]
Id = Annotated[str, Meta(pattern=r"^[A-Za-z0-9\-.]{1,64}\Z")]
PositiveInt = Annotated[int, Meta(gt=0, le=2_147_483_647)]


class Shape(Struct, forbid_unknown_fields=True, gc=False):
    """An element of FHIR: only the fields that are read, or harmless."""


class Coding(Shape):
    """Coding."""

    system: Uri | UnsetType = UNSET
    version: Text | UnsetType = UNSET
    code: Code | UnsetType = UNSET
    display: Text | UnsetType = UNSET


class Concept(Shape):
    """CodeableConcept."""

    coding: list[Coding] | UnsetType = UNSET
    text: Text | UnsetType = UNSET


class Identifier(Shape):
    """Identifier."""

    use: Code | UnsetType = UNSET
    type: Concept | UnsetType = UNSET
    system: Uri | UnsetType = UNSET
    value: Text | UnsetType = UNSET


class Reference(Shape):
    """Reference: by address, or by identifier."""

    reference: Text | UnsetType = UNSET
    type: Uri | UnsetType = UNSET
    identifier: Identifier | UnsetType = UNSET
    display: Text | UnsetType = UNSET


class Metadata(Shape):
    """Meta."""

    versionId: Id | UnsetType = UNSET
    profile: list[Uri] | UnsetType = UNSET
    source: Uri | UnsetType = UNSET


class Performer(Shape):
    """Immunization.performer."""

    actor: Reference
    function: Concept | UnsetType = UNSET


class Protocol(Shape):
    """Immunization.protocolApplied."""

    doseNumberPositiveInt: PositiveInt
    seriesDosesPositiveInt: PositiveInt | UnsetType = UNSET
    series: Text | UnsetType = UNSET
    targetDisease: list[Concept] | UnsetType = UNSET


class Extension(Shape):
    """Extension; of values, only the one that is read."""

    url: Uri
    valueString: Text | UnsetType = UNSET


class Immunization(Shape):
    """Immunization, as the register keeps it."""

    resourceType: Literal["Immunization"]
    status: Code
    vaccineCode: Concept
    patient: Reference
    occurrenceDateTime: date
    id: Id | UnsetType = UNSET
    meta: Metadata | UnsetType = UNSET
    extension: list[Extension] | UnsetType = UNSET
    identifier: list[Identifier] | UnsetType = UNSET
    statusReason: Concept | UnsetType = UNSET
    primarySource: bool | UnsetType = UNSET
    reportOrigin: Concept | UnsetType = UNSET
    location: Reference | UnsetType = UNSET
    manufacturer: Reference | UnsetType = UNSET
    lotNumber: Text | UnsetType = UNSET
    expirationDate: date | UnsetType = UNSET
    site: Concept | UnsetType = UNSET
    route: Concept | UnsetType = UNSET
    performer: list[Performer] | UnsetType = UNSET
    protocolApplied: list[Protocol] | UnsetType = UNSET


class Request(Shape):
    """Bundle.entry.request."""

    method: Code
    url: Text
    ifNoneExist: Text | UnsetType = UNSET


class Entry(Shape):
    """Bundle.entry; the resource is read on its own, so that each has its own errors."""

    resource: Raw | UnsetType = UNSET
    request: Request | UnsetType = UNSET
    fullUrl: Uri | UnsetType = UNSET


class Bundle(Shape):
    """Bundle, of type batch or transaction."""

    resourceType: Literal["Bundle"]
    type: Code
    entry: list[Entry] | UnsetType = UNSET
    identifier: Identifier | UnsetType = UNSET
    id: Id | UnsetType = UNSET
    meta: Metadata | UnsetType = UNSET


immunization = msgspec.json.Decoder(Immunization)
bundle = msgspec.json.Decoder(Bundle)
_UNSET = inspect.type_info(UnsetType)
_OF_IMMUNIZATION = inspect.type_info(Immunization)


def pruned(value: Any, shape: inspect.Type = _OF_IMMUNIZATION) -> Any:
    """A decoded resource without the elements that its shape does not know."""
    if isinstance(shape, inspect.UnionType):
        shape = next(one for one in shape.types if one != _UNSET)
    if isinstance(shape, inspect.StructType) and isinstance(value, dict):
        known = {field.encode_name: field.type for field in shape.fields}
        return {name: pruned(part, known[name]) for name, part in value.items() if name in known}
    if isinstance(shape, inspect.ListType) and isinstance(value, list):
        return [pruned(part, shape.item_type) for part in value]
    return value

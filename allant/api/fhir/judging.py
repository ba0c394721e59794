"""Reading what was sent: the quick way, and the slow way when it was refused there, where `fhir.resources` says what is wrong."""

from __future__ import annotations

import json
import re
from datetime import date, datetime
from http import HTTPStatus
from typing import Any

import msgspec
from pydantic import ValidationError

from allant.api.fhir import shapes
from allant.api.fhir.outcomes import Issue, Refusal, refusal
from allant.clock import PARIS

UNPROCESSABLE = HTTPStatus.UNPROCESSABLE_ENTITY
_NUL = b"\\u0000"
_PATH = re.compile(r" - at `\$\.?(.*)`$")
_REASONS = {
    "extra_forbidden": ("structure", "Élément inconnu de FHIR R4."),
    "missing": ("required", "Élément obligatoire absent."),
    "string_type": ("structure", "Un texte est attendu."),
    "int_type": ("structure", "Un nombre entier est attendu."),
    "bool_type": ("structure", "true ou false est attendu."),
    "list_type": ("structure", "Une liste est attendue."),
    "string_pattern_mismatch": ("value", "Texte vide, ou d'une forme que FHIR R4 n'admet pas."),
}


def read_immunization(body: bytes) -> shapes.Immunization:
    """An Immunization, structure checked. Raises Refusal: 400 when it is no JSON, 422 for each element that is wrong."""
    _refuse_nul(body)
    try:
        return shapes.immunization.decode(body)
    except msgspec.MsgspecError:
        return _slowly(body)
    except UnicodeDecodeError:
        raise _no_json() from None


def read_bundle(body: bytes) -> shapes.Bundle:
    """A Bundle whose resources are still to be read. Raises Refusal as `read_immunization`."""
    _refuse_nul(body)
    try:
        return shapes.bundle.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        value = _object(body, "Bundle")
    from fhir.resources.R4B.bundle import Bundle as FhirBundle  # the slow way only: importing it takes half a second

    bare = [{k: v for k, v in one.items() if k != "resource"} if isinstance(one, dict) else one for one in _entries(value)]
    _validate(FhirBundle, value | ({"entry": bare} if "entry" in value else {}), "Bundle")
    known = {"resourceType", "type", "entry", "identifier", "id"}
    try:
        return msgspec.json.decode(msgspec.json.encode({k: v for k, v in value.items() if k in known}), type=shapes.Bundle)
    except msgspec.ValidationError as error:
        raise _not_kept(error, "Bundle") from None


def _entries(value: dict[str, Any]) -> list[Any]:
    entries = value.get("entry")
    return entries if isinstance(entries, list) else []


def _slowly(body: bytes) -> shapes.Immunization:
    value = _object(body, "Immunization")
    if "modifierExtension" in value or "implicitRules" in value:
        name = "modifierExtension" if "modifierExtension" in value else "implicitRules"
        text = "Cet élément changerait le sens de la ressource, et n'est pas compris ici : envoyez-la sans lui."
        raise refusal(UNPROCESSABLE, "extension", text, f"Immunization.{name}")
    from fhir.resources.R4B.immunization import Immunization as FhirImmunization

    _validate(FhirImmunization, value, "Immunization")
    kept = shapes.pruned(value)
    if "occurrenceDateTime" in kept:
        kept["occurrenceDateTime"] = _day(kept["occurrenceDateTime"]).isoformat()
    kept.pop("expirationDate", None)  # may be partial; the lots' own expiry is the register's
    try:
        return msgspec.convert(kept, shapes.Immunization)
    except msgspec.ValidationError as error:
        raise _not_kept(error, "Immunization") from None


def _object(body: bytes, resource_type: str) -> dict[str, Any]:
    try:
        value = json.loads(body)
        json.dumps(value, ensure_ascii=False).encode()  # a lone surrogate is no text
    except (ValueError, RecursionError):
        raise _no_json() from None
    if not isinstance(value, dict):
        raise refusal(HTTPStatus.BAD_REQUEST, "structure", "Une ressource FHIR est un objet JSON.")
    if value.get("resourceType") != resource_type:
        text = f"Une ressource {resource_type} est attendue : resourceType manque ou en nomme une autre."
        raise refusal(HTTPStatus.BAD_REQUEST, "invalid", text, "resourceType")
    return value


def _validate(model: Any, value: dict[str, Any], name: str) -> None:
    try:
        model.model_validate(value)
    except ValidationError as error:
        raise Refusal(UNPROCESSABLE, [_issue(one, name) for one in error.errors(include_input=False)[:20]]) from None
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError, OverflowError):
        raise refusal(UNPROCESSABLE, "structure", "Ressource illisible : comparez-la à la définition de FHIR R4.", name) from None


def _issue(error: Any, name: str) -> Issue:
    place = name
    for part in error["loc"]:
        place += f"[{part}]" if isinstance(part, int) else f".{part}"
    code, text = _REASONS.get(error["type"], ("structure", "Valeur ou structure que FHIR R4 n'admet pas."))
    return Issue(code, text, (place,))


def _not_kept(error: msgspec.ValidationError, name: str) -> Refusal:
    """Valid FHIR that this register cannot keep: an element it needs is missing, or is too long."""
    found = _PATH.search(str(error))
    place = f"{name}.{found[1]}" if found and found[1] else name
    missing = re.search(r"missing required field `(\w+)`", str(error))
    if missing:
        return refusal(UNPROCESSABLE, "required", "Élément nécessaire à l'enregistrement.", f"{place}.{missing[1]}")
    return refusal(UNPROCESSABLE, "value", "Valeur trop longue, ou d'une forme qui ne peut pas être enregistrée.", place)


def _day(text: Any) -> date:
    """The day of the act, in Paris."""
    try:
        if len(text) == 10:
            return date.fromisoformat(text)
        instant = datetime.fromisoformat(text)
        if instant.tzinfo:
            return instant.astimezone(PARIS).date()
    except (ValueError, TypeError, OverflowError):
        pass
    message = "Le jour de l'acte est attendu : AAAA-MM-JJ, ou une date avec l'heure et le fuseau."
    raise refusal(UNPROCESSABLE, "value", message, "Immunization.occurrenceDateTime")


def _refuse_nul(body: bytes) -> None:
    if _NUL in body:
        raise refusal(HTTPStatus.BAD_REQUEST, "invalid", "Le caractère nul n'est pas admis dans un texte.")


def _no_json() -> Refusal:
    return refusal(HTTPStatus.BAD_REQUEST, "invalid", "Contenu illisible : un objet JSON en UTF-8 est attendu.")

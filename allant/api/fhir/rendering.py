"""From the register to FHIR: what a client reads. Dictionaries that `msgspec` writes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

from allant.api.fhir import ids, systems
from allant.api.fhir.reading import COMPLETED, ERROR, identifier_of
from allant.api.fhir.vaccines import concept_of
from allant.directory.models import Location, Organisation, OrganisationKind, Practitioner
from allant.immunizations.models import Dose, Series
from allant.people.matricule import key
from allant.people.models import BirthPrecision, Matricule, Person

GENDERS = {"M": "male", "F": "female"}


def immunization(dose: Dose, *, root: int, known_on: date, client: str = "") -> dict[str, Any]:
    """One version of a dose. `root`: the row of its first version, which names it; `client`: reads back its own identifier."""
    resource: dict[str, Any] = {
        "resourceType": "Immunization",
        "id": ids.public_id("Immunization", root),
        "meta": {"versionId": str(dose.version), "lastUpdated": last_change(dose)},
        "status": COMPLETED if dose.ended_at is None or dose.end_kind == "corrected" else ERROR,
        "vaccineCode": concept_of(dose.vaccine, known_on),
        "patient": {"reference": f"Patient/{ids.public_id('Patient', dose.person_id)}"},
        "occurrenceDateTime": dose.occurred_on.isoformat(),
        "recorded": _instant(dose.recorded_at),
        "primarySource": not dose.proof,
        "protocolApplied": [
            {
                "series": Series(dose.series).label,
                "targetDisease": [systems.COVID19],
                "doseNumberPositiveInt": dose.dose_number,
                "seriesDosesPositiveInt": dose.series_doses,
            }
        ],
    }
    resource.update(_optional(dose, client))
    return resource


def _optional(dose: Dose, client: str) -> dict[str, Any]:
    parts: dict[str, Any] = {}
    if given := identifier_of(dose.source_key, client):
        parts["identifier"] = [{"system": given[0], "value": given[1]}]
    if dose.lot:
        parts["lotNumber"] = dose.lot
    if dose.site:
        parts["site"] = {"coding": _site(dose.site)}
    if dose.forced_reason:
        rules = [{"url": systems.FORCED_RULE, "valueCode": rule} for rule in dose.forced_rules]
        parts["extension"] = [{"url": systems.FORCED_REASON, "valueString": dose.forced_reason}, *rules]
    if dose.proof:
        parts["reportOrigin"] = {"text": dose.proof}
    if dose.location_id:
        parts["location"] = {"reference": f"Location/{dose.location_id}"}
    performers = [("Practitioner", dose.practitioner_id), ("Organization", dose.organisation_id)]
    if found := [{"actor": {"reference": f"{kind}/{pk}"}} for kind, pk in performers if pk]:
        parts["performer"] = found
    if dose.ended_at is not None and dose.end_reason:
        parts["statusReason"] = {"text": dose.end_reason}
    return parts


def _site(site: str) -> list[dict[str, str]]:
    own = [{"system": systems.INJECTION_SITE, "code": site}]
    act_site = systems.ACT_SITE_OF_SITE.get(site)
    return [{"system": systems.ACT_SITE, "code": act_site}, *own] if act_site else own


def last_change(dose: Dose) -> str:
    """When this version last changed: recorded, or cancelled. A version that was corrected stays as it was recorded."""
    at = dose.ended_at if dose.ended_at and dose.end_kind != "corrected" else dose.recorded_at
    return _instant(at)


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def patient(person: Person, matricules: Iterable[Matricule]) -> dict[str, Any]:
    """A person: numbers as social security numbers, never as INS identities, which this register does not qualify."""
    resource: dict[str, Any] = {
        "resourceType": "Patient",
        "id": ids.public_id("Patient", person.pk),
        "active": person.merged_into_id is None,
        "identifier": [_identifier(one) for one in matricules if one.kind in systems.SYSTEM_OF_MATRICULE],
        "name": [{"use": "official", "family": person.family_name, "given": person.given_names.split()}],
        "gender": GENDERS.get(person.sex or "", "unknown"),
    }
    if born := _birth_date(person):
        resource["birthDate"] = born
    if person.died_on:
        resource["deceasedDateTime"] = person.died_on.isoformat()
    if person.merged_into_id is not None:
        other = {"reference": f"Patient/{ids.public_id('Patient', person.merged_into_id)}"}
        resource["link"] = [{"other": other, "type": "replaced-by"}]
    return {name: value for name, value in resource.items() if value != []}


def _identifier(number: Matricule) -> dict[str, Any]:
    parts: dict[str, Any] = {
        "use": "official" if number.ends_on is None else "old",
        "system": systems.SYSTEM_OF_MATRICULE[number.kind],
        "value": f"{number.value}{key(number.value):02d}",
    }
    if number.ends_on is not None:
        parts["period"] = {"start": number.starts_on.isoformat(), "end": number.ends_on.isoformat()}
    return parts


def _birth_date(person: Person) -> str:
    if person.birth_date is None:
        return ""
    length = {BirthPrecision.YEAR: 4, BirthPrecision.MONTH: 7, BirthPrecision.NONE: 0}.get(
        BirthPrecision(person.birth_precision), 10
    )
    return str(person.birth_date.isoformat()[:length])


def practitioner(row: Practitioner) -> dict[str, Any]:
    """A health professional, by the RPPS."""
    return {
        "resourceType": "Practitioner",
        "id": str(row.pk),
        "identifier": [{"use": "official", "system": systems.RPPS, "value": row.rpps}],
        "name": [{"family": row.family_name, "given": row.given_names.split()}],
        "qualification": [{"code": {"text": row.profession}}],
    }


def organization(row: Organisation) -> dict[str, Any]:
    """An organisation, by the code of the register."""
    return {
        "resourceType": "Organization",
        "id": str(row.pk),
        "identifier": [{"system": systems.ORGANISATION, "value": row.code}],
        "name": row.name,
        "type": [{"text": str(OrganisationKind(row.kind).label)}],
    }


def location(row: Location) -> dict[str, Any]:
    """A place of vaccination."""
    resource: dict[str, Any] = {
        "resourceType": "Location",
        "id": str(row.pk),
        "name": row.name,
        "type": [{"coding": [{"system": systems.PLACE_KIND, "code": row.kind}]}],
        "address": {"postalCode": row.postcode, "country": "FR"},
    }
    if row.organisation_id:
        resource["managingOrganization"] = {"reference": f"Organization/{row.organisation_id}"}
    return resource


def searchset(resources: Iterable[dict[str, Any]], base: str) -> dict[str, Any]:
    """What a search found, with the address of each."""
    entries = [
        {"fullUrl": f"{base}/{one['resourceType']}/{one['id']}", "resource": one, "search": {"mode": "match"}}
        for one in resources
    ]
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset", "total": len(entries)}
    return bundle | ({"entry": entries} if entries else {})

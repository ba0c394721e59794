"""From a resource to what the register keeps: our own checks of codes and references, each refusal naming its element."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from typing import TypeVar

from msgspec import UNSET, UnsetType

from allant.api.fhir import ids, shapes, systems
from allant.api.fhir.outcomes import Issue, Refusal
from allant.api.fhir.vaccines import vaccine_of
from allant.people import matricule
from allant.vaccination.history import proof_of

_Part = TypeVar("_Part")
COMPLETED, ERROR = "completed", "entered-in-error"
LONGEST_KEY = 180  # characters: the version's suffix still fits in the column
LONGEST_LOT, LONGEST_REASON = 40, 200


@dataclass(slots=True)
class Pointer:
    """Who or what a Reference names: a row, or a number still to be looked up, which is never printed."""

    pk: int | None = None
    number: str | None = None

    def __repr__(self) -> str:
        return f"Pointer({'row' if self.pk is not None else 'number'})"


@dataclass(slots=True)
class Received:
    """An Immunization read: what it says in the words of the register. Ranks are None when it does not give them."""

    source_key: str
    patient: Pointer
    occurred_on: date
    vaccine: str
    cancelled: bool
    reason: str = ""
    lot: str = ""
    site: str = ""
    proof: str = ""
    forced_reason: str = ""
    performer: Pointer | None = None
    location: Pointer | None = None
    organisation: int | None = None
    dose_number: int | None = None
    series_doses: int | None = None
    series: str | None = None


class _Reader:
    """Reads one resource and gathers what is wrong with it."""

    def __init__(self, resource: shapes.Immunization, known_on: date) -> None:
        self.resource = resource
        self.known_on = known_on
        self.issues: list[Issue] = []

    def wrong(self, code: str, text: str, element: str) -> None:
        self.issues.append(Issue(code, text, (f"Immunization.{element}",)))

    def status(self) -> bool:
        if self.resource.status not in (COMPLETED, ERROR):
            self.wrong("code-invalid", f"Statut attendu : {COMPLETED}, ou {ERROR} pour annuler.", "status")
        return self.resource.status == ERROR

    def vaccine(self) -> str:
        coding = _list(self.resource.vaccineCode.coding)
        vaccine, found = vaccine_of(((_text(one.system), _text(one.code)) for one in coding), self.known_on)
        if vaccine is None and found:
            self.wrong("code-invalid", f"Les codes {', '.join(found)} nomment des vaccins différents.", "vaccineCode")
        elif vaccine is None:
            text = "Aucun code connu ne nomme le vaccin : CVX, CIP, NUVA ou registre européen attendu (ATC ne suffit pas)."
            self.wrong("code-invalid", text, "vaccineCode.coding" if coding else "vaccineCode")
        return vaccine or ""

    def patient(self) -> Pointer:
        given = self.resource.patient
        if given.reference is not UNSET:
            pk = ids.pk_of("Patient", str(given.reference).removeprefix("Patient/"))
            if pk is not None and str(given.reference).startswith("Patient/"):
                return Pointer(pk=pk)
            text = "Référence inconnue : Patient/<id>, tel que ce serveur l'a donné, ou un identifiant."
            self.wrong("not-found", text, "patient.reference")
        elif given.identifier is not UNSET:
            number = self._number(given.identifier)
            if number:
                return Pointer(number=number)
        else:
            self.wrong("required", "Le patient est désigné par une référence ou par un identifiant.", "patient")
        return Pointer()

    def _number(self, identifier: shapes.Identifier) -> str | None:
        number, text, part = matricule_of(identifier)
        if number is None:
            self.wrong("value", text, f"patient.identifier.{part}")
        return number

    def performer(self) -> Pointer | None:
        found = None
        for index, one in enumerate(_list(self.resource.performer)):
            place, actor = f"performer[{index}].actor", one.actor
            kind, _, local = _text(actor.reference).partition("/")
            if kind == "Practitioner" and _is_number(local):
                found = found or Pointer(pk=int(local))
            elif kind == "Organization" and _is_number(local):
                self.organisation = int(local)
            elif kind:
                self.wrong("not-found", "Practitioner/<id> ou Organization/<id> attendu.", f"{place}.reference")
            elif actor.identifier is not UNSET:
                found = found or self._rpps(actor.identifier, place)
            # A name alone says nothing that could be looked up: it is not kept.
        return found

    organisation: int | None = None

    def _rpps(self, identifier: shapes.Identifier, place: str) -> Pointer | None:
        system = _text(identifier.system)
        if systems.LOOSE_SYSTEMS.get(system, system) != systems.RPPS:
            self.wrong(
                "code-invalid", f"Le professionnel est désigné par son RPPS ({systems.RPPS}).", f"{place}.identifier.system"
            )
            return None
        rpps = _text(identifier.value)
        if not (len(rpps) == 11 and rpps.isascii() and rpps.isdigit()):
            self.wrong("value", "Un RPPS a onze chiffres.", f"{place}.identifier.value")
            return None
        return Pointer(number=rpps)

    def location(self) -> Pointer | None:
        given = self.resource.location
        if given is UNSET or given.reference is UNSET:
            return None
        kind, _, local = str(given.reference).partition("/")
        if kind != "Location" or not _is_number(local):
            self.wrong("not-found", "Référence inconnue : Location/<id> attendu.", "location.reference")
            return None
        return Pointer(pk=int(local))

    def lot(self) -> str:
        lot = _text(self.resource.lotNumber).strip()
        if len(lot) > LONGEST_LOT:
            self.wrong("too-long", f"Numéro de lot : {LONGEST_LOT} caractères au plus.", "lotNumber")
        return lot

    def site(self) -> str:
        for coding in _list(self.resource.site.coding if self.resource.site is not UNSET else UNSET):
            if coding.system == systems.ACT_SITE and coding.code in systems.SITE_OF_ACT_SITE:
                return systems.SITE_OF_ACT_SITE[str(coding.code)]
            if coding.system == systems.INJECTION_SITE and coding.code in (*systems.ACT_SITE_OF_SITE, "autre"):
                return str(coding.code)
        return "autre" if self.resource.site is not UNSET else ""

    def proof(self) -> str:
        """What a dose given elsewhere rests on (VC-42): told as not from the primary source, with its origin."""
        if self.resource.primarySource is not False:
            return ""
        origin = self.resource.reportOrigin
        proof = _said(origin)
        if not proof:
            text = "Un acte rapporté (primarySource : false) dit d'où il est repris, par exemple « Carnet de vaccination »."
            self.wrong("required", text, "reportOrigin")
        return proof_of(proof, self._country(origin))

    def _country(self, origin: shapes.Concept | UnsetType) -> str:
        """The country where it was given, by its ISO code; '' in France, or not said."""
        for index, coding in enumerate(_list(origin.coding) if isinstance(origin, shapes.Concept) else ()):
            if coding.system == systems.COUNTRY:
                code = _text(coding.code)
                if not re.fullmatch("[A-Z]{2,3}", code):
                    text = "Un pays a un code de deux ou trois lettres capitales (ISO 3166)."
                    self.wrong("code-invalid", text, f"reportOrigin.coding[{index}].code")
                return "" if code in systems.IN_FRANCE else code
        return ""

    def forced_reason(self) -> str:
        """Why the act breaks rules of the schedule, where its author says so."""
        for index, one in enumerate(_list(self.resource.extension)):
            if one.url == systems.FORCED_REASON:
                reason = _text(one.valueString).strip()
                if not reason:
                    self.wrong("required", "Le motif est attendu, en texte (valueString).", f"extension[{index}]")
                if len(reason) > LONGEST_REASON:
                    self.wrong("too-long", f"Motif : {LONGEST_REASON} caractères au plus.", f"extension[{index}]")
                return reason
        return ""

    def source_key(self, client: str) -> str:
        for index, one in enumerate(_list(self.resource.identifier)):
            system, value = _text(one.system), _text(one.value)
            if system in systems.MATRICULE_SYSTEMS or system in systems.INS:
                text = "L'identifiant d'une vaccination n'est pas le numéro d'une personne : donnez celui de l'acte."
                self.wrong("business-rule", text, f"identifier[{index}].system")
            elif value:
                return key_of(client, system, value)
        return key_of(client, "", hashlib.sha256(repr(self.resource).encode()).hexdigest())


def read(resource: shapes.Immunization, *, client: str, known_on: date) -> Received:
    """What a well-formed Immunization says; `client` names the sender. Raises Refusal, with everything that is wrong."""
    reader = _Reader(resource, known_on)
    received = Received(
        source_key=reader.source_key(client),
        patient=reader.patient(),
        occurred_on=resource.occurrenceDateTime,
        vaccine=reader.vaccine(),
        cancelled=reader.status(),
        reason=_said(resource.statusReason)[:LONGEST_REASON],
        lot=reader.lot(),
        site=reader.site(),
        proof=reader.proof(),
        forced_reason=reader.forced_reason(),
        performer=reader.performer(),
        location=reader.location(),
    )
    received.organisation = reader.organisation
    if resource.protocolApplied is not UNSET:
        protocol = next(iter(resource.protocolApplied), None)
        if protocol is not None:
            received.dose_number = protocol.doseNumberPositiveInt
            received.series_doses = None if protocol.seriesDosesPositiveInt is UNSET else protocol.seriesDosesPositiveInt
            received.series = None if protocol.series is UNSET else str(protocol.series)
    if reader.issues:
        raise Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, reader.issues)
    return received


def key_of(client: str, system: str, value: str) -> str:
    """The key under which the act of that identifier is recorded: readable when it is short, else its hash."""
    plain = f"fhir:{client}:{system}|{value}"
    if len(plain) <= LONGEST_KEY and "#v" not in plain:
        return plain
    return f"fhir:{client}:sha256|{hashlib.sha256(plain.encode()).hexdigest()}"


def identifier_of(source_key: str, client: str) -> tuple[str, str] | None:
    """System and value of the identifier that a client gave, from the key of its act; None when another sent it, or gave none."""
    mine, _, rest = source_key.partition(f"fhir:{client}:")
    system, _, value = rest.partition("|")
    if mine or not rest or not system or system == "sha256":
        return None
    return system, value.partition("#v")[0]


def matricule_of(identifier: shapes.Identifier) -> tuple[str | None, str, str]:
    """The 13 characters of an insured's number; or None, what is wrong in French, and the part (`system`, `value`) at fault."""
    system = _text(identifier.system)
    if system in systems.INS:
        text = (
            "L'identité INS demande une identité qualifiée, que ce registre ne tient pas : envoyez le numéro de sécurité sociale."
        )
        return None, text, "system"
    if system not in systems.MATRICULE_SYSTEMS:
        return None, f"Système attendu : {systems.NSS_NIR} (NIR) ou {systems.NSS_NIA} (NIA).", "system"
    verdict = matricule.parse(_text(identifier.value))
    if verdict.value is None:
        return None, " ".join(verdict.reasons), "value"
    return verdict.value, "", ""


def _said(concept: shapes.Concept | UnsetType) -> str:
    """What a concept says, in words."""
    if not isinstance(concept, shapes.Concept):
        return ""
    words = [_text(concept.text)]
    words += [_text(one.display) or _text(one.code) for one in _list(concept.coding) if one.system != systems.COUNTRY]
    return next((word.strip() for word in words if word.strip()), "")


def _list(value: list[_Part] | UnsetType) -> Sequence[_Part]:
    return () if isinstance(value, UnsetType) else value


def _text(value: str | UnsetType) -> str:
    return "" if value is UNSET else str(value)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18

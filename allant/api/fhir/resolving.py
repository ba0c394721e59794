"""From numbers to rows, many at once: persons, professionals, places. At most three queries, whatever the number of acts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from http import HTTPStatus

from allant.api.clients import Client
from allant.api.fhir.outcomes import Issue, Refusal
from allant.api.fhir.reading import Pointer, Received
from allant.directory.models import Location, Practitioner
from allant.doctrine import RuleBook
from allant.people.models import Matricule
from allant.vaccination.professions import profession_not_allowed

KEPT = 20_000  # directory rows kept in memory: a professional's row and profession, and a place's kind, do not change

_practitioners: dict[str, int] = {}
_professions: dict[int, str] = {}
_places: dict[int, str] = {}


def resolve(acts: Iterable[Received], client: Client, today: date, book: RuleBook) -> dict[int, Refusal]:
    """Fill the rows that the acts name; the refusals, by position, of those that name something unknown, or a professional who
    may not record on that day (VC-02).
    """
    acts = list(acts)
    _find_persons([act.patient for act in acts if act.patient.number is not None])
    _find_practitioners([act.performer for act in acts if act.performer is not None])
    _find_places({int(act.location.pk) for act in acts if act.location is not None and act.location.pk is not None})
    refusals = {}
    for position, act in enumerate(acts):
        if issues := [*_unknown(act, client), *_not_allowed(act, today, book)]:
            refusals[position] = Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, issues)
    return refusals


def place_kind(location: Pointer | None) -> str:
    """The kind of a place already resolved."""
    return _places.get(int(location.pk), "") if location is not None and location.pk is not None else ""


def forget_directory() -> None:
    """Drop what is kept in memory: another database is in use."""
    _practitioners.clear()
    _professions.clear()
    _places.clear()


def _unknown(act: Received, client: Client) -> Iterable[Issue]:
    if act.patient.pk is None:
        text = "Personne inconnue du registre : vérifiez le matricule, puis créez la fiche."
        yield Issue("not-found", text, ("Immunization.patient",))
    if act.performer is not None and act.performer.pk is None:
        yield Issue("not-found", "Professionnel inconnu de l'annuaire : vérifiez le RPPS.", ("Immunization.performer",))
    if act.location is not None and act.location.pk not in _places:
        yield Issue("not-found", "Lieu inconnu.", ("Immunization.location",))
    if act.organisation is not None and act.organisation != client.organisation_id:
        text = f"Un logiciel enregistre au nom de son organisme seulement : Organization/{client.organisation_id}."
        yield Issue("forbidden", text, ("Immunization.performer",))


def _not_allowed(act: Received, today: date, book: RuleBook) -> Iterable[Issue]:
    """A dose read from a document is not its performer's: who gave it abroad is not held to our dates."""
    if act.performer is None or act.performer.pk is None or act.proof or act.cancelled:
        return
    if why := profession_not_allowed(_professions[act.performer.pk], "record", today, book):
        yield Issue("business-rule", why, ("Immunization.performer",))


def _find_persons(pointers: list[Pointer]) -> None:
    if not pointers:
        return
    numbers = {str(pointer.number) for pointer in pointers}
    bearers: dict[str, int | None] = {}
    found = Matricule.objects.filter(value__in=numbers).values_list("value", "person_id", "ends_on")
    # The present bearer; else the former one, unless there were several.
    for value, person_id, ends_on in sorted(found, key=lambda row: row[2] is not None):
        if ends_on is None or value not in bearers:
            bearers[value] = person_id
        elif bearers[value] != person_id and not any(row[0] == value and row[2] is None for row in found):
            bearers[value] = None
    for pointer in pointers:
        pointer.pk = bearers.get(str(pointer.number))


def _find_practitioners(pointers: list[Pointer]) -> None:
    wanted = {str(one.number) for one in pointers if one.number is not None} - _practitioners.keys()
    rows = {one.pk for one in pointers if one.pk is not None and one.number is None} - _professions.keys()
    if wanted or rows:
        if len(_professions) > KEPT:
            _practitioners.clear()
            _professions.clear()
            wanted = {str(one.number) for one in pointers if one.number is not None}
            rows = {one.pk for one in pointers if one.pk is not None and one.number is None}
        found = Practitioner.objects.filter(rpps__in=wanted) | Practitioner.objects.filter(pk__in=rows)
        for pk, rpps, profession in found.values_list("pk", "rpps", "profession"):
            _practitioners[rpps] = pk
            _professions[pk] = profession
    for one in pointers:
        if one.number is not None:
            one.pk = _practitioners.get(one.number)
        elif one.pk not in _professions:
            one.pk = None


def _find_places(rows: set[int]) -> None:
    if wanted := rows - _places.keys():
        if len(_places) > KEPT:
            _places.clear()
            wanted = rows
        _places.update(Location.objects.filter(pk__in=wanted).values_list("pk", "kind"))

"""The files of patients opened in this session: none is read without a code, a NIR or a card (VC-10).

The session keeps ids and how each was found, for the working day; the newest first, the oldest forgotten beyond `KEPT`.
"""

from __future__ import annotations

from typing import Literal

from django.http import HttpRequest

from allant.directory.rows import Rows
from allant.pages.base.errors import Missing
from allant.people.models import Person

FoundBy = Literal["code", "nir", "card", "entry", "invitation", "appointment"]

KEPT = 300
SESSION_KEY = "allant_files"
_STANDING = Rows(Person, "row.id = (SELECT coalesce(merged_into_id, id) FROM people_person WHERE id = %s)")

def open_file(request: HttpRequest, found: Person | int, found_by: FoundBy) -> Person:
    """Open the file of a person found (or its id), or that of the record that stands for it. Raises Missing.

    The search that found them, or the entry that made them, is in the access log; so will be what is read in the file.
    """
    person = _standing(found) if isinstance(found, int) or found.merged_into_id else found
    files = {str(person.pk): found_by}
    files.update((key, how) for key, how in _files(request).items() if key != str(person.pk))
    request.session[SESSION_KEY] = dict(list(files.items())[:KEPT])
    return person


def opened(request: HttpRequest, person_id: int) -> Person:
    """The person of a file opened in this session; a record merged since leads to the survivor. Raises Missing (404).

    Reads the person only: the view writes in the access log what it is read for.
    """
    if not is_opened(request, person_id):
        raise Missing(
            "Ce dossier n'est pas ouvert dans votre session. "
            "Cherchez le patient par son code de ciblage, son NIR ou sa carte Vitale."
        )
    person = _standing(person_id)
    if not is_opened(request, person.pk):  # merged since: the file goes on under the record that stands for both
        request.session[SESSION_KEY] = {str(person.pk): _files(request)[str(person_id)], **_files(request)}
    return person


def is_opened(request: HttpRequest, person_id: int) -> bool:
    """Whether this session opened the file, so that a link to it leads somewhere."""
    return str(person_id) in _files(request)


def _files(request: HttpRequest) -> dict[str, str]:
    """Person id (text: the session is JSON) → how it was found, the latest first."""
    files: dict[str, str] = request.session.get(SESSION_KEY, {})
    return files


def _standing(found: Person | int) -> Person:
    key = found if isinstance(found, int) else found.pk
    person = _STANDING.first(key)
    if person is None:
        raise Missing("Ce dossier n'existe pas.")
    return person

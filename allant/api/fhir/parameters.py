"""Search parameters, read from a form: never from the address."""

from __future__ import annotations

from datetime import date, timedelta
from http import HTTPStatus

from django.http import HttpRequest
from django.http.request import QueryDict

from allant.api.fhir import shapes
from allant.api.fhir.outcomes import Refusal, refusal
from allant.api.fhir.reading import matricule_of

ALWAYS = {"_format", "_count", "_pretty"}
LONGEST = 400  # characters of a value


def form_of(request: HttpRequest, known: set[str]) -> QueryDict:
    """The parameters of a search. Raises Refusal for one in the address, an unknown one, or an unreadable one."""
    if set(request.GET) - {"_format", "_pretty"}:
        text = "Les critères s'envoient dans le corps de la requête, jamais dans l'adresse."
        raise refusal(HTTPStatus.BAD_REQUEST, "invalid", text)
    form = request.POST
    lenient = "handling=lenient" in request.headers.get("Prefer", "")
    # The name is not repeated: whoever mistakes it may have typed a number there.
    if not lenient and set(form) - known - ALWAYS:
        raise refusal(HTTPStatus.BAD_REQUEST, "not-supported", f"Critères admis : {', '.join(sorted(known))}.")
    for name in known & set(form):
        for value in form.getlist(name):
            if "\0" in value or len(value) > LONGEST or _lone_surrogate(value):
                raise bad(name, "Valeur illisible.")
    return form


def text(form: QueryDict, name: str) -> str:
    """The last value given to a parameter; '' when there is none."""
    return str(form.get(name, ""))


def bad(name: str, text: str) -> Refusal:
    """400 for one parameter."""
    return refusal(HTTPStatus.BAD_REQUEST, "value", f"{name} : {text}", name)


def token(name: str, text: str) -> tuple[str, str]:
    """`system|value`."""
    system, bar, value = text.partition("|")
    if not bar or not value:
        raise bad(name, "la forme système|valeur est attendue.")
    return system, value


def number(name: str, text: str) -> str:
    """The insured's number that a token names, 13 characters."""
    system, value = token(name, text)
    found, reason, _ = matricule_of(shapes.Identifier(system=system, value=value))
    if found is None:
        raise bad(name, reason)
    return found


def day(name: str, text: str) -> date:
    """A whole date."""
    try:
        if len(text) == 10:
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise bad(name, "une date AAAA-MM-JJ est attendue.")


def period(name: str, text: str) -> tuple[date, date]:
    """First and last day, both included, of `[prefix]AAAA-MM-JJ`; prefixes eq, ge, le, gt, lt."""
    prefix, rest = (text[:2], text[2:]) if text[:2].isalpha() else ("eq", text)
    on = day(name, rest)
    try:
        bounds = {
            "eq": (on, on),
            "ge": (on, date.max),
            "le": (date.min, on),
            "gt": (on if on == date.max else on + timedelta(days=1), date.max),
            "lt": (date.min, on if on == date.min else on - timedelta(days=1)),
        }
        return bounds[prefix]
    except KeyError:
        raise bad(name, "préfixes admis : eq, ge, le, gt, lt.") from None


def _lone_surrogate(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False

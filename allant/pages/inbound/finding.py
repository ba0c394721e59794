"""One field for whatever a caller can say: a telephone number, a code, a name with a birth date (AV-30)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Literal

from allant.campaigns.reads import Mistyped, invitation_of_code
from allant.geography import fold
from allant.outreach.sms.numbers import as_registered
from allant.people.models import ContactPoint, Person
from allant.people.registration import RegistrationRefused, read_phone
from allant.people.sounding import sounding_like

FoundBy = Literal["phone", "code", "name"]
MOST, LONGEST, CODE_LENGTH = 10, 120, 12
MONTHS = (
    "janvier", "fevrier", "mars", "avril", "mai", "juin", "juillet", "aout", "septembre", "octobre", "novembre", "decembre",
)  # fmt: skip
_NUMERIC = re.compile(r"\b(\d{1,2})\s*[/.\- ]\s*(\d{1,2})\s*[/.\- ]\s*(\d{4})\b")
_COMPACT = re.compile(r"\b(\d{2})(\d{2})(\d{4})\b")
_WRITTEN = re.compile(rf"\b(\d{{1,2}})(?:er)?\s+({'|'.join(MONTHS)})\s+(\d{{4}})\b")

HELP = "Écrivez un numéro de téléphone, un code de 12 caractères, ou un nom avec la date de naissance."
NO_DATE = "Ajoutez la date de naissance au nom, par exemple « Le Goff 02/05/1940 » : le nom seul montrerait trop de personnes."
BAD_DATE = "Cette date de naissance n'existe pas : vérifiez le jour, le mois et l'année."


class Unreadable(ValueError):
    """What was typed is none of the three; says what to type, in French, without repeating it."""


@dataclass(frozen=True)
class Found:
    """The persons that may be meant, the likeliest first, and by what they were found."""

    persons: list[Person]
    by: FoundBy


def find_caller(typed: str) -> Found:
    """Who may be calling. Raises Unreadable."""
    text = typed.strip()
    if not text or len(text) > LONGEST:
        raise Unreadable(HELP)
    if not re.search(r"[^\W\d_]", text):
        return Found(_by_phone(text), "phone")
    name, born = _split(text)
    if born is not None:
        if len(fold(name)) < 2:
            raise Unreadable(NO_DATE)
        return Found(_in_order([each.person_id for each in sounding_like(name, born, most=MOST)]), "name")
    return Found(_by_code(text), "code")


def _by_phone(text: str) -> list[Person]:
    try:
        number = read_phone(text)
    except RegistrationRefused as wrong:
        raise Unreadable(f"{wrong} {HELP}") from wrong
    ways = {number, *as_registered("33" + number[1:] if number.startswith("0") else number)}
    points = ContactPoint.objects.filter(value__in=ways).select_related("person__merged_into").order_by("person_id")[:MOST]
    standing = {(point.person.merged_into or point.person).pk: point.person.merged_into or point.person for point in points}
    return list(standing.values())


def _by_code(text: str) -> list[Person]:
    compact = re.sub(r"[\s.\-·‑–]", "", text)
    if len(compact) != CODE_LENGTH or not compact.isalnum():
        raise Unreadable(NO_DATE if not re.search(r"\d", text) else HELP)
    try:
        invitation = invitation_of_code(compact.upper())
    except Mistyped as wrong:
        raise Unreadable(NO_DATE if compact.isalpha() else f"Code mal saisi. {wrong}") from wrong
    return [] if invitation is None else [invitation.person.merged_into or invitation.person]


def _split(text: str) -> tuple[str, date | None]:
    """The name, and the birth date when one is written in it. Raises Unreadable."""
    match = _NUMERIC.search(text) or _COMPACT.search(text)
    if match is not None:
        day, month, year = (int(part) for part in match.groups())
        return text[: match.start()] + " " + text[match.end() :], _date(year, month, day)
    folded = fold(text)
    if (written := _WRITTEN.search(folded)) is not None:
        born = _date(int(written[3]), MONTHS.index(written[2]) + 1, int(written[1]))
        return folded[: written.start()] + " " + folded[written.end() :], born
    return text, None


def _date(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError as wrong:
        raise Unreadable(BAD_DATE) from wrong


def _in_order(ids: list[int]) -> list[Person]:
    known = Person.objects.in_bulk(ids)
    return [known[each] for each in ids if each in known]

"""Finding a patient by targeting code or by NIR, from one field (VC-10 to VC-15)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from http import HTTPStatus
from math import ceil

from django.db import transaction
from django.http import HttpRequest

from allant import clock
from allant.accounts.log import log_request
from allant.accounts.models import LoggedAction
from allant.campaigns.codes import Mistyped
from allant.campaigns.reads import invitation_of_code
from allant.pages.professional.guesses import Wait, count_guess, one_at_a_time, wait_due
from allant.pages.professional.opening import FoundBy
from allant.people import matricule
from allant.people.models import Person

SEARCHES: dict[FoundBy, str] = {
    "code": "téléservice : recherche par code de ciblage",
    "nir": "téléservice : recherche par NIR",
    "card": "téléservice : recherche par carte Vitale",
}
CODE_LENGTH = 12
LONGEST = 40


class NotFound(Exception):
    """Nobody can be shown; the text says why in French, without what was typed. `status` is that of the answer."""

    status = HTTPStatus.NOT_FOUND


class Unreadable(NotFound):
    """What was typed is neither a code nor a number: a typing error, which costs no guess (VC-12, VC-14)."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY


class UnknownNumber(NotFound):
    """A well-formed number that nobody bears: manual entry is offered (VC-13). `number` has 13 characters."""

    def __init__(self, number: str) -> None:
        super().__init__("Numéro de sécurité sociale (NIR) inconnu : aucun assuré ne porte ce numéro dans nos référentiels.")
        self.number = number


class TooManyGuesses(NotFound):
    """Too many wrong guesses: the next search waits so many seconds (VC-15)."""

    status = HTTPStatus.TOO_MANY_REQUESTS

    def __init__(self, wait: Wait) -> None:
        minutes = max(1, ceil(wait.seconds / 60))
        super().__init__(
            f"Trop de recherches sans résultat. Vous pourrez recommencer à {wait.until.astimezone(clock.PARIS):%H h %M} "
            f"(dans {minutes} minute{'s' if minutes > 1 else ''}). Ces recherches sont inscrites au journal des accès."
        )
        self.seconds = wait.seconds


@dataclass(frozen=True)
class Found:
    """The patients that one search may mean: one for a code, everybody attached to the number for a NIR, never none.

    `number` is the NIR searched (13 characters), empty for a code.
    """

    persons: list[Person]
    by: FoundBy
    number: str = ""


def find_patient(request: HttpRequest, typed: str, *, by_card: bool = False) -> Found:
    """Search, under the limit of wrong guesses, and write it in the access log with the persons found. Raises NotFound."""
    by, text = read_typed(typed)
    by = "card" if by_card and by == "nir" else by
    with transaction.atomic():  # the guess is counted before the next search of this account looks
        one_at_a_time(request)
        if wait := wait_due(request):
            raise TooManyGuesses(wait)
        persons = _by_code(text) if by == "code" else list(Person.objects.attached_to(text))
        if persons:
            log_request(request, LoggedAction.SEARCH, SEARCHES[by], person_ids=[person.pk for person in persons])
            return Found(persons, by, "" if by == "code" else text)
        count_guess(request)
    raise UnknownNumber(text) if by != "code" else NotFound("Code inconnu : aucune invitation en cours ne porte ce code.")


def read_typed(typed: str) -> tuple[FoundBy, str]:
    """What was typed, recognised: ("code", the code) or ("nir", 13 characters). Raises Unreadable, naming the field."""
    compact = re.sub(r"[\s.\-·‑–]", "", typed).upper()
    if not compact:
        raise Unreadable("Saisissez le code de ciblage ou le numéro de sécurité sociale (NIR) du patient.")
    if len(typed) > LONGEST:
        raise Unreadable("Saisie trop longue : un code a 12 caractères, un NIR 13, ou 15 avec sa clé.")
    letters = sum(not character.isdigit() for character in compact)
    if letters > 1 or (letters and len(compact) == CODE_LENGTH):  # a number holds one letter at most, that of Corsica
        return "code", compact
    verdict = matricule.parse(compact)
    if verdict.value is None:
        raise Unreadable("Numéro de sécurité sociale (NIR) refusé. " + " ".join(verdict.reasons))
    return "nir", verdict.value


def _by_code(code: str) -> list[Person]:
    try:
        invitation = invitation_of_code(code)
    except Mistyped as error:
        raise Unreadable(f"Code de ciblage mal saisi. {error}") from error
    if invitation is None:
        return []
    return [invitation.person.merged_into or invitation.person]

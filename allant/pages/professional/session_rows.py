"""The rows of a bulk session: one patient each, sent one by one, each with its own answer (VC-60)."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from allant import clock
from allant.accounts.access import requires
from allant.accounts.log import log_request
from allant.accounts.models import LoggedAction
from allant.accounts.roles import Role
from allant.doctrine import rules
from allant.immunizations.models import Dose
from allant.pages.base.sheets import sheet
from allant.pages.professional.acting import for_teleservice
from allant.pages.professional.dossier_lists import label_of
from allant.pages.professional.session_answers import Sent, answer_to, own_session
from allant.people.models import Person
from allant.vaccination.journey import dose_title
from allant.vaccination.models import VaccinationSession
from allant.vaccination.products import vaccine_label
from allant.vaccination.sessions import UNLISTED, close_session, doses_of, lot_state

HEADER = ("Heure", "Nom", "Prénoms", "Naissance", "Dose", "Vaccin", "Lot", "Motif de forçage")
READ = "téléservice : liste d'une séance de vaccination"


@dataclass(frozen=True)
class Line:
    """One dose of the session, as listed; `row` is the key its browser gave it."""

    dose: Dose
    person: Person
    title: str
    row: str


@requires(Role.HEALTH_PROFESSIONAL)
@for_teleservice(may="record")
@sensitive_post_parameters("typed")
@require_http_methods(["GET", "HEAD", "POST"])
def rows(request: HttpRequest, session: UUID) -> HttpResponse:
    """The page that patients are typed in. Its form, posted without a script, records one row and comes back."""
    found = own_session(request, session)
    if request.method == "POST":
        return _without_script(request, found)
    today = clock.today()
    book = rules.as_known_on(today)
    lines = list(_lines(found))
    log_request(request, LoggedAction.READ, READ, person_ids=[line.person.pk for line in lines])
    context = {
        "title": "Séance de vaccination",
        "trail": [
            ("Espace professionnel", reverse("professional_home")),
            ("Vaccin Covid", reverse("teleservice")),
            ("Saisir une séance", reverse("teleservice_session")),
        ],
        "session": found,
        "vaccine": vaccine_label(found.vaccine, today, book),
        "site": label_of(book, today, "injection_sites", found.site),
        "place_kind": label_of(book, today, "places", found.place_kind),
        "unlisted": lot_state(found.vaccine, found.lot, found.occurred_on) == UNLISTED,
        "declares": bool(found.eligibility),
        "lines": lines,
        "row": uuid4(),
        "key": _storage_key(request, found),
    }
    return render(request, "professional/session/rows.html", context)


def _without_script(request: HttpRequest, session: VaccinationSession) -> HttpResponse:
    sent = Sent.of_form(request)
    answer, _ = answer_to(request, session, sent)
    level = messages.SUCCESS if answer["outcome"] in ("recorded", "already") else messages.ERROR
    messages.add_message(request, level, _in_words(answer))
    return redirect("teleservice_session_rows", session=session.pk)


def _in_words(answer: dict[str, Any]) -> str:
    who = f"{answer['person']} : " if answer.get("person") else ""
    more = {
        "choose": " Ouvrez le dossier du patient depuis la recherche.",
        "reason": " Pour passer outre, ouvrez son dossier depuis la recherche.",
    }.get(answer["outcome"], "")
    return f"{who}{answer['message']}{more}"


@requires(Role.HEALTH_PROFESSIONAL)
@for_teleservice(may="record")
@require_POST
def close(request: HttpRequest, session: UUID) -> HttpResponse:
    """End the session: no row enters any more."""
    with transaction.atomic():
        close_session(session=own_session(request, session), now=clock.now())
        log_request(request, LoggedAction.WRITE, "téléservice : séance de vaccination fermée", subject_kind="session")
    messages.success(request, "Séance fermée.")
    return redirect("teleservice_session_rows", session=session)


@requires(Role.HEALTH_PROFESSIONAL)
@for_teleservice(may="record")
@require_safe
def as_csv(request: HttpRequest, session: UUID) -> HttpResponse:
    """The list of the session."""
    found = own_session(request, session)
    lines = list(_lines(found))
    log_request(request, LoggedAction.READ, f"{READ} en CSV", person_ids=[line.person.pk for line in lines])
    return sheet(f"seance-{found.occurred_on:%Y-%m-%d}.csv", HEADER, map(_cells, lines))


def _cells(line: Line) -> tuple[object, ...]:
    dose, person = line.dose, line.person
    at = dose.recorded_at.astimezone(clock.PARIS)
    return (
        f"{at:%H:%M}", person.family_name, person.given_names, person.birth_date, line.title, dose.get_vaccine_display(),
        dose.lot, dose.forced_reason,
    )  # fmt: skip


def _lines(session: VaccinationSession) -> Iterator[Line]:
    for dose in doses_of(session):
        person = dose.person.merged_into or dose.person
        yield Line(dose, person, dose_title(dose.series, dose.dose_number), dose.source_key.split(":")[2].split("#")[0])


def _storage_key(request: HttpRequest, session: VaccinationSession) -> str:
    """The key under which the browser keeps unsent rows: given to this account only, so that what lies on a shared machine
    cannot be read by the next person."""
    said = f"seance:{session.pk}:{request.user.pk}".encode()
    return b64encode(hmac.new(settings.SECRET_KEY.encode(), said, hashlib.sha256).digest()).decode()


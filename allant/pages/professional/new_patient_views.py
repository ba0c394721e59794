"""Manual entry of a patient whose number is unknown (VC-13)."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from allant import clock
from allant.accounts.access import requires
from allant.accounts.log import log_request
from allant.accounts.models import LoggedAction
from allant.accounts.roles import Role
from allant.pages.professional.acting import acting, for_teleservice
from allant.pages.professional.find_forms import NewPatientForm
from allant.pages.professional.find_views import SEARCH_KEY
from allant.pages.professional.opening import open_file
from allant.people.registration import RegistrationRefused, register_person

UNPROCESSABLE = 422


@requires(Role.HEALTH_PROFESSIONAL)
@for_teleservice(may="find")
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def new_patient(request: HttpRequest) -> HttpResponse:
    """1. identity, 2. contact details. Only after a search by NIR in this session: without one, no entry is possible (VC-10)."""
    search = request.session.get(SEARCH_KEY) or {}
    if not search.get("number"):
        messages.info(request, "Cherchez d'abord le patient par son NIR : la saisie manuelle s'ouvre quand il est inconnu.")
        return redirect("teleservice")
    form = NewPatientForm(search["number"], clock.today(), request.POST or None, initial=_initial(search))
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():  # the person and the entry of the access log: both or neither
                person = register_person(new=form.new_person(), by=acting(request).by, on=clock.today())
                log_request(request, LoggedAction.WRITE, "téléservice : saisie manuelle d'un patient", [person.pk])
        except RegistrationRefused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, str(refused))
        else:
            del request.session[SEARCH_KEY]
            open_file(request, person.pk, "entry")
            return redirect("teleservice_file", person_id=person.pk)
    return _page(request, form, search)


def _page(request: HttpRequest, form: NewPatientForm, search: dict[str, Any]) -> HttpResponse:
    number = search["number"]
    context = {
        "title": "Saisir un patient",
        "trail": [("Espace professionnel", reverse("professional_home")), ("Vaccin Covid", reverse("teleservice"))],
        "form": form,
        "number": f"{number[0]} {number[1:3]} {number[3:5]} {number[5:7]} {number[7:10]} {number[10:]}",
        "attached": bool(search.get("ids")),
        "wrong": [(form[name], errors[0]) for name, errors in form.errors.items() if name in form.fields],
    }
    return render(request, "professional/find/new_patient.html", context, status=UNPROCESSABLE if form.is_bound else 200)


def _initial(search: dict[str, Any]) -> dict[str, Any]:
    """What the card said, and the sex that the number says: to check, in plain sight."""
    number, card = search["number"], search.get("card") or {}
    initial: dict[str, Any] = {name: card[name] for name in ("family_name", "given_names", "birth_rank") if card.get(name)}
    if number[0] in "12" and not search.get("ids"):
        initial["sex"] = {"1": "M", "2": "F"}[number[0]]
    with suppress(ValueError):
        initial["birth_date"] = date.fromisoformat(card.get("birth_date", ""))
    return initial

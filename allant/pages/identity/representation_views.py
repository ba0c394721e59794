"""Who may act for whom, typed from a civil status act or a judgment (VC-62): find the person, fill in, read again, done.

What a representation opens is doctrine (`people.representation`). Both persons are in the access log each time they are shown or
written: the log of the person represented tells who was given the right, that of the representative that it was given.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from allant import clock
from allant.accounts.access import requires
from allant.accounts.log import log_request
from allant.accounts.models import LoggedAction
from allant.accounts.sign_in import actor_of, covers
from allant.doctrine import rules
from allant.doctrine.errors import NotYetInForce
from allant.pages.base.errors import Missing
from allant.pages.identity.representation_forms import EndForm, NewRepresentation, RepresentedSearch
from allant.pages.identity.territory import ROLE, check
from allant.people.models import Person, Representation, RepresentationKind, RepresentationSource
from allant.people.representing import (
    RepresentationRefused,
    Wanted,
    check_representation,
    end_representation,
    register_representation,
    withdraw_representation,
    worth_knowing,
)

View = Callable[..., HttpResponse]


def _once_in_force(view: View) -> View:
    """A page that says so before the doctrine has a rule on representation."""

    @wraps(view)
    def answered(request: HttpRequest, **given: Any) -> HttpResponse:
        try:
            return view(request, **given)
        except NotYetInForce as early:
            raise Missing("Aucune règle sur la représentation n'est encore en vigueur à cette date.") from early

    return answered


def _trail(*more: tuple[str, str]) -> list[tuple[str, str]]:
    return [("Identification", reverse("identity_files")), *more]


@requires(ROLE)
@sensitive_post_parameters("number")
@require_http_methods(["GET", "HEAD", "POST"])
def find(request: HttpRequest) -> HttpResponse:
    """Step 1: by a number, the bearer and whoever is attached to them; a single one opens at once."""
    form = RepresentedSearch(request.POST if request.method == "POST" else None)
    found: list[Person] = []
    searched = request.method == "POST" and form.is_valid()
    if searched:
        everybody = list(Person.objects.attached_to(form.cleaned_data["number"]))
        found = [one for one in everybody if covers(request, ROLE, one.departement_code)]
        if everybody and not found:
            check(request, everybody[0])
        log_request(request, LoggedAction.SEARCH, "personne à représenter", [one.pk for one in found])
    if len(found) == 1:
        return redirect("identity_represented", person_id=found[0].pk)
    context = {"title": "Représentations", "trail": _trail(), "form": form, "searched": searched, "found": found}
    return render(request, "identity/represented_search.html", context, status=422 if form.errors else 200)


@requires(ROLE)
@sensitive_post_parameters("number")
@require_http_methods(["GET", "HEAD", "POST"])
@_once_in_force
def represented(request: HttpRequest, person_id: int) -> HttpResponse:
    """Steps 2 to 4: who represents the person; the form of one more; what was typed, to read again; the list with the new one."""
    person = _person(request, person_id)
    form = NewRepresentation(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            return _write(request, form, person) if "confirm" in request.POST else _review(request, form, person)
        except RepresentationRefused as refused:
            form.add_error(refused.field, str(refused))
    rows = list(_rows(person))
    log_request(request, LoggedAction.READ, "représentants d'une personne", {person.pk, *(row.representative_id for row in rows)})
    context = {
        "title": "Qui représente cette personne",
        "trail": _trail(("Représentations", reverse("identity_representations"))),
        "person": person,
        "rows": [(row, _state(row), row.ends_on is None or row.ends_on > clock.today()) for row in rows],
        "policyholder": person.policyholder if not rows else None,
        "form": form,
    }
    return render(request, "identity/represented.html", context, status=422 if form.errors else 200)


@requires(ROLE)
@require_http_methods(["GET", "HEAD", "POST"])
def end(request: HttpRequest, person_id: int, representation: int) -> HttpResponse:
    """Let a representation end, or take back one typed by mistake."""
    person = _person(request, person_id)
    row = get_object_or_404(_rows(person), pk=representation)
    both = [person.pk, row.representative_id]
    form = EndForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():  # the end and the entries of the access log: both or neither
                told = _end(request, row, form)
                log_request(request, LoggedAction.WRITE, told.lower().rstrip("."), both)
        except RepresentationRefused as refused:
            form.add_error(refused.field, str(refused))
        else:
            messages.success(request, told)
            return redirect("identity_represented", person_id=person.pk)
    log_request(request, LoggedAction.READ, "représentation à terminer", both)
    context = {
        "title": "Mettre fin à une représentation",
        "trail": _trail(
            ("Représentations", reverse("identity_representations")),
            ("Qui représente cette personne", reverse("identity_represented", kwargs={"person_id": person.pk})),
        ),
        "person": person,
        "row": row,
        "form": form,
    }
    return render(request, "identity/representation_end.html", context, status=422 if form.errors else 200)


def _person(request: HttpRequest, person_id: int) -> Person:
    """The record that stands for a person of the territory. Raises Http404, PermissionDenied."""
    found = get_object_or_404(Person.objects.standing().select_related("policyholder"), pk=person_id)
    check(request, found)
    return found


def _rows(person: Person) -> Any:
    return Representation.objects.of(person).select_related("representative").order_by("-pk")


def _state(row: Representation) -> str:
    today = clock.today()
    if row.starts_on and row.starts_on > today:
        return "à venir"
    return "terminée" if row.ends_on and row.ends_on <= today else "en cours"


def _wanted(form: NewRepresentation, person: Person) -> Wanted:
    given = form.cleaned_data
    assert form.representative is not None  # of a valid form
    return Wanted(
        person=person,
        representative=form.representative,
        kind=RepresentationKind(given["kind"]),
        source=RepresentationSource(given["source"]),
        starts_on=given["starts_on"],
        ends_on=given["ends_on"],
    )


def _review(request: HttpRequest, form: NewRepresentation, person: Person) -> HttpResponse:
    """Both persons named, what it opens, what is worth knowing. Raises RepresentationRefused."""
    wanted, today = _wanted(form, person), clock.today()
    book = rules.as_known_on(today)
    check_representation(wanted, today, book)
    log_request(request, LoggedAction.READ, "représentation à inscrire, relue", [person.pk, wanted.representative.pk])
    context = {
        "title": "Relire la représentation",
        "trail": _trail(("Représentations", reverse("identity_representations"))),
        "wanted": wanted,
        "notes": worth_knowing(wanted, today, book),
        "fields": [(name, form[name].value() or "") for name in form.fields],
    }
    return render(request, "identity/representation_check.html", context)


def _write(request: HttpRequest, form: NewRepresentation, person: Person) -> HttpResponse:
    wanted, today = _wanted(form, person), clock.today()
    with transaction.atomic():  # the row and the entries of the access log: both or neither
        register_representation(wanted=wanted, on=today, book=rules.as_known_on(today), by=str(actor_of(request)))
        log_request(request, LoggedAction.WRITE, "représentation inscrite", [person.pk, wanted.representative.pk])
    messages.success(request, "Représentation inscrite.")
    return redirect("identity_represented", person_id=person.pk)


def _end(request: HttpRequest, row: Representation, form: EndForm) -> str:
    who: dict[str, Any] = {"representation": row, "by": str(actor_of(request)), "reason": form.cleaned_data["reason"]}
    if form.ends is None:
        withdraw_representation(**who)
        return "Représentation retirée."
    end_representation(**who, ends_on=form.ends, on=clock.today())
    return "Fin de la représentation enregistrée."

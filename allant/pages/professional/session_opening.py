"""Opening a bulk session, and finding again the open ones (VC-60)."""

from __future__ import annotations

import json
from http import HTTPStatus

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from allant import clock
from allant.accounts.access import requires
from allant.accounts.log import log_request
from allant.accounts.models import LoggedAction
from allant.accounts.roles import Role
from allant.doctrine import RuleBook, rules
from allant.pages.professional.acting import NO_RPPS, Acting, acting, for_teleservice
from allant.pages.professional.dossier_eligibility_form import NO, YES
from allant.pages.professional.dossier_entry import place_in
from allant.pages.professional.dossier_proposals import LastUsed, last_used
from allant.pages.professional.session_forms import SessionForm, SharedForm, offer
from allant.vaccination.models import VaccinationSession
from allant.vaccination.products import vaccine_label
from allant.vaccination.recording import Entry
from allant.vaccination.sessions import open_session

RECENT = 5


@requires(Role.HEALTH_PROFESSIONAL)
@for_teleservice(may="record")
@require_http_methods(["GET", "HEAD", "POST"])
def opening(request: HttpRequest) -> HttpResponse:
    """Say what every dose of the session has in common; then the rows."""
    who, today = acting(request), clock.today()
    book = rules.as_known_on(today)
    last = last_used(who, today)
    form, shared = _forms(request, who, book, last)
    if request.method != "POST":
        return _page(request, who, form, shared, last)
    readable = form.is_valid() & shared.is_valid()
    if who.practitioner is None:
        form.refuse({None: [NO_RPPS]})
    if who.practitioner is None or not readable:
        return _page(request, who, form, shared, last)
    with transaction.atomic():
        session = open_session(
            entry=_entry(form, who),
            shared=shared.shared(),
            by=who.by,
            practitioner=who.practitioner,
            organisation=who.organisation,
            structure_name=who.structure_name,
            now=clock.now(),
        )
        log_request(request, LoggedAction.WRITE, "téléservice : séance de vaccination ouverte", subject_kind="session")
    return redirect("teleservice_session_rows", session=session.pk)


def _forms(request: HttpRequest, who: Acting, book: RuleBook, last: LastUsed) -> tuple[SessionForm, SharedForm]:
    today = clock.today()
    proposed = {**last.values, "lot": last.lots.get(last.values.get("vaccine", ""), ""), "occurred_on": today}
    proposed = {name: value for name, value in proposed.items() if value}
    posted = request.POST if request.method == "POST" else None
    form = SessionForm(posted, initial=proposed, book=book, on=today, offer=offer(book, today, who.am_number))
    shared = SharedForm(posted, initial={"declarant_prescribes": YES}, book=book, on=today)
    if posted is None:
        form.mark_proposed(name for name in proposed if name in form.fields and name != "commune_code")
    if not who.rights.declare:  # who records without declaring has no such part
        shared = SharedForm({"declarant_prescribes": NO}, book=book, on=today)
    return form, shared


def _entry(form: SessionForm, who: Acting) -> Entry:
    data = form.cleaned_data
    return Entry(
        occurred_on=data["occurred_on"],
        vaccine=data["vaccine"],
        lot=data["lot"],
        site=data["site"],
        place_kind=data["place_kind"],
        location=place_in(form, who),
        am_number=data["am_number"],
    )


def _page(request: HttpRequest, who: Acting, form: SessionForm, shared: SharedForm, last: LastUsed) -> HttpResponse:
    form.ready()
    shared.ready()
    refusals = [*form.refusals, *(shared.refusals if who.rights.declare else [])]
    today = clock.today()
    book = rules.as_known_on(today)
    mine = VaccinationSession.objects.filter(opened_by=who.by, closed_at__isnull=True).select_related("location")[:RECENT]
    context = {
        "title": "Saisir une séance",
        "trail": [("Espace professionnel", reverse("professional_home")), ("Vaccin Covid", reverse("teleservice"))],
        "form": form,
        "shared": shared,
        "may_declare": who.rights.declare,
        "refused": {"refusals": refusals},
        "lots": json.dumps(last.lots),
        "sessions": [(session, vaccine_label(session.vaccine, today, book)) for session in mine],
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if refusals else HTTPStatus.OK
    return render(request, "professional/session/opening.html", context, status=status)

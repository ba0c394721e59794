"""The short address that a letter bears (AV-40): its code and the birth date lead to the slot held, or ask for a nurse."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from allauth.account.adapter import get_adapter
from django import forms
from django.conf import settings
from django.core.cache import caches
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from allant import clock
from allant.accounts.access import public
from allant.accounts.log import log_request
from allant.accounts.models import LoggedAction
from allant.appointments.links import token_of
from allant.campaigns.models import Invitation, VisitOrigin
from allant.campaigns.proposals import home_visits
from allant.campaigns.proposals.home_visits import VisitRefused
from allant.campaigns.proposals.slot_letters import HOME, SLOT, held_for
from allant.campaigns.reads import Mistyped, invitation_of_code
from allant.doctrine import rules
from allant.pages.appointments.search_views import TITLE

WRONG = "Ce code n'est pas reconnu pour cette date de naissance : vérifiez les deux sur le courrier."
TOO_MANY = "Trop d'essais depuis votre adresse. Attendez une heure, ou appelez le 0800 730 956."
LAPSED = "Le créneau de votre courrier n'est plus gardé : il a été rendu, ou déplacé. Vous pouvez en choisir un autre."
NOTHING = "Ce code n'est pas celui d'un courrier avec créneau : utilisez-le en prenant votre rendez-vous."


class AnswerForm(forms.Form):
    """What the letter says, and what only the person knows."""

    code = forms.CharField(
        label="Code de votre courrier", max_length=20, help_text="12 lettres et chiffres",
        error_messages={"required": "Recopiez le code de votre courrier."},
    )  # fmt: skip
    birth_date = forms.DateField(
        label="Date de naissance", input_formats=["%d/%m/%Y", "%Y-%m-%d"], help_text="Par exemple 23/05/1945",
        error_messages={"invalid": "Date illisible : écrivez jour/mois/année.", "required": "Indiquez la date de naissance."},
    )  # fmt: skip

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        for name, word in (("code", "off"), ("birth_date", "bday")):
            self.fields[name].widget.attrs |= {
                "class": "fr-input", "autocomplete": word, "aria-describedby": f"id_{name}_error",
            }  # fmt: skip


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def answer_letter(request: HttpRequest) -> HttpResponse:
    """Code and birth date, then the page of the slot held, or a visit asked for; a limited number of tries an hour."""
    form, status, refusal = AnswerForm(request.POST or None), HTTPStatus.OK, ""
    if request.method == "POST":
        status = HTTPStatus.BAD_REQUEST
        if _too_many(request):
            refusal, status = TOO_MANY, HTTPStatus.TOO_MANY_REQUESTS
        elif form.is_valid():
            found = _invited(form.cleaned_data)
            if found is None:
                form.add_error("code", WRONG)
            else:
                return _lead(request, found)
    context = {
        "title": "Répondre à mon courrier", "form": form, "refusal": refusal, "visit": None, "lapsed": "",
        "trail": [(TITLE, reverse("appointments"))],
    }  # fmt: skip
    return render(request, "appointments/letter.html", context, status=status)


def _invited(entry: dict[str, Any]) -> Invitation | None:
    try:
        found = invitation_of_code(entry["code"])
    except Mistyped:
        return None
    return found if found is not None and found.person.birth_date == entry["birth_date"] else None


def _lead(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    """To the slot of the letter, or to a nurse; anything else is said."""
    log_request(request, LoggedAction.READ, "réponse à un courrier, avec son code", [invitation.person_id])
    offers = invitation.campaign.offers
    if offers == SLOT and (seat := held_for([invitation.pk]).get(invitation.pk)) is not None:
        return redirect("own_appointment", token=token_of(seat))
    visit, lapsed = None, {SLOT: LAPSED, HOME: ""}.get(offers, NOTHING)
    if offers == HOME:
        now, today = clock.now(), clock.today()
        try:
            visit = home_visits.ask(
                person=invitation.person, invitation=invitation, origin=VisitOrigin.LETTER, by="public", at=now,
                book=rules.as_known_on(today),
            )  # fmt: skip
        except VisitRefused as refusal:
            lapsed = str(refusal)
    context = {
        "title": "Répondre à mon courrier", "form": None, "refusal": "", "visit": visit, "lapsed": lapsed,
        "trail": [(TITLE, reverse("appointments"))],
    }  # fmt: skip
    return render(request, "appointments/letter.html", context)


def _too_many(request: HttpRequest) -> bool:
    tries, key = caches["papers"], f"letters:{get_adapter(request).get_client_ip(request)}"
    tries.add(key, 0, timeout=3600)
    try:
        return int(tries.incr(key)) > settings.ALLANT_BOOKINGS_AN_HOUR
    except ValueError:  # the hour ended between the two
        return False

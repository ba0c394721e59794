"""The page of a shared number's STOP: each of its people says for themselves (AV-16). It names nobody."""

from __future__ import annotations

from http import HTTPStatus

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from allant import clock
from allant.accounts.access import public
from allant.accounts.log import log_request
from allant.accounts.models import LoggedAction
from allant.outreach.stop_choices import BadChoice, asked, choose

TITLE = "Les SMS de campagne à ce numéro"


class ChoiceForm(forms.Form):
    """What the person wants, and the proof of who they are."""

    choice = forms.ChoiceField(
        choices=[("stop", "Je ne veux plus recevoir de SMS de campagne à ce numéro"), ("go_on", "Je veux en recevoir à nouveau")],
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Choisissez l’une des deux réponses."),
    )  # fmt: skip
    birth_date = forms.DateField(
        label="Votre date de naissance", input_formats=["%d/%m/%Y", "%d%m%Y", "%Y-%m-%d"], help_text="Par exemple 23/05/1945",
        widget=forms.TextInput(attrs={"class": "fr-input", "autocomplete": "bday", "aria-describedby": "id_birth_date_error"}),
        error_messages={
            "required": "Date absente : écrivez jour/mois/année, par exemple 23/05/1945.",
            "invalid": "Date illisible : écrivez jour/mois/année, par exemple 23/05/1945.",
        },
    )  # fmt: skip


@public
@never_cache
@sensitive_post_parameters("birth_date")
@require_http_methods(["GET", "HEAD", "POST"])
def stop_choice(request: HttpRequest, token: str) -> HttpResponse:
    """Ask who and what, then do it for that person alone."""
    try:
        asked(token, clock.now())
    except BadChoice as error:
        return _page(request, status=HTTPStatus.NOT_FOUND, problem=str(error))
    form = ChoiceForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        goes_on = form.cleaned_data["choice"] == "go_on"
        try:
            person = choose(token, birth_date=form.cleaned_data["birth_date"], goes_on=goes_on, at=clock.now())
        except BadChoice as error:
            log_request(request, LoggedAction.REFUSED, "choix après STOP : date de naissance fausse", subject_kind="inbound")
            form.add_error("birth_date", str(error))
        else:
            log_request(request, LoggedAction.WRITE, "choix après STOP d'un numéro partagé", [person])
            return _page(request, done="go_on" if goes_on else "stop")
    return _page(request, form=form, status=HTTPStatus.BAD_REQUEST if form.errors else HTTPStatus.OK)


def _page(request: HttpRequest, *, status: int = HTTPStatus.OK, **shown: object) -> HttpResponse:
    context = {"title": TITLE, "problem": "", "done": "", "form": None, **shown}
    return render(request, "outreach/stop_choice.html", context, status=status)

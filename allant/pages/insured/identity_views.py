"""When FranceConnect's identity is not found in the register: the number as a second proof."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from allant.accounts.access import requires
from allant.accounts.actions import link_person
from allant.accounts.log import log_request
from allant.accounts.models import LoggedAction, User
from allant.accounts.roles import Role
from allant.pages.insured.forms import SecondProof
from allant.pages.insured.identity import forget_pivot, kept_pivot
from allant.pages.insured.proof import WRONG_PROOF, wait_until
from allant.people.identification import NotIdentified, person_proving

SIGN_IN_AGAIN = "Reconnectez-vous par FranceConnect : l'identité reçue à la connexion n'est plus disponible."


@requires(Role.INSURED)
@sensitive_post_parameters("number")
@require_http_methods(["GET", "HEAD", "POST"])
def insured_identity(request: HttpRequest) -> HttpResponse:
    """« Votre identité n'a pas été reconnue », and the form of the second proof."""
    if request.user.person_id is not None:
        return redirect("insured_home")
    form = SecondProof(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            if _prove(request, form):
                return redirect("insured_home")
    status = HTTPStatus.BAD_REQUEST if form.errors else HTTPStatus.OK
    return render(request, "insured/identity.html", {"title": "Votre identité n'a pas été reconnue", "form": form}, status=status)


def _prove(request: HttpRequest, form: SecondProof) -> bool:
    """Tie the account, or say on the form why not."""
    pivot = kept_pivot(request)
    if pivot is None:
        form.add_error(None, SIGN_IN_AGAIN)
        return False
    if until := wait_until(request):
        form.add_error("number", f"Trop d'essais : réessayez après {until:%H h %M}, ou adressez-vous à votre caisse.")
        log_request(request, LoggedAction.REFUSED, "rattachement : trop d'essais", subject_kind="account")
        return False
    try:
        person = person_proving(pivot, form.cleaned_data["number"])
    except NotIdentified as error:
        form.add_error("number", f"{error} Vérifiez chaque chiffre, ou adressez-vous à votre caisse.")
        log_request(request, LoggedAction.REFUSED, WRONG_PROOF, subject_kind="account")
        return False
    user = request.user
    assert isinstance(user, User)
    link_person(user=user, person_id=person.pk)
    forget_pivot(request)
    messages.success(request, "Votre identité est reconnue : votre dossier s'ouvrira désormais à chaque connexion.")
    return True

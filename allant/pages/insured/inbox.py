"""The messages that a person received in their account: listed, read, printed, refused (AV-01)."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from allant import clock
from allant.accounts.access import requires
from allant.accounts.log import log_request
from allant.accounts.models import LoggedAction
from allant.accounts.roles import Role
from allant.accounts.sign_in import actor_of
from allant.outreach.account import inbox
from allant.outreach.models import AccountMessage
from allant.pages.base.errors import Missing
from allant.pages.insured.own_record import for_own_person
from allant.people.models import Person

A_PAGE = 20
ACCEPTED = "Les messages de campagne arriveront à nouveau dans votre espace."
REFUSED = "C’est noté : plus de message de campagne dans votre espace."
NOT_YOURS = "Ce message n'est pas dans votre espace."


@requires(Role.INSURED)
@never_cache
@require_safe
@for_own_person
def insured_messages(request: HttpRequest, person: Person) -> HttpResponse:
    """Every message, the last one first, those never opened marked."""
    log_request(request, LoggedAction.READ, "liste des messages de son espace", [person.pk])
    received = AccountMessage.objects.of(person)
    page = Paginator(received.select_related("template", "message"), A_PAGE).get_page(request.GET.get("page"))
    context = {
        "title": "Mes messages",
        "trail": _trail(),
        "page_obj": page,
        "lines": [(placed, inbox.subject_of(placed)) for placed in page],
        "unread": received.unread().count(),
        "refuses": inbox.refuses(person),
    }
    return render(request, "insured/messages.html", context)


@requires(Role.INSURED)
@never_cache
@require_safe
@for_own_person
def insured_message(request: HttpRequest, person: Person, *, message: int) -> HttpResponse:
    """One message; its first opening is noted."""
    placed = AccountMessage.objects.of(person).select_related("template", "message").filter(pk=message).first()
    if placed is None:
        log_request(request, LoggedAction.REFUSED, "message d'un autre espace", subject_kind="person")
        raise Missing(NOT_YOURS)
    log_request(request, LoggedAction.READ, "lecture d'un message de son espace", [person.pk])
    inbox.first_reading(placed, by=str(actor_of(request)), at=clock.now())
    words = inbox.words_of(placed)
    trail = [*_trail(), ("Mes messages", reverse("insured_messages"))]
    context = {"title": words.subject, "trail": trail, "placed": placed, "words": words}
    return render(request, "insured/message.html", context)


@requires(Role.INSURED)
@require_POST
@for_own_person
def insured_message_choice(request: HttpRequest, person: Person) -> HttpResponse:
    """Refuse campaign messages here, or take them again."""
    accepts = request.POST.get("choice") == "accept"
    if accepts:
        inbox.accept(person)
    else:
        inbox.refuse(person, on=clock.today())
    purpose = f"messages de campagne {'acceptés' if accepts else 'refusés'} dans son espace"
    log_request(request, LoggedAction.WRITE, purpose, [person.pk])
    messages.success(request, ACCEPTED if accepts else REFUSED)
    return redirect("insured_messages")


def _trail() -> list[tuple[str, str]]:
    return [("Mon espace", reverse("insured_home"))]

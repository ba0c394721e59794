"""Who acts in the téléservice, from which place, with which rights (VC-02, VC-03)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from http import HTTPStatus
from typing import Any, Literal
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from allant import clock
from allant.accounts.actors import Actor
from allant.accounts.models import Membership, User
from allant.accounts.roles import Role
from allant.accounts.sign_in import actor_of, current_membership, memberships_of
from allant.directory.models import Organisation, Practitioner
from allant.doctrine import RuleBook, rules
from allant.vaccination.rights import Rights, rights_of

May = Literal["find", "declare", "record"]
View = Callable[..., HttpResponse]

NO_RPPS = (
    "Votre numéro RPPS n'a pas été reçu à la connexion : une déclaration ou une vaccination demande un professionnel identifié. "
    "Reconnectez-vous par Pro Santé Connect, puis contactez l'assistance si le message revient."
)
VERBS = {
    "find": "chercher un patient",
    "declare": "déclarer l'éligibilité d'un patient",
    "record": "enregistrer une vaccination",
}


@dataclass(frozen=True)
class Acting:
    """The professional of this request.

    `profession` is a code of `teleservice.professions`, empty when the Annuaire's code is none of them. `actor` is the `by=` of
    the access log, `by` that of acts.
    """

    actor: Actor
    user: User
    membership: Membership
    organisation: Organisation | None
    structure_name: str
    profession: str
    am_number: str
    rights: Rights

    @property
    def practitioner(self) -> Practitioner | None:
        """The professional of the directory, read with the account; None when no RPPS number was received."""
        return self.user.practitioner

    @property
    def by(self) -> str:
        """The `by=` of actions on acts."""
        return self.actor.name


def acting(request: HttpRequest) -> Acting:
    """Who acts, read once a request. Only under `for_teleservice`, which saw to it that a place is chosen."""
    found: Acting | None = getattr(request, "_acting", None)
    if found is None:
        membership = _place(request)
        if membership is None:
            raise LookupError("acting() is asked outside for_teleservice: no place of activity was chosen.")
        found = request._acting = _read(request, membership)  # type: ignore[attr-defined]
    return found


def for_teleservice(*, may: May) -> Callable[[View], View]:
    """Open a view to the professions that have this right today; the others read which they have, or from when (VC-02).

    Stands under `@requires(Role.HEALTH_PROFESSIONAL)`. A professional with several places chooses one first (VC-03).
    A refusal answers 403, a choice to make 302; to a request that accepts JSON only, 403 and 409 with `{"error": text}`.
    """

    return from_a_place(lambda request: getattr(acting(request).rights, may), lambda request: _closed(request, may))


def from_a_place(
    allowed: Callable[[HttpRequest], bool], refused: Callable[[HttpRequest], HttpResponse]
) -> Callable[[View], View]:
    """Open a view to a professional acting from a place (chosen first, VC-03) and `allowed`; `refused` answers the others."""

    def declare(view: View) -> View:
        @wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if _place(request) is None:
                return _choice_due(request)
            return view(request, *args, **kwargs) if allowed(request) else refused(request)

        return checked

    return declare


def profession_of(annuaire_code: str, book: RuleBook) -> str:
    """The code in `teleservice.professions` of a profession of the Annuaire santé (`10`: `medecin`); empty when unknown.

    The annex of every date is looked through: a profession is recognised before its rights begin.
    """
    for version in book.periods("teleservice.professions"):
        for profession in version.value:
            if annuaire_code and profession["annuaire_code"] == annuaire_code:
                return str(profession["code"])
    return ""


def _read(request: HttpRequest, membership: Membership) -> Acting:
    today = clock.today()
    book = rules.as_known_on(today)
    profession = profession_of(membership.profession, book)
    return Acting(
        actor=actor_of(request),
        user=request.user,
        membership=membership,
        organisation=membership.organisation,
        structure_name=membership.structure_name,
        profession=profession,
        am_number=membership.am_number,
        rights=rights_of(profession, today, book),
    )


def _place(request: HttpRequest) -> Membership | None:
    """The place a professional acts from; another role of the same account is none."""
    current = current_membership(request)
    if current is not None and current.role == Role.HEALTH_PROFESSIONAL:
        return current
    places = [held for held in memberships_of(request) if held.role == Role.HEALTH_PROFESSIONAL]
    return places[0] if len(places) == 1 else None


def _choice_due(request: HttpRequest) -> HttpResponse:
    if wants_json(request):
        message = "Choisissez d'abord votre lieu d'exercice, puis recommencez."
        return JsonResponse({"error": message}, status=HTTPStatus.CONFLICT)
    back = request.path if request.method in {"GET", "HEAD"} else reverse("teleservice")
    return redirect(f"{reverse('professional_structure')}?{urlencode({'next': back})}")


def _closed(request: HttpRequest, may: May) -> HttpResponse:
    who, book = acting(request), rules.as_known_on(clock.today())
    if wants_json(request):
        message = f"Votre profession ne permet pas de {VERBS[may]} à ce jour."
        return JsonResponse({"error": message}, status=HTTPStatus.FORBIDDEN)
    context = {
        "title": "Accès non encore ouvert à votre profession",
        "trail": [("Espace professionnel", reverse("professional_home"))],
        "acting": who,
        "verb": VERBS[may],
        "label": book.rule(f"teleservice.professions.{who.profession}").label if who.profession else "",
        "open_yet": bool(book.periods("teleservice.professions")),
    }
    return render(request, "professional/find/closed.html", context, status=HTTPStatus.FORBIDDEN)


def wants_json(request: HttpRequest) -> bool:
    """Whether the request is a program's: it accepts JSON, and no page."""
    return not request.accepts("text/html") and request.accepts("application/json")

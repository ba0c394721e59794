"""What the present session may do: the roles of the account, weakened by the way it signed in, in the structure chosen."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from django.http import HttpRequest

from allant.accounts.actors import Actor
from allant.accounts.models import Membership
from allant.accounts.roles import Role

SESSION_KEY = "allant_sign_in"
STRUCTURE_KEY = "allant_membership"

# A password proves too little for patient data: the same account, signed in so, holds the right-hand role instead (VC-01).
WEAKENED = {Role.HEALTH_PROFESSIONAL: Role.PORTAL_USER}


@dataclass(frozen=True)
class SignIn:
    """How a session began. `strong` is decided once, from the provider's `acr` and means of authentication."""

    provider: str = ""
    acr: str = ""
    auth_mode: str = ""
    strong: bool = False


def remember_sign_in(request: HttpRequest, sign_in: SignIn) -> None:
    """Keep how the session began; called once, after the session key has changed."""
    request.session[SESSION_KEY] = asdict(sign_in)
    request.session.pop(STRUCTURE_KEY, None)


def sign_in_of(request: HttpRequest) -> SignIn:
    """How the session began; a session of unknown origin is weak."""
    return SignIn(**request.session.get(SESSION_KEY, {}))


def memberships_of(request: HttpRequest) -> list[Membership]:
    """What the account holds, read once a request."""
    if not hasattr(request, "_memberships"):
        user = request.user
        request._memberships = list(Membership.objects.held_by(user)) if user.is_authenticated else []  # type: ignore[attr-defined]
    return request._memberships  # type: ignore[attr-defined,no-any-return]


def roles_of(request: HttpRequest) -> frozenset[Role]:
    """The roles that count in this session."""
    held = {Role(membership.role) for membership in memberships_of(request)}
    if sign_in_of(request).strong:
        return frozenset(held)
    return frozenset(WEAKENED.get(role, role) for role in held)


def structures_to_choose(request: HttpRequest) -> list[Membership]:
    """The places of activity of a professional who has several (VC-03)."""
    places = [held for held in memberships_of(request) if held.role == Role.HEALTH_PROFESSIONAL]
    return places if len(places) > 1 else []


def choose_structure(request: HttpRequest, membership_id: int) -> bool:
    """Act from this structure from now on; False when the account does not hold it (VC-03)."""
    if membership_id not in {membership.pk for membership in memberships_of(request)}:
        return False
    request.session[STRUCTURE_KEY] = membership_id
    return True


def current_membership(request: HttpRequest) -> Membership | None:
    """The membership acted from: the one chosen, or the only one of a professional; None while a choice is due."""
    held = memberships_of(request)
    chosen = request.session.get(STRUCTURE_KEY)
    for membership in held:
        if membership.pk == chosen:
            return membership
    return held[0] if held and not structures_to_choose(request) else None


def actor_of(request: HttpRequest) -> Actor:
    """The `by=` of what this request does."""
    if not request.user.is_authenticated:
        return Actor(name="anonymous")
    membership = current_membership(request)
    return Actor(
        name=request.user.get_username(),
        user_id=request.user.pk,
        role=membership.role if membership else ",".join(sorted(roles_of(request)))[:24],
        structure=membership.structure_code if membership else "",
    )

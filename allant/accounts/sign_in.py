"""What the present session may do: the roles of the account, weakened by the way it signed in, in the structure chosen."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from django.http import HttpRequest

from allant.accounts.access import declared_access
from allant.accounts.actors import Actor
from allant.accounts.models import Membership
from allant.accounts.roles import WHOLE_COUNTRY, Role

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
        request._memberships = Membership.objects.held_by(user) if user.is_authenticated else []  # type: ignore[attr-defined]
    return request._memberships  # type: ignore[attr-defined,no-any-return]


def roles_of(request: HttpRequest) -> frozenset[Role]:
    """The roles that count in this session."""
    return frozenset(_role_in(request, membership) for membership in memberships_of(request))


def covers(request: HttpRequest, role: Role, departement_code: str | None) -> bool:
    """Whether this session holds `role` over a département. A role without a territory covers none."""
    covered = {held.departement_code for held in memberships_of(request) if _role_in(request, held) == role}
    return WHOLE_COUNTRY in covered or bool(departement_code and departement_code in covered)


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
    membership = _acting_membership(request)
    return Actor(
        name=request.user.get_username(),
        user_id=request.user.pk,
        role=_role_in(request, membership) if membership else ",".join(sorted(roles_of(request)))[:24],
        structure=membership.structure_code if membership else "",
    )


def _role_in(request: HttpRequest, membership: Membership) -> Role:
    """What a membership is worth in this session."""
    role = Role(membership.role)
    return role if sign_in_of(request).strong else WEAKENED.get(role, role)


def _acting_membership(request: HttpRequest) -> Membership | None:
    """The current membership or, when the page is not for its role, the first that the page is for."""
    current = current_membership(request)
    access = declared_access(request.resolver_match.func) if request.resolver_match else None
    if access is None or access.public or (current and _role_in(request, current) in access.roles):
        return current
    return next((held for held in memberships_of(request) if _role_in(request, held) in access.roles), current)

"""From the claims of each identity provider to an account, its roles and the strength of its sign-in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from allant.accounts.actions import Grant
from allant.accounts.roles import Role
from allant.accounts.sign_in import SignIn
from allant.site.providers import ACR_ORDER, BY_ID, Provider

Claims = Mapping[str, Any]

# The claim `roles` of the agency's provider may give any role but those that only another provider can prove.
AGENCY_ROLES = frozenset(Role) - {Role.HEALTH_PROFESSIONAL, Role.PORTAL_USER, Role.PARTNER, Role.INSURED}

# Pro Santé Connect's `authMode`: the CPS card or the e-CPS on a mobile.
STRONG_AUTH_MODES = frozenset({"CARD", "MOBILE"})


class SignInRefused(Exception):
    """The provider vouches for somebody, but Allant does not let them in; the text says why, in French."""


@dataclass(frozen=True)
class Identity:
    """Who signed in, what they may do and how strongly they proved who they are."""

    family_name: str
    given_names: str
    email: str
    grants: tuple[Grant, ...]
    sign_in: SignIn


def read_identity(provider_id: str, id_token: Claims, userinfo: Claims) -> Identity:
    """The identity stated by verified claims.

    The level (`acr`) is read in the signed ID token only. Raises SignInRefused when the level is too low, or when the claims
    give no role here.
    """
    provider = BY_ID[provider_id]
    sign_in = _strength(provider, id_token, userinfo)
    if not sign_in.strong and not provider.weak_allowed:
        seen = f"« {sign_in.acr} »" if sign_in.acr else "aucun niveau"
        raise SignInRefused(
            f"Votre connexion n'est pas assez sûre : niveau {provider.acr_minimum} attendu, {seen} reçu de {provider.label}. "
            "Recommencez avec un moyen d'identification plus fort."
        )
    grants = READERS[provider_id](userinfo)
    if not grants:
        raise SignInRefused(NO_ROLE[provider_id])
    return Identity(
        family_name=str(userinfo.get("family_name", "")),
        given_names=str(userinfo.get("given_name", "")),
        email=str(userinfo.get("email", "")),
        grants=grants,
        sign_in=sign_in,
    )


def _strength(provider: Provider, id_token: Claims, userinfo: Claims) -> SignIn:
    acr = str(id_token.get("acr", ""))
    mode = str(id_token.get("authMode") or userinfo.get("authMode") or "")
    strong = acr_at_least(acr, provider.acr_minimum)
    if provider.id == "pro-sante-connect":
        strong = strong and mode in STRONG_AUTH_MODES
    return SignIn(provider=provider.id, acr=acr, auth_mode=mode, strong=strong)


def acr_at_least(acr: str, minimum: str) -> bool:
    """Whether level `acr` is `minimum` or stronger; an unknown level is weaker than all."""
    return acr in ACR_ORDER and ACR_ORDER.index(acr) >= ACR_ORDER.index(minimum)


def _agency_grants(claims: Claims) -> tuple[Grant, ...]:
    stated = claims.get("roles") or []
    return tuple(
        Grant(
            role=Role(role),
            structure_code=str(claims.get("organisation", "")),
            structure_name=str(claims.get("organisation_name", "")),
            departement_code=str(claims.get("departement", "")),
        )
        for role in stated
        if role in AGENCY_ROLES
    )


def _professional_grants(claims: Claims) -> tuple[Grant, ...]:
    """One grant for each place of activity of `SubjectRefPro`; a professional without any exercise has none."""
    practices = (claims.get("SubjectRefPro") or {}).get("exercices") or []
    return tuple(
        Grant(
            role=Role.HEALTH_PROFESSIONAL,
            structure_code=str(activity.get("identifiantTechniqueDeLaStructure", "")),
            structure_name=str(activity.get("raisonSocialeSite", "")),
            departement_code=str(activity.get("codeDepartement", "")),
            profession=str(practice.get("codeProfession", "")),
        )
        for practice in practices
        for activity in practice.get("activities") or []
    )


def _partner_grants(claims: Claims) -> tuple[Grant, ...]:
    if not claims.get("organisation"):
        return ()
    return (
        Grant(
            role=Role.PARTNER,
            structure_code=str(claims["organisation"]),
            structure_name=str(claims.get("organisation_name", "")),
            departement_code=str(claims.get("departement", "")),
        ),
    )


def _insured_grants(claims: Claims) -> tuple[Grant, ...]:
    return (Grant(role=Role.INSURED),)


READERS = {
    "agency": _agency_grants,
    "pro-sante-connect": _professional_grants,
    "partner": _partner_grants,
    "france-connect": _insured_grants,
}
NO_ROLE = {
    "agency": "Votre compte d'agent n'a aucune habilitation dans Allant. "
    "Demandez-la au responsable des habilitations de votre organisme.",
    "pro-sante-connect": "L'Annuaire santé n'indique aucun exercice en cours à votre nom : l'accès est suspendu. "
    "Adressez-vous à votre ordre ou à votre caisse pour mettre à jour votre situation.",
    "partner": "Votre compte n'est rattaché à aucune structure partenaire. "
    "Demandez son rattachement à la caisse qui suit votre convention.",
    "france-connect": "FranceConnect n'a transmis aucune identité.",
}

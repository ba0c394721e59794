"""From the claims of each identity provider to an account, its roles and the strength of its sign-in."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from allant.accounts.actions import Grant
from allant.accounts.roles import Role
from allant.accounts.sign_in import SignIn
from allant.directory.annuaire import StatedPractitioner
from allant.geography import UnknownDepartement, departement_of
from allant.site.providers import ACR_ORDER, BY_ID, Provider

Claims = Mapping[str, Any]
PSC = "pro-sante-connect"

# The claim `roles` of the agency's provider may give any role but those that only another provider can prove.
AGENCY_ROLES = frozenset(Role) - {Role.HEALTH_PROFESSIONAL, Role.PORTAL_USER, Role.PARTNER, Role.INSURED}

# Pro Santé Connect's `authMode`: the CPS card or the e-CPS on a mobile.
STRONG_AUTH_MODES = frozenset({"CARD", "MOBILE"})


UNREADABLE = "Signalez-le à l'administrateur de votre organisme."


class SignInRefused(Exception):
    """The provider vouches for somebody, but Allant does not let them in; the text says why, in French."""


class NoRole(SignInRefused):
    """The provider knows the account and states no role for it any more."""


@dataclass(frozen=True)
class Identity:
    """Who signed in, what they may do and how strongly they proved who they are."""

    family_name: str
    given_names: str
    email: str
    grants: tuple[Grant, ...]
    sign_in: SignIn
    practitioner: StatedPractitioner | None = None
    "The professional, when the provider names one by an RPPS number."


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
    try:
        grants = READERS[provider_id](userinfo)
        practice = next(iter(_practices(userinfo)), {}) if provider_id == PSC else {}
    except (AttributeError, TypeError) as error:  # a list where an object is expected, and the like
        raise SignInRefused(f"{provider.label} a transmis une identité que ce service ne sait pas lire. {UNREADABLE}") from error
    if not grants:
        raise NoRole(NO_ROLE[provider_id])
    identity = Identity(
        family_name=_text(practice, "nomDexercice", 100) or _text(userinfo, "family_name", 100),
        given_names=_text(practice, "prenomDexercice", 200) or _text(userinfo, "given_name", 200),
        email=_text(userinfo, "email", 254),
        grants=grants,
        sign_in=sign_in,
    )
    return replace(identity, practitioner=_practitioner(identity, userinfo)) if provider_id == PSC else identity


def _practitioner(identity: Identity, claims: Claims) -> StatedPractitioner | None:
    """Whom the national identifier names: a type digit, 8 for the RPPS, then the number. Another type (0: ADELI) is none here."""
    found = re.fullmatch(r"8(\d{11})", str(claims.get("SubjectNameID") or claims.get("preferred_username") or ""))
    if found is None:
        return None
    first = identity.grants[0]
    return StatedPractitioner(found[1], identity.family_name, identity.given_names, first.profession, first.departement_code)


def _strength(provider: Provider, id_token: Claims, userinfo: Claims) -> SignIn:
    acr = str(id_token.get("acr", ""))
    mode = str(id_token.get("authMode") or userinfo.get("authMode") or "")
    strong = acr_at_least(acr, provider.acr_minimum)
    if provider.id == PSC:
        strong = strong and mode in STRONG_AUTH_MODES
    return SignIn(provider=provider.id, acr=acr, auth_mode=mode, strong=strong)


def acr_at_least(acr: str, minimum: str) -> bool:
    """Whether level `acr` is `minimum` or stronger; an unknown level is weaker than all."""
    return acr in ACR_ORDER and ACR_ORDER.index(acr) >= ACR_ORDER.index(minimum)


def _agency_grants(claims: Claims) -> tuple[Grant, ...]:
    stated = [role for role in claims.get("roles") or [] if isinstance(role, str)]
    return tuple(
        Grant(
            role=Role(role),
            structure_code=_code(claims, "organisation", 40),
            structure_name=_text(claims, "organisation_name", 200),
            departement_code=_code(claims, "departement", 3),
        )
        for role in stated
        if role in AGENCY_ROLES
    )


def _professional_grants(claims: Claims) -> tuple[Grant, ...]:
    """One grant for each place of activity of `SubjectRefPro`; a professional without any exercise has none."""
    return tuple(
        Grant(
            role=Role.HEALTH_PROFESSIONAL,
            structure_code=_structure_code(activity),
            structure_name=_structure_name(activity),
            departement_code=_departement(activity),
            profession=_code(practice, "codeProfession", 8),
            postcode=_postcode(activity),
            exercise_mode=_code(activity, "codeModeExercice", 8),
        )
        for practice in _practices(claims)
        for activity in practice.get("activities") or []
    )


# The names that Pro Santé Connect gives to the identifiers of a place of activity, the steadiest first; any may be empty.
STRUCTURE_CODES = (
    "identifiantTechniqueDeLaStructure",
    "numeroFinessSite",
    "numeroSiretSite",
    "ancienIdentifiantDeLaStructure",
    "numeroFinessetablissementJuridique",
)


def _structure_code(activity: Claims) -> str:
    """The code of a place; one without any gets a code drawn from its name and postcode, so that two places stay two."""
    codes = (_code(activity, name, 40) for name in STRUCTURE_CODES)
    return next((code for code in codes if code), "") or _drawn_code(activity)


def _drawn_code(activity: Claims) -> str:
    name = _structure_name(activity)
    return f"PSC-{hashlib.sha256(f'{name}|{_postcode(activity)}'.encode()).hexdigest()[:12]}" if name else ""


def _structure_name(activity: Claims) -> str:
    return _text(activity, "raisonSocialeSite", 200) or _text(activity, "enseigneCommercialeSite", 200)


def _postcode(activity: Claims) -> str:
    """Five digits, or nothing: it is shown and proposed, never relied on."""
    postcode = str(activity.get("codePostal") or "")
    return postcode if re.fullmatch(r"\d{5}", postcode) else ""


def _departement(activity: Claims) -> str:
    """The one stated, or that of the commune, or of the postcode where it can only be one (Corsica has two for 20)."""
    stated = _code(activity, "codeDepartement", 3)
    commune, postcode = str(activity.get("codeCommune") or ""), _postcode(activity)
    for code in (commune, "" if postcode.startswith("20") else postcode):
        with suppress(UnknownDepartement):
            return stated or departement_of(code)
    return stated


def _practices(claims: Claims) -> list[Claims]:
    """The current exercises of a professional, as Pro Santé Connect states them; none for anybody else."""
    return list((claims.get("SubjectRefPro") or {}).get("exercices") or [])


def _partner_grants(claims: Claims) -> tuple[Grant, ...]:
    if not claims.get("organisation"):
        return ()
    return (
        Grant(
            role=Role.PARTNER,
            structure_code=_code(claims, "organisation", 40),
            structure_name=_text(claims, "organisation_name", 200),
            departement_code=_code(claims, "departement", 3),
        ),
    )


def _insured_grants(claims: Claims) -> tuple[Grant, ...]:
    return (Grant(role=Role.INSURED),)


def _text(claims: Claims, name: str, longest: int) -> str:
    """A text to show, cut to what the account can hold; empty when it is missing."""
    return str(claims.get(name) or "").replace("\0", "")[:longest]


def _code(claims: Claims, name: str, longest: int) -> str:
    """A code: cut, it would name something else, so one too long is refused."""
    code = str(claims.get(name) or "")
    if len(code) > longest or "\0" in code:
        raise SignInRefused(f"L'identité reçue contient un code trop long ({name}, {longest} caractères au plus). {UNREADABLE}")
    return code


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

"""From claims to roles and strength."""

from __future__ import annotations

from typing import Any

import pytest

from allant.accounts.actions import Grant
from allant.accounts.roles import Role
from allant.site.claims import SignInRefused, acr_at_least, read_identity

AGENT: dict[str, Any] = {
    "roles": ["campaign_manager"],
    "organisation": "CPAM-35",
    "organisation_name": "CPAM 35",
    "departement": "35",
}
DOCTOR: dict[str, Any] = {
    "SubjectRefPro": {
        "exercices": [
            {"codeProfession": "10", "activities": [{"identifiantTechniqueDeLaStructure": "R1", "raisonSocialeSite": "Cabinet"}]}
        ]
    }
}


def test_an_agent() -> None:
    identity = read_identity("agency", {"acr": "eidas2"}, AGENT)
    assert identity.grants == (Grant(Role.CAMPAIGN_MANAGER, "CPAM-35", "CPAM 35", "35"),)


@pytest.mark.parametrize("role", ["health_professional", "portal_user", "partner", "insured", "inconnu"])
def test_the_agency_cannot_give_what_only_another_provider_proves(role: str) -> None:
    with pytest.raises(SignInRefused, match="aucune habilitation"):
        read_identity("agency", {"acr": "eidas2"}, AGENT | {"roles": [role]})


def test_the_level_is_read_in_the_signed_token_alone() -> None:
    with pytest.raises(SignInRefused, match="aucun niveau"):
        read_identity("agency", {}, AGENT | {"acr": "eidas3"})


@pytest.mark.parametrize(
    ("acr", "mode", "strong"),
    [
        ("eidas1", "CARD", True),
        ("eidas2", "MOBILE", True),
        ("eidas1", "PASSWORD", False),
        ("eidas1", "", False),
        ("", "CARD", False),
        ("eidas0", "CARD", False),
    ],
)
def test_vc01_what_makes_a_professional_strong(acr: str, mode: str, strong: bool) -> None:
    """VC-01: both the level and the means."""
    assert read_identity("pro-sante-connect", {"acr": acr, "authMode": mode}, DOCTOR).sign_in.strong is strong


def test_a_professional_has_a_membership_for_each_place() -> None:
    (grant,) = read_identity("pro-sante-connect", {"acr": "eidas1"}, DOCTOR).grants
    assert (grant.role, grant.structure_code, grant.profession) == (Role.HEALTH_PROFESSIONAL, "R1", "10")


@pytest.mark.parametrize("claims", [{}, {"SubjectRefPro": None}, {"SubjectRefPro": {"exercices": []}}])
def test_a_professional_without_exercise_is_refused(claims: dict[str, Any]) -> None:
    with pytest.raises(SignInRefused, match="aucun exercice en cours"):
        read_identity("pro-sante-connect", {"acr": "eidas1", "authMode": "CARD"}, claims)


def test_levels_are_ordered_and_unknown_ones_are_weakest() -> None:
    assert acr_at_least("eidas3", "eidas1") and acr_at_least("eidas2", "eidas2")
    assert not acr_at_least("eidas1", "eidas2") and not acr_at_least("eidas9", "eidas1") and not acr_at_least("", "eidas1")

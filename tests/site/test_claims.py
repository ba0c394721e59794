"""From claims to roles and strength."""

from __future__ import annotations

from typing import Any

import pytest

from allant.accounts.actions import Grant
from allant.accounts.roles import Role
from allant.directory.annuaire import StatedPractitioner
from allant.site.claims import NoRole, SignInRefused, acr_at_least, read_identity

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


@pytest.mark.parametrize(
    ("provider", "claims"),
    [
        ("pro-sante-connect", {"SubjectRefPro": ["exercices"]}),
        ("pro-sante-connect", {"SubjectRefPro": {"exercices": ["10"]}}),
        ("pro-sante-connect", {"SubjectRefPro": {"exercices": {"codeProfession": "10"}}}),
        ("agency", AGENT | {"roles": 7}),
    ],
)
def test_claims_of_another_shape_are_refused_in_french(provider: str, claims: dict[str, Any]) -> None:
    with pytest.raises(SignInRefused, match="ne sait pas lire"):
        read_identity(provider, {"acr": "eidas2", "authMode": "CARD"}, claims)


@pytest.mark.parametrize(
    "roles", ["campaign_manager", [{"campaign_manager": 1}], [None], [["administrator"]], {"x": "administrator"}]
)
def test_roles_of_another_shape_give_none(roles: Any) -> None:
    with pytest.raises(NoRole):
        read_identity("agency", {"acr": "eidas2"}, AGENT | {"roles": roles})


def test_a_code_too_long_is_refused_and_a_name_too_long_is_cut() -> None:
    with pytest.raises(SignInRefused, match="trop long"):
        read_identity("agency", {"acr": "eidas2"}, AGENT | {"departement": "35 et 75"})
    assert len(read_identity("agency", {"acr": "eidas2"}, AGENT | {"family_name": "a" * 900}).family_name) == 100


def test_no_claim_of_one_provider_counts_at_another() -> None:
    every = AGENT | DOCTOR | {"roles": ["administrator"]}
    given = {
        provider: {grant.role for grant in read_identity(provider, {"acr": "eidas2", "authMode": "CARD"}, every).grants}
        for provider in ("agency", "pro-sante-connect", "partner", "france-connect")
    }
    assert given == {
        "agency": {Role.ADMINISTRATOR},
        "pro-sante-connect": {Role.HEALTH_PROFESSIONAL},
        "partner": {Role.PARTNER},
        "france-connect": {Role.INSURED},
    }


def test_levels_are_ordered_and_unknown_ones_are_weakest() -> None:
    assert acr_at_least("eidas3", "eidas1") and acr_at_least("eidas2", "eidas2")
    assert not acr_at_least("eidas1", "eidas2") and not acr_at_least("eidas9", "eidas1") and not acr_at_least("", "eidas1")


def stated(activity: dict[str, Any], **claims: Any) -> dict[str, Any]:
    """`userinfo` of a doctor with one place of activity."""
    practice = {"codeProfession": "10", "nomDexercice": "Roux", "prenomDexercice": "Ada", "activities": [activity]}
    return {"SubjectNameID": "899900000011", "SubjectRefPro": {"exercices": [practice]}, **claims}


def read(userinfo: dict[str, Any]) -> Any:
    return read_identity("pro-sante-connect", {"acr": "eidas1", "authMode": "CARD"}, userinfo)


def test_vc01_the_professional_is_named_by_the_rpps_number() -> None:
    """VC-01: the national identifier without its type digit, and the names of exercise before those of civil status."""
    place = {"identifiantTechniqueDeLaStructure": "R1", "codePostal": "20000", "codeDepartement": "2A", "codeModeExercice": "S"}
    identity = read(stated(place, family_name="Roux épouse Vial"))
    assert identity.practitioner == StatedPractitioner("99900000011", "Roux", "Ada", "10", "2A")
    (grant,) = identity.grants
    assert (grant.postcode, grant.exercise_mode, grant.departement_code) == ("20000", "S", "2A")


@pytest.mark.parametrize("identifier", ["", "0999000001", "ANS20231122132732", "89990000001", "8999000000112", None])
def test_vc01_another_identifier_names_no_professional(identifier: str | None) -> None:
    """VC-01: ADELI numbers and test identities sign in, and are not taken for an RPPS number."""
    assert read(stated({"identifiantTechniqueDeLaStructure": "R1"}, SubjectNameID=identifier)).practitioner is None


def test_no_practitioner_comes_from_another_provider() -> None:
    assert read_identity("agency", {"acr": "eidas2"}, AGENT | stated({})).practitioner is None


@pytest.mark.parametrize(
    ("place", "code"),
    [
        ({"identifiantTechniqueDeLaStructure": "R1", "numeroFinessSite": "350000001"}, "R1"),
        ({"identifiantTechniqueDeLaStructure": "", "numeroFinessSite": "350000001"}, "350000001"),
        ({"numeroSiretSite": "12345678900011"}, "12345678900011"),
        ({"ancienIdentifiantDeLaStructure": "499700237045007"}, "499700237045007"),
        ({}, ""),
    ],
)
def test_vc03_a_place_is_named_by_its_steadiest_identifier(place: dict[str, str], code: str) -> None:
    """VC-03: any of them may be empty."""
    assert read(stated(place)).grants[0].structure_code == code


def test_vc03_two_places_without_identifier_stay_two() -> None:
    """VC-03: a code is drawn from the name and the postcode, the same at each sign-in."""
    codes = [
        read(stated({"raisonSocialeSite": name, "codePostal": postcode})).grants[0].structure_code
        for name, postcode in (("Cabinet", "35000"), ("Cabinet", "75009"), ("Cabinet", "35000"))
    ]
    assert codes[0] == codes[2] != codes[1] and all(code.startswith("PSC-") for code in codes)


@pytest.mark.parametrize(
    ("place", "departement"),
    [
        ({"codeDepartement": "75", "codePostal": "35000"}, "75"),
        ({"codeCommune": "75109", "codePostal": "75009"}, "75"),
        ({"codeCommune": "2A004", "codePostal": "20000"}, "2A"),
        ({"codePostal": "97110"}, "971"),
        ({"codePostal": "20000"}, ""),
        ({"codePostal": "trois"}, ""),
    ],
)
def test_the_departement_of_a_place(place: dict[str, str], departement: str) -> None:
    assert read(stated(place)).grants[0].departement_code == departement

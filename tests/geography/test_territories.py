"""Départements and regions, Corsica and overseas included."""

import pytest

from allant.geography import (
    UnknownDepartement,
    communes,
    departement_of,
    departements,
    epci_of_communes,
    epcis,
    epcis_named,
    region_of,
    regions,
)


def test_the_country_is_whole() -> None:
    zones = [place.zone for place in departements().values()]
    assert (zones.count("metropole"), zones.count("drom"), zones.count("com")) == (96, 5, 8)
    assert len([region for region in regions().values() if region.zone != "com"]) == 18


def test_overseas_departements_are_flagged() -> None:
    overseas = {code for code, place in departements().items() if place.overseas}
    assert overseas == {"971", "972", "973", "974", "975", "976", "977", "978", "984", "986", "987", "988", "989"}


def test_populations_add_up() -> None:
    """A département holds the inhabitants of its communes."""
    total = sum(place.population for place in departements().values())
    assert total == sum(count or 0 for count in communes().column("population").to_pylist())
    assert 67_000_000 < total < 71_000_000


@pytest.mark.parametrize(
    ("commune", "departement"),
    [("01001", "01"), ("2A004", "2A"), ("2B033", "2B"), ("75056", "75"), ("97105", "971"), ("97611", "976"), ("98818", "988")],
)
def test_a_commune_code_names_its_departement(commune: str, departement: str) -> None:
    assert departement_of(commune) == departement


def test_every_commune_stands_in_the_departement_of_its_code() -> None:
    table = communes()
    pairs = zip(table.column("code").to_pylist(), table.column("departement").to_pylist(), strict=True)
    assert [code for code, departement in pairs if departement_of(code) != departement] == []


@pytest.mark.parametrize("code", ["20000", "", "1001", "990001", "99101"])
def test_what_is_no_commune_of_france_is_refused(code: str) -> None:
    with pytest.raises(UnknownDepartement, match="Attendu"):
        departement_of(code)


def test_regions_of_departements() -> None:
    assert regions()[region_of("2A")].name == "Corse"
    assert regions()[region_of("974")].name == "La Réunion"
    with pytest.raises(UnknownDepartement, match="« 20 » inconnu"):
        region_of("20")


def test_tg_03_each_commune_knows_its_epci_and_a_name_finds_one() -> None:
    """TG-03: 1 255 bodies with own taxes on 1 January 2026; only some islands are outside any."""
    assert len(epcis()) == 1255 and set(epci_of_communes().values()) == set(epcis())
    outside = {row["code"] for row in communes().select(["code", "epci", "population"]).to_pylist() if not row["epci"]}
    assert {"29155", "22016"} < outside, "Ouessant, Bréhat"
    assert epcis()[epci_of_communes()["35238"]].name == "Rennes Métropole"
    assert [body.code for body in epcis_named("CA du Bassin de Bourg-en-Bresse")] == ["200071751"]
    assert epcis_named("Bassin de Bourg en Bresse") == epcis_named("200071751") and epcis_named("Bassin") == ()
    assert len(epcis_named("quatre rivieres")) == 2

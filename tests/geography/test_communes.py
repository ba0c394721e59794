"""The commune table, the finder and distances."""

import numpy as np
import pytest

from allant.geography import UnknownCommune, communes, communes_meant, distance_km, find, position_of, positions_of


def test_counts_of_the_source() -> None:
    """01-architecture: 34 969 communes, 6 310 postcodes."""
    table = communes()
    postcodes = {code for row in table.column("postcodes").to_pylist() for code in row}
    assert (table.num_rows, len(set(table.column("code").to_pylist())), len(postcodes)) == (34_969, 34_969, 6_310)


def test_every_inhabited_commune_is_located_and_says_how_well() -> None:
    rows = communes().select(["population", "latitude", "position"]).to_pylist()
    assert {row["position"] for row in rows} == {"commune", "epci", "departement", "none"}
    assert not any(row["population"] for row in rows if row["position"] == "none")
    assert all((row["latitude"] is None) == (row["position"] == "none") for row in rows)
    known = sum(row["population"] or 0 for row in rows if row["position"] == "commune")
    assert known / sum(row["population"] or 0 for row in rows) > 0.85


def test_no_commune_is_far_from_its_departement() -> None:
    """A homonym of the other end of the country would be."""
    table = communes()
    codes, positions = np.array(table.column("departement").to_pylist()), positions_of(table.column("code").to_pylist())
    for departement in ("01", "29", "33", "2A", "2B", "59", "75", "974"):
        inside = positions[codes == departement]
        assert np.ptp(inside, axis=0).max() < 3.2, departement


@pytest.mark.parametrize(
    ("a", "b", "kilometres"),
    [("75056", "69123", 392), ("75056", "13055", 661), ("2A004", "2B033", 65), ("35238", "35238", 0)],
)
def test_distances(a: str, b: str, kilometres: float) -> None:
    """Paris to Lyon, to Marseille; Ajaccio to Bastia; Rennes to itself."""
    assert distance_km(a, b) == pytest.approx(kilometres, abs=45 if a == "2A004" else 3)
    assert distance_km(a, b) == pytest.approx(distance_km(b, a))


def test_unknown_communes() -> None:
    with pytest.raises(UnknownCommune, match="« 99999 » inconnue"):
        distance_km("75056", "99999")
    with pytest.raises(UnknownCommune, match="aucune position"):
        position_of("98412")
    assert np.isnan(positions_of(["99999", "75056"])).tolist() == [[True, True], [False, False]]


def test_the_list_appears_after_two_characters() -> None:
    """VC-13."""
    assert find("") == find("r") == find(" é ") == []
    assert len(find("re", limit=7)) == 7


@pytest.mark.parametrize(
    ("text", "name", "postcode"),
    [
        ("rennes", "Rennes", "35000"),
        ("SAINT-ÉTIENNE", "Saint-Étienne", "42000"),
        ("st etienne", "Saint-Étienne", "42000"),
        ("havre", "Le Havre", "76600"),
        ("l'haÿ", "L'Haÿ-les-Roses", "94240"),
        ("l\u2019hay les", "L'Haÿ-les-Roses", "94240"),
        ("97400", "Saint-Denis", "97400"),
        ("20090", "Ajaccio", "20090"),
        ("97133", "Saint-Barthélemy", "97133"),
    ],
)
def test_find_by_name_or_postcode(text: str, name: str, postcode: str) -> None:
    """VC-13: without accents or case, article or not, Corsica and overseas included."""
    first = find(text)[0]
    assert (first.name, first.postcode) == (name, postcode)


def test_an_exact_name_comes_before_a_larger_commune() -> None:
    assert find("évry")[0].name == "Évry"
    assert find("évry")[1].name == "Évry-Courcouronnes"


def test_a_postcode_lists_all_its_communes() -> None:
    places = find("01140", limit=50)
    assert len({place.code for place in places}) == 8
    assert {place.postcode for place in places} == {"01140"}


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("bourg en bresse", [["01053"]]),
        ("01000", [["01053", "01344"]]),
        ("35238", [["35238"]]),
        ("2a004", [["2A004"]]),
        ("Havre", [["76351"]]),
        ("93200 St-Denis", [["93066"]]),
        ("93200 Rennes", []),
        ("Saint-Denis (93066)", [["93066"]]),
        ("Rennes (93066)", []),
        ("97411", [["97411"], ["97415"]]),
        ("Nulle part", []),
        ("", []),
    ],
)
def test_tg_03_a_line_is_read_as_the_communes_it_means(typed: str, meant: list[list[str]]) -> None:
    """TG-03: by code, postcode, name or label; several readings are given apart."""
    assert [[place.code for place in places] for places in communes_meant(typed)] == meant


def test_tg_03_namesakes_are_as_many_readings_the_most_populated_first() -> None:
    found = communes_meant("saint denis")
    assert [places[0].code for places in found[:2]] == ["97411", "93066"] and all(len(places) == 1 for places in found)

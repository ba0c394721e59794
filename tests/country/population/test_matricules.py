"""Numbers of the synthetic country: shape, key, uniqueness, agreement with the person (ID-02, ID-03)."""

import re

import pyarrow as pa
import pytest
from stdnum.fr import nir as oracle

from allant.country.population import Country
from allant.country.population.places import fund_code
from allant.people import matricule
from tests.country.population.countries import Query


def identities(country: Country) -> pa.Table:
    return country.dataset("identity").to_table(["nir", "matricule_kind"])


def test_every_number_is_valid_for_the_register(thousandth: Country) -> None:
    """ID-03, with the very parser of the register."""
    expected = {"NIR": matricule.NIR_OR_NIA, "NIA": matricule.NIR_OR_NIA, "NNP": matricule.NNP}
    table = identities(thousandth)
    for value, kind in zip(table["nir"].to_pylist(), table["matricule_kind"].to_pylist(), strict=True):
        verdict = matricule.parse(value)
        assert verdict.valid and verdict.kind == expected[kind], (kind, verdict.reasons)


def test_the_key_of_a_nir_satisfies_an_independent_implementation(thousandth: Country) -> None:
    """ID-03: 97 − (N mod 97), Corsica included."""
    values = [row["nir"] for row in identities(thousandth).to_pylist() if row["matricule_kind"] == "NIR"]
    corsican = [value for value in values if value[5:7] in ("2A", "2B")]
    assert len(corsican) > 50
    for value in (*corsican, *values[:3_000:10]):
        # the oracle knows no birth month beyond 12 but 20 and above, as we write them
        assert oracle.is_valid(f"{value}{matricule.key(value):02d}")


def test_no_number_is_borne_twice(ask_large: Query) -> None:
    """ID-03: over three parts, two of which share a class."""
    assert ask_large("SELECT count(DISTINCT nir) = count(*), count(*) FROM identity") == [(True, 1_100_000)]


def test_a_nir_agrees_with_sex_and_birth(ask_thousandth: Query) -> None:
    assert ask_thousandth("""
        SELECT count(*) FROM identity JOIN person USING (person_id) WHERE matricule_kind IN ('NIR', 'NIA') AND NOT (
            substr(nir, 1, 1) = CASE sex WHEN 'M' THEN '1' ELSE '2' END
            AND substr(nir, 2, 2) = strftime(birth_date, '%y')
            AND substr(nir, 4, 2) = CASE birth_precision WHEN 'year' THEN '20' ELSE strftime(birth_date, '%m') END)
    """) == [(0,)]


def test_most_are_born_in_their_departement_and_those_born_abroad_bear_99(ask_thousandth: Query) -> None:
    ((local, abroad, arrondissements),) = ask_thousandth("""
        SELECT avg((substr(nir, 6, length(departement)) = departement)::int), avg((substr(nir, 6, 2) = '99')::int),
               count(*) FILTER (substr(nir, 6, 5) BETWEEN '75101' AND '75120')
        FROM identity JOIN person USING (person_id) WHERE matricule_kind = 'NIR'
    """)
    assert 0.50 < local < 0.62 and 0.09 < abroad < 0.14 and arrondissements > 500


def test_ame_beneficiaries_bear_an_nnp_of_their_fund(ask_thousandth: Query) -> None:
    """ID-02: irregular situation → NNP, first digit 7 or 8, then sex and fund."""
    rows = ask_thousandth("""
        SELECT nir, matricule_kind, sex, departement FROM situation JOIN person USING (person_id) JOIN identity USING (person_id)
        WHERE kind = 'ame'
    """)
    assert len(rows) > 150
    for value, kind, sex, departement in rows:
        assert kind == "NNP"
        assert re.fullmatch(f"[78]{'1' if sex == 'M' else '2'}{fund_code(departement)}[0-9]{{8}}", value)


def test_nia_are_only_for_persons_born_abroad(ask_thousandth: Query) -> None:
    """ID-02."""
    ((number, abroad),) = ask_thousandth(
        "SELECT count(*), count(*) FILTER (substr(nir, 6, 2) = '99') FROM identity WHERE matricule_kind = 'NIA'"
    )
    assert number == abroad > 30


@pytest.mark.parametrize(("departement", "fund"), [("35", "351"), ("01", "011"), ("2A", "201"), ("2B", "202"), ("974", "974")])
def test_fund_of_a_departement(departement: str, fund: str) -> None:
    assert fund_code(departement) == fund

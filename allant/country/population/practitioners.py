"""The treating doctors named in a country."""

from __future__ import annotations

import duckdb
import numpy as np
import pyarrow as pa

from allant.country.population.files import Country
from allant.country.population.names import Names
from allant.country.population.parameters import parameters
from allant.country.population.streams import Salt, uniforms

# Profession code of the RPPS, as Pro Santé Connect gives it.
PHYSICIAN = "10"
YOUNGEST, OLDEST = 30, 70
# Hash keys of doctors lie beyond those of households.
FIRST_KEY = 1 << 40

NAMED = """
SELECT treating_rpps AS rpps, any_value(departement ORDER BY person_id) AS departement_code
FROM person JOIN identity USING (person_id) WHERE treating_rpps IS NOT NULL GROUP BY ALL ORDER BY ALL
"""


def practitioners(country: Country) -> pa.Table:
    """One row a doctor whom somebody named: rpps, family_name, given_names, profession, departement_code, email.

    One doctor in ten has no known address.
    """
    with duckdb.connect() as session:
        for table in ("person", "identity"):
            session.read_parquet(country.glob(table)).create_view(table)
        found = session.execute(NAMED).to_arrow_table()
    seed, names = country.manifest.seed, Names(country.manifest.seed, parameters())
    keys = np.arange(found.num_rows, dtype=np.int64) + FIRST_KEY
    u = uniforms(seed, Salt.DOCTOR_NAME, keys)
    ages = YOUNGEST + (u * (OLDEST - YOUNGEST)).astype(np.int64)
    woman = uniforms(seed, Salt.HEAD_SEX, keys) < 0.5
    given = names.given_of(woman, ages, uniforms(seed, Salt.AGE, keys))
    return found.append_column("family_name", names.family.take(pa.array(names.family_of(keys)))).append_column(
        "given_names", names.given.take(pa.array(given))
    ).append_column("profession", pa.array([PHYSICIAN] * found.num_rows)).append_column("email", _emails(found["rpps"]))


def _emails(rpps: pa.ChunkedArray) -> pa.Array:
    """An address made of the number; none where it ends with a zero."""
    return pa.array([f"cabinet-{number}@medecin.example" if number[-1] != "0" else "" for number in rpps.to_pylist()])

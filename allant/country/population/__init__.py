"""The synthetic country: people as plausible as the official figures allow, straight to Parquet. Nobody in it is real.

`make_country` writes it, `read` opens it, `load.load_country` puts it into PostgreSQL.
"""

from allant.country.population.files import BadCountry, Country, Manifest, read
from allant.country.population.layout import InvalidSize
from allant.country.population.make import InvalidSeed, default_directory, make_country, official_population
from allant.country.population.parameters import InvalidParameter

__all__ = [
    "BadCountry",
    "Country",
    "InvalidParameter",
    "InvalidSeed",
    "InvalidSize",
    "Manifest",
    "default_directory",
    "make_country",
    "official_population",
    "read",
]

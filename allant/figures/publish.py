"""A production of open data: national files, files by territory, dictionary and metadata, in one folder (FG-02)."""

import hashlib
import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa

from allant.doctrine import BOOKS
from allant.figures import national, territory
from allant.figures.aggregate import NoDose, count_by_week, count_national
from allant.figures.current import SERIES_START
from allant.figures.definitions import definitions, dictionary
from allant.figures.files import LAST, replaced_folder, write_csv, write_parquet, write_texts
from allant.figures.parameters import ALL, Parameters
from allant.figures.sources import Source
from allant.geography import departements

LICENCE = "Licence Ouverte / Open Licence 2.0"
LICENCE_URL = "https://www.etalab.gouv.fr/licence-ouverte-open-licence"
SYNTHETIC = "Données synthétiques : aucune personne réelle. La répartition par département est simulée."

Step = Callable[[str], None]


@dataclass(frozen=True)
class Production:
    """What a production wrote."""

    folder: Path
    on: date
    rows: dict[str, int]  # by file, without extension


def publish(
    source: Source,
    parameters: Parameters,
    on: date,
    folder: Path,
    produced_on: date,
    step: Step = lambda name: None,
    *,
    territories: bool = True,
) -> Production:
    """Write every file with the acts up to `on`; files of `folder` are replaced once all are complete.

    `step` is told the name of each file before it is written; without `territories`, only the national files are. Raises NoDose
    when there is nothing to publish.
    """
    with replaced_folder(folder) as work:
        rows = {}
        columns: list[str] = []
        for name, table in _tables(source, parameters, on, step, territories):
            write_csv(table, work / f"{name}.csv")
            write_parquet(table, work / f"{name}.parquet")
            rows[name] = table.num_rows
            columns += [column for column in table.column_names if column not in columns]
        write_texts(_dictionary(columns), work / "dictionnaire.csv")
        (work / LAST).write_text(_metadata(parameters, on, produced_on, rows, fingerprint(source, parameters, on)), "utf-8")
    return Production(folder, on, rows)


def is_current(source: Source, parameters: Parameters, on: date, folder: Path) -> bool:
    """Whether `folder` holds what `publish` would write: same acts and persons, same rules, same software, same day."""
    try:
        written = json.loads((folder / LAST).read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return written.get("empreinte") == fingerprint(source, parameters, on)


def fingerprint(source: Source, parameters: Parameters, on: date) -> str:
    """SHA-256 of everything that a production depends on."""
    digest = hashlib.sha256(f"{source.version()} {on} {parameters.scale!r}".encode())
    for path in sorted([*BOOKS.rglob("*.yaml"), *Path(__file__).parent.glob("*.*")]):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _tables(source: Source, parameters: Parameters, on: date, step: Step, territories: bool) -> Iterable[tuple[str, pa.Table]]:
    classes = parameters.age_classes(on)
    step("vacsi-fra")
    counts = count_national(source, classes, SERIES_START, on)
    yield "vacsi-fra", national.vacsi_fra(counts, parameters)
    step("vacsi-a-fra")
    yield "vacsi-a-fra", national.vacsi_a_fra(counts, parameters)
    step("vacsi-v-fra")
    yield "vacsi-v-fra", national.vacsi_v_fra(counts)
    step("vacsi-tot-a-fra")
    yield "vacsi-tot-a-fra", national.vacsi_tot_a_fra(counts, parameters)
    if not territories:
        return
    step(territory.FILE)
    with suppress(NoDose):  # not one whole week yet
        weeks = count_by_week(source, classes, tuple(departements()), SERIES_START, on)
        yield territory.FILE, territory.weekly_file(weeks, parameters.secrecy(on))


def _dictionary(columns: list[str]) -> pa.Table:
    lines = dictionary(columns)
    return pa.table({name: [getattr(line, field) for line in lines] for name, field in _DICTIONARY.items()})


_DICTIONARY = {"colonne": "name", "type": "type", "description": "text"}


def _metadata(parameters: Parameters, on: date, produced_on: date, rows: dict[str, int], state: str) -> str:
    content = {
        "titre": "Vaccination contre la Covid-19 : données ouvertes d'Allant",
        "avertissement": SYNTHETIC,
        "produit_le": produced_on.isoformat(),
        "donnees_jusqu_au": on.isoformat(),
        "licence": {"nom": LICENCE, "adresse": LICENCE_URL},
        "echelle": parameters.scale,
        "population": parameters.population(on)[ALL],
        "format": {"separateur": ";", "encodage": "UTF-8", "decimale": ".", "vide": "effectif couvert par le secret statistique"},
        "lignes": rows,
        "empreinte": state,
        "definitions": [asdict(definition) for definition in definitions().values()],
    }
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"

"""Files for the schemes that contact their own insured (TG-05): CSV, manifest with control totals, detached signature, receipt.

Three files a scheme and day, in one folder: `<name>.csv`, `<name>.manifest.json`, which bears the hash of the first, and
`<name>.manifest.json.sig`, which signs the second. Written under other names and moved at the end, so that a file seen is whole.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa
from django.db import transaction

from allant import bulk, clock
from allant.campaigns.models import Campaign, SchemeFile
from allant.campaigns.signing import is_signed, sign
from allant.campaigns.territories import narrowed
from allant.doctrine import RuleBook
from allant.people.models import Scheme
from allant.sheets import harmless
from allant.targeting import Definition, define, engine_postgres, tables
from allant.targeting.language import Condition
from allant.targeting.model import And, Criterion, Not
from allant.targeting.normal import conjuncts

COLUMNS = ("matricule", "nom", "prenoms", "date_naissance", "sexe", "code_postal", "commune")
_ROW = pa.schema([(name, pa.string()) for name in COLUMNS])
FORMAT = 1
RECEIPT_COLUMNS = ["fichier", "empreinte", "lignes_lues", "lignes_rejetees", "motif"]


class SchemeFileRefused(ValueError):
    """A file that cannot be written, checked or acknowledged; says why in French."""


@dataclass(frozen=True)
class Receipt:
    """What a scheme answers: lines read and refused, and why."""

    name: str
    content_hash: str
    read: int
    refused: int
    reason: str


def scheme_target(campaign: Campaign, scheme: str, on: date, book: RuleBook) -> Definition:
    """The campaign's target as it would be for a scheme apart: the standing exclusion of those schemes gives way to this one."""
    if campaign.medical:
        raise SchemeFileRefused("La cible de cette campagne est réservée au service médical : aucune liste n'en sort.")
    apart = [row["code"] for row in book.value("targeting.schemes_apart", on)]
    if scheme not in apart:
        raise SchemeFileRefused(f"Le régime « {scheme} » est contacté ici : fichiers possibles pour {', '.join(apart)}.")
    excluded = _excluded(apart)
    kept = tuple(part for part in conjuncts(campaign.current_target.on(on).criteria) if part not in excluded)
    if not kept:
        raise SchemeFileRefused("La cible de cette campagne n'a pas d'autre critère que son régime.")
    target = define(Condition(kept[0] if len(kept) == 1 else And(kept)) & (tables().person.scheme == scheme))
    return narrowed(campaign, target, on)


def _excluded(apart: list[str]) -> set[Criterion]:
    scheme = tables().person.scheme
    return {Not(scheme.is_in(apart).node), *(conjuncts((~scheme.is_in([code])).node)[0] for code in apart)}


@transaction.atomic
def write_scheme_file(*, campaign: Campaign, scheme: str, on: date, by: str, folder: Path, book: RuleBook) -> SchemeFile:
    """Write the three files of a scheme and day, and record them; again, they are those of before. Raises SchemeFileRefused."""
    Campaign.objects.select_for_update().get(pk=campaign.pk)
    name = f"{campaign.slug}-{scheme}-{on:%Y%m%d}"
    if (known := SchemeFile.objects.filter(name=name).first()) is not None and (folder / f"{name}.csv").is_file():
        return known
    rows = _rows(scheme_target(campaign, scheme, on, book))
    content = _csv(rows)
    digest = hashlib.sha256(content).hexdigest()
    if known is not None and known.content_hash != digest:
        raise SchemeFileRefused(f"{name} a été produit, puis perdu, et la cible a changé depuis : produisez-le un autre jour.")
    manifest = _manifest(campaign, scheme, on, name, rows, digest)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for suffix, part in ((".csv", content), (".manifest.json", manifest), (".manifest.json.sig", sign(manifest))):
        _place(folder / f"{name}{suffix}", part)
    return known or SchemeFile.objects.create(
        campaign=campaign, scheme=scheme, as_of=on, name=name, persons=rows.num_rows, content_hash=digest,
        written_at=clock.now(), written_by=by,
    )  # fmt: skip


def _rows(definition: Definition) -> pa.Table:
    """One line a person, by number; who has none yet comes first, with an empty one."""
    target, parameters = engine_postgres.sql(definition)
    return bulk.copy_out(
        f"""SELECT coalesce(m.value, ''), p.family_name, p.given_names,
                   to_char(p.birth_date, 'YYYY-MM-DD'), p.sex, p.postcode, p.commune_code
            FROM ({target}) AS t JOIN people_person p ON p.id = t.person_id
            LEFT JOIN LATERAL (
                SELECT value FROM people_matricule JOIN people_person AS bearer ON bearer.id = person_id
                WHERE coalesce(bearer.merged_into_id, bearer.id) = p.id AND ends_on IS NULL
                ORDER BY starts_on DESC, people_matricule.id DESC LIMIT 1
            ) AS m ON TRUE
            ORDER BY m.value NULLS FIRST, p.id""",
        parameters,
        _ROW,
    )


def _csv(rows: pa.Table) -> bytes:
    """UTF-8, `;`, CRLF, header; a text that a spreadsheet would run is defused."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerow(COLUMNS)
    for row in zip(*rows.to_pydict().values(), strict=True):
        writer.writerow([harmless(cell or "") for cell in row])
    return out.getvalue().encode()


def _manifest(campaign: Campaign, scheme: str, on: date, name: str, rows: pa.Table, digest: str) -> bytes:
    """What the receiver checks: hash, and totals that a line lost or doubled would change."""
    numbers = [int(re.sub(r"\D", "0", value) or 0) for value in rows["matricule"].to_pylist()]
    content = {
        "format": FORMAT,
        "fichier": f"{name}.csv",
        "campagne": campaign.title,
        "regime": Scheme(scheme).label,
        "etabli_le": on.isoformat(),
        "cible": campaign.current_target.sentence,
        "colonnes": list(COLUMNS),
        "totaux": {"lignes": rows.num_rows, "somme_des_matricules_modulo_97": sum(numbers) % 97},
        "sha256": digest,
    }
    return (json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode()


def _place(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, path)


def check(manifest: Path, key: bytes) -> int:
    """What a receiver runs: signature, hash and totals; how many persons. Raises SchemeFileRefused with the first thing wrong."""
    try:
        signed, signature = manifest.read_bytes(), manifest.with_name(f"{manifest.name}.sig").read_bytes()
        if not is_signed(signed, signature, key):
            raise SchemeFileRefused("La signature n'est pas celle du manifeste : n'utilisez pas ce fichier.")
        said = json.loads(signed)
        content = manifest.with_name(said["fichier"]).read_bytes()
    except (OSError, ValueError) as error:
        if isinstance(error, SchemeFileRefused):
            raise
        raise SchemeFileRefused(f"Fichier absent ou illisible : {type(error).__name__}.") from error
    if hashlib.sha256(content).hexdigest() != said["sha256"]:
        raise SchemeFileRefused("Le contenu n'est pas celui qui a été signé : demandez un nouvel envoi.")
    lines = sum(1 for _ in csv.reader(io.StringIO(content.decode()), delimiter=";")) - 1
    if lines != said["totaux"]["lignes"]:
        raise SchemeFileRefused(f"{lines} lignes lues, {said['totaux']['lignes']} annoncées.")
    return lines


def read_receipt(content: bytes) -> Receipt:
    """The acknowledgment file: one header, one line, `;`. Raises SchemeFileRefused."""
    try:
        rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))
    except UnicodeDecodeError:
        raise SchemeFileRefused("L'accusé de réception n'est pas un texte en UTF-8.") from None
    if len(rows) != 1 or list(rows[0]) != RECEIPT_COLUMNS or None in rows[0].values():
        raise SchemeFileRefused(f"L'accusé de réception a une ligne et les colonnes {' ; '.join(RECEIPT_COLUMNS)}.")
    row = rows[0]
    if not (row["lignes_lues"].isdecimal() and row["lignes_rejetees"].isdecimal()):
        raise SchemeFileRefused("lignes_lues et lignes_rejetees sont des nombres entiers.")
    return Receipt(
        row["fichier"].removesuffix(".csv"), row["empreinte"], int(row["lignes_lues"]), int(row["lignes_rejetees"]), row["motif"]
    )


@transaction.atomic
def acknowledge(receipt: Receipt) -> SchemeFile:
    """Record what the scheme answered. The same receipt again changes nothing. Raises SchemeFileRefused."""
    file = SchemeFile.objects.select_for_update().filter(name=receipt.name).first()
    if file is None:
        raise SchemeFileRefused("Aucun fichier de ce nom n'a été produit ici.")
    if receipt.content_hash != file.content_hash:
        raise SchemeFileRefused("L'empreinte n'est pas celle du fichier produit : le régime a lu un autre contenu.")
    if receipt.read != file.persons:
        raise SchemeFileRefused(f"{receipt.read} lignes lues par le régime, {file.persons} produites : demandez-lui de relire.")
    if receipt.refused > receipt.read:
        raise SchemeFileRefused("Plus de lignes rejetées que de lignes lues.")
    if file.acknowledged_at is None:
        file.acknowledged_at, file.acknowledged_persons = clock.now(), receipt.read - receipt.refused
        file.acknowledgment = receipt.reason[:500]
        file.save(update_fields=["acknowledged_at", "acknowledged_persons", "acknowledgment"])
    return file

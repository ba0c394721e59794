"""Taxis under contract with the fund, by commune served: reference data loaded from a file and kept on a page (AV-40)."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import pghistory
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from allant.campaigns.models import Taxi
from allant.geography import UnknownCommune, communes, position_of
from allant.people.registration import RegistrationRefused, read_phone

COLUMNS = ("nom", "telephone", "commune", "fauteuil", "depuis")
YES = ("oui", "o", "1", "x")


class TaxiRefused(ValueError):
    """What was entered cannot be kept; says why and what to do, in French."""


@dataclass(frozen=True)
class Loaded:
    """What a file brought: rows added, rows known already, and what is wrong, line by line."""

    added: int
    known: int
    wrong: tuple[str, ...]


def serving(on: date) -> QuerySet[Taxi]:
    """Under contract on a day."""
    return Taxi.objects.filter(starts_on__lte=on).filter(Q(ends_on=None) | Q(ends_on__gt=on))


def of_communes(codes: Iterable[str], on: date) -> Mapping[str, list[Taxi]]:
    """Commune → its taxis on a day, in one query; those that take wheelchairs first."""
    found: dict[str, list[Taxi]] = defaultdict(list)
    for taxi in serving(on).filter(commune_code__in=set(codes)).order_by("-accessible", "name", "pk"):
        found[taxi.commune_code].append(taxi)
    return found


def add_taxi(
    *, name: str, phone: str, commune_code: str, accessible: bool, starts_on: date, by: str, source: str = ""
) -> Taxi:
    """A taxi for one commune. Raises TaxiRefused."""
    values = _checked(name, phone, commune_code)
    try:
        with transaction.atomic(), pghistory.context(by=by):
            return Taxi.objects.create(**values, accessible=accessible, starts_on=starts_on, source=source[:200])
    except IntegrityError as known:
        raise TaxiRefused("Ce taxi est déjà dans la liste pour cette commune.") from known


def end_taxi(taxi: Taxi, *, on: date, by: str) -> None:
    """Its contract is over from this day on; said twice is once."""
    with pghistory.context(by=by):
        Taxi.objects.filter(pk=taxi.pk, ends_on=None).update(ends_on=max(on, taxi.starts_on))


@transaction.atomic
def load_taxis(text: str, *, on: date, by: str) -> Loaded:
    """Add the taxis of a CSV file (`;`): nom, telephone, commune (code Insee), fauteuil (oui/non), depuis (AAAA-MM-JJ or empty).

    A file with a wrong line adds nothing and says every wrong line; one loaded before adds nothing. Raises TaxiRefused when the
    columns are not those.
    """
    reader = csv.DictReader(io.StringIO(text.lstrip("\ufeff")), delimiter=";")
    names = [name.strip().lower() for name in reader.fieldnames or ()]
    if missing := [name for name in COLUMNS[:3] if name not in names]:
        raise TaxiRefused(f"Colonnes absentes : {', '.join(missing)}. Attendues, séparées par « ; » : {', '.join(COLUMNS)}.")
    rows, wrong = [], []
    for number, raw in enumerate(reader, 2):
        row = {(name or "").strip().lower(): (value or "").strip() for name, value in raw.items() if isinstance(value, str)}
        try:
            rows.append(_row(row, on))
        except TaxiRefused as refusal:
            wrong.append(f"Ligne {number} : {refusal}")
    if wrong:
        return Loaded(0, 0, tuple(wrong))
    with pghistory.context(by=by):
        before = Taxi.objects.count()
        Taxi.objects.bulk_create([Taxi(**row, source=f"fichier du {on:%d/%m/%Y}") for row in rows], ignore_conflicts=True)
        added = Taxi.objects.count() - before
    return Loaded(added, len(rows) - added, ())


def _row(row: Mapping[str, str], on: date) -> dict[str, object]:
    values = _checked(row.get("nom", ""), row.get("telephone", ""), row.get("commune", ""))
    try:
        since = date.fromisoformat(row["depuis"]) if row.get("depuis") else on
    except ValueError as unreadable:
        raise TaxiRefused(f"date illisible « {row['depuis'][:20]} », attendu AAAA-MM-JJ.") from unreadable
    return {**values, "accessible": row.get("fauteuil", "").lower() in YES, "starts_on": since}


def _checked(name: str, phone: str, commune_code: str) -> dict[str, str]:
    if not name.strip() or len(name) > 100:
        raise TaxiRefused("le nom du taxi a de 1 à 100 caractères.")
    try:
        number = read_phone(phone)
        position_of(commune_code)
    except RegistrationRefused as wrong:
        raise TaxiRefused(str(wrong)) from wrong
    except UnknownCommune as unknown:
        raise TaxiRefused(f"commune inconnue « {commune_code[:10]} » : donnez son code Insee, par exemple 93066.") from unknown
    return {"name": name.strip(), "phone": number, "commune_code": commune_code}


def name_of_commune(code: str) -> str:
    """The commune's name, its code where it is not known."""
    table = communes()
    names = dict(zip(table.column("code").to_pylist(), table.column("name").to_pylist(), strict=True))
    return str(names.get(code, code))

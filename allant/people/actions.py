"""What the register lets others do: load it, merge two records, undo that."""

from __future__ import annotations

from dataclasses import replace

import pghistory
import pyarrow as pa
from django.db import transaction

from allant.directory.loading import LoadReport, LoadTarget, load
from allant.people.models import Person

_TEXT, _ID, _DATE, _FLAG = pa.string(), pa.int64(), pa.date32(), pa.bool_()

PERSONS = LoadTarget(
    table="people_person",
    columns={
        "person_id": _ID,
        "family_name": _TEXT,
        "given_names": _TEXT,
        "birth_date": _DATE,
        "birth_precision": _TEXT,
        "sex": _TEXT,
        "died_on": _DATE,
        "commune_code": _TEXT,
        "departement_code": _TEXT,
        "postcode": _TEXT,
        "scheme": _TEXT,
        "fund_code": _TEXT,
        "household_key": _ID,
        "policyholder_id": _ID,
        "treating_rpps": _TEXT,
        "rights_open": _FLAG,
    },
    required=("person_id", "family_name", "given_names"),
    natural_key=("id",),
    derived={"person_id": ("id", "staged.person_id"), "treating_rpps": ("treating_practitioner_id", "practitioner.id")},
)
_TREATING = "LEFT JOIN directory_practitioner AS practitioner ON practitioner.rpps = staged.treating_rpps"
MATRICULES = LoadTarget(
    table="people_matricule",
    columns={"person_id": _ID, "value": _TEXT, "kind": _TEXT, "starts_on": _DATE, "ends_on": _DATE},
    required=("person_id", "value", "kind", "starts_on"),
    natural_key=("person_id", "kind", "value", "starts_on"),
)
CONTACT_POINTS = LoadTarget(
    table="people_contactpoint",
    columns={"person_id": _ID, "kind": _TEXT, "value": _TEXT, "opted_out_on": _DATE, "invalid_since": _DATE},
    required=("person_id", "kind", "value"),
    natural_key=("person_id", "kind", "value"),
)
SITUATIONS = LoadTarget(
    table="people_situation",
    columns={"person_id": _ID, "kind": _TEXT, "code": _TEXT, "starts_on": _DATE, "ends_on": _DATE},
    required=("person_id", "kind"),
    natural_key=("person_id", "kind", "code", "starts_on"),
)

REPRESENTATIONS = LoadTarget(
    table="people_representation",
    columns={"person_id": _ID, "representative_id": _ID, "kind": _TEXT, "source": _TEXT, "starts_on": _DATE, "ends_on": _DATE},
    required=("person_id", "representative_id", "kind", "source"),
    natural_key=("person_id", "representative_id", "kind", "starts_on"),
)


class MergeRefused(ValueError):
    """Two records that cannot be merged, or a merge that cannot be undone; says why in French."""


def load_persons(table: pa.Table, *, by: str) -> LoadReport:
    """Load persons, columns as `PERSONS.columns`; a known person_id is left as it is. Raises LoadRefused.

    `policyholder_id` may name a person of the same table; `treating_rpps` a professional loaded before, else it stays empty.
    """
    joins = _TREATING if "treating_rpps" in table.column_names else ""
    return load(replace(PERSONS, joins=joins), table, by=by)


def load_matricules(table: pa.Table, *, by: str) -> LoadReport:
    """Load numbers, columns as `MATRICULES.columns`, 13 characters. Raises LoadRefused, so when another person bears one."""
    return load(MATRICULES, table, by=by)


def load_contact_points(table: pa.Table, *, by: str) -> LoadReport:
    """Load telephone numbers and e-mail addresses, columns as `CONTACT_POINTS.columns`. Raises LoadRefused."""
    return load(CONTACT_POINTS, table, by=by)


def load_situations(table: pa.Table, *, by: str) -> LoadReport:
    """Load situations, columns as `SITUATIONS.columns`, periods half-open. Raises LoadRefused."""
    return load(SITUATIONS, table, by=by)


def load_representations(table: pa.Table, *, by: str) -> LoadReport:
    """Load who represents whom, columns as `REPRESENTATIONS.columns`, periods half-open. Raises LoadRefused."""
    return load(REPRESENTATIONS, table, by=by)


@transaction.atomic
def merge(*, duplicate: Person, into: Person, by: str, reason: str) -> None:
    """Let `into` stand for `duplicate`. No act is re-pointed. The same merge again changes nothing. Raises MergeRefused."""
    records = _locked(duplicate.pk, into.pk)
    if duplicate.pk == into.pk:
        raise MergeRefused("Une fiche ne peut être fusionnée dans elle-même : choisissez deux fiches.")
    source, survivor = records[duplicate.pk], records[into.pk]
    if source.merged_into_id == survivor.pk:
        return
    if source.merged_into_id is not None:
        raise MergeRefused("Cette fiche est déjà fusionnée dans une autre : annulez d'abord cette fusion.")
    if survivor.merged_into_id is not None:
        raise MergeRefused("La fiche à garder est elle-même fusionnée dans une autre : choisissez cette autre fiche.")
    if source.absorbed.exists():
        raise MergeRefused("Cette fiche en a déjà absorbé d'autres : gardez-la et fusionnez l'autre dans celle-ci.")
    _point(source, survivor.pk, by=by, reason=reason)


@transaction.atomic
def unmerge(*, duplicate: Person, by: str, reason: str) -> None:
    """Undo a merge: clear the pointer. Raises MergeRefused when the record is not merged."""
    record = _locked(duplicate.pk)[duplicate.pk]
    if record.merged_into_id is None:
        raise MergeRefused("Cette fiche n'est fusionnée dans aucune autre : il n'y a rien à annuler.")
    _point(record, None, by=by, reason=reason)


def _locked(*ids: int) -> dict[int, Person]:
    # In one order, so that two merges of the same pair the other way round wait for each other instead of deadlocking.
    return {person.pk: person for person in Person.objects.filter(pk__in=ids).order_by("pk").select_for_update()}


def _point(record: Person, survivor_id: int | None, *, by: str, reason: str) -> None:
    with pghistory.context(by=by, reason=reason):
        record.merged_into_id = survivor_id
        record.save(update_fields=["merged_into"])

"""Whom each line is about: one query over the register for the whole file (PostgreSQL).

The number may be that of the patient or of the person they are attached to; name and birth date decide, and must agree.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import or_

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from django.db import connection

from allant.bulk import copy_in, copy_out
from allant.campaigns import keyring
from allant.campaigns.codes import Serials, read_many
from allant.campaigns.models import Invitation
from allant.directory.rpps import has_key
from allant.vaccination.imports import typed
from allant.vaccination.imports.faults import Faults, Mask, always
from allant.vaccination.imports.values import Values

CREATE = """
CREATE TEMPORARY TABLE import_identity (
    row_no bigint, nir text, coded bigint, family text, given text, born date, rpps text
) ON COMMIT DROP
"""


def _words(name: str) -> str:
    return f"array_remove(string_to_array(people_search_key({name}), ' '), '')"


# The bearers of a number, present then former: one index each.
_BEARERS = """
SELECT line.row_no, person.id, coalesce(person.merged_into_id, person.id) AS stands_for
FROM import_identity AS line
JOIN people_matricule AS number ON number.value = line.nir AND {period}
JOIN people_person AS person ON person.id = number.person_id
"""
# Anybody attached to them, and whoever a code names.
_ATTACHED = f"""
bearer AS MATERIALIZED (
    {_BEARERS.format(period="number.ends_on IS NULL")} UNION ALL {_BEARERS.format(period="number.ends_on IS NOT NULL")}
),
attached AS MATERIALIZED (
    SELECT row_no, stands_for AS person_id FROM bearer
    UNION
    SELECT bearer.row_no, coalesce(dependant.merged_into_id, dependant.id)
    FROM bearer JOIN people_person AS dependant ON dependant.policyholder_id = bearer.id
),
candidate AS (
    SELECT attached.row_no, attached.person_id
    FROM attached JOIN import_identity AS line ON line.row_no = attached.row_no AND line.coded IS NULL
    UNION ALL
    SELECT row_no, coded FROM import_identity WHERE coded IS NOT NULL
)
"""
_JUDGED = f"""
SELECT candidate.row_no, candidate.person_id,
       CASE person.birth_precision
           WHEN 'day' THEN person.birth_date = line.born
           WHEN 'month' THEN date_trunc('month', person.birth_date) = date_trunc('month', line.born)
           WHEN 'year' THEN date_trunc('year', person.birth_date) = date_trunc('year', line.born)
           ELSE TRUE END AS birth_agrees,
       ({_words("person.family_name")} @> {_words("line.family")} OR {_words("person.family_name")} <@ {_words("line.family")})
           AS family_agrees,
       (line.given = '' OR {_words("person.given_names")} && {_words("line.given")}) AS given_agrees
FROM candidate
JOIN import_identity AS line ON line.row_no = candidate.row_no
JOIN people_person AS person ON person.id = candidate.person_id
"""
QUERY = f"""
WITH {_ATTACHED}, judged AS ({_JUDGED}),
verdict AS (
    SELECT row_no, count(*) FILTER (WHERE birth_agrees AND family_agrees AND given_agrees) AS found,
           min(person_id) FILTER (WHERE birth_agrees AND family_agrees AND given_agrees) AS person_id
    FROM judged GROUP BY row_no
)
SELECT line.row_no, CASE WHEN verdict.found = 1 THEN verdict.person_id END AS person_id,
       CASE WHEN verdict.row_no IS NULL THEN 'nir_unknown'
            WHEN verdict.found = 1 THEN ''
            WHEN verdict.found > 1 THEN 'several_attached'
            ELSE 'identity_mismatch' END AS fault,
       line.coded IS NOT NULL AND line.nir IS NOT NULL
           AND NOT EXISTS (SELECT FROM attached WHERE attached.row_no = line.row_no AND attached.person_id = line.coded)
           AS elsewhere,
       doctor.id AS practitioner_id
FROM import_identity AS line
LEFT JOIN verdict ON verdict.row_no = line.row_no
LEFT JOIN directory_practitioner AS doctor ON doctor.rpps = line.rpps
ORDER BY line.row_no
"""
RESULT = pa.schema(
    [
        ("row_no", pa.int64()),
        ("person_id", pa.int64()),
        ("fault", pa.string()),
        ("elsewhere", pa.bool_()),
        ("practitioner_id", pa.int64()),
    ]
)


@dataclass(frozen=True)
class Identities:
    """For each row of the file: the person (survivor's id, null when not found) and who vaccinated (null when not said).

    `unrecognised`: rows told to be of nobody, or of somebody else than they say.
    """

    person_id: pa.Array
    practitioner_id: pa.Array
    unrecognised: int


def find(values: Values, faults: Faults, allowed: int | None = None) -> Identities:
    """Find everybody, and note in `faults` the lines whose person or professional is not the one they say.

    After `allowed` lines that recognise nobody, the rest of the file says nothing of anybody: a file is no way to guess (VC-15).
    """
    coded, unknown = _by_code(values.codes, faults)
    asked = values.identified & (coded != 0)
    staged = _staged(values, coded, asked)
    with connection.cursor() as cursor:
        cursor.execute(CREATE)
        copy_in("import_identity", staged)
        cursor.execute("ANALYZE import_identity")
        found = copy_out(QUERY, None, RESULT)
        cursor.execute("DROP TABLE import_identity")
    rows = np.flatnonzero(asked)
    wrong = unknown.copy()
    wrong[rows[_unrecognised(found)]] = True
    silent = _beyond(wrong, allowed)
    faults.add(unknown & ~silent, "code_unknown")
    _note(found, rows, faults, silent)
    faults.add((asked | unknown) & silent, "not_examined")
    practitioners = _spread(found["practitioner_id"], rows, len(asked))
    _note_unknown_rpps(values.rpps, practitioners, asked, faults)
    persons = _spread(found["person_id"], rows, len(asked))
    told = pc.if_else(pa.array(silent), pa.scalar(None, pa.int64()), persons)
    return Identities(told, practitioners, int((wrong & ~silent).sum()))


def _beyond(wrong: Mask, allowed: int | None) -> Mask:
    """The rows from which too many were wrong, to the end of the file."""
    if allowed is None:
        return np.zeros(len(wrong), dtype=bool)
    beyond: Mask = np.cumsum(wrong) > allowed
    return beyond


def _unrecognised(found: pa.Table) -> Mask:
    fault = found["fault"].combine_chunks()
    wrong = [typed.mask(pc.equal(fault, code)) for code in ("nir_unknown", "identity_mismatch")]
    return reduce(or_, wrong, typed.mask(found["elsewhere"].combine_chunks()))


def _staged(values: Values, coded: npt.NDArray[np.int64], asked: Mask) -> pa.Table:
    rows = pa.array(np.flatnonzero(asked))
    return pa.table(
        {
            "row_no": pa.array(np.flatnonzero(asked), pa.int64()),
            "nir": values.nir.take(rows),
            "coded": pa.array(coded, pa.int64(), mask=coded < 0).take(rows),
            "family": values.family_name.take(rows),
            "given": values.given_names.take(rows),
            "born": pa.array(values.born_on, pa.date32()).take(rows),
            "rpps": values.rpps.take(rows),
        }
    )


def _note(found: pa.Table, rows: npt.NDArray[np.int64], faults: Faults, silent: Mask) -> None:
    said = ~silent[rows]
    for code in ("nir_unknown", "several_attached", "identity_mismatch"):
        faults.add(rows[said & typed.mask(pc.equal(found["fault"].combine_chunks(), code))], code)
    faults.add(rows[said & typed.mask(found["elsewhere"].combine_chunks())], "code_elsewhere")


def _note_unknown_rpps(rpps: pa.Array, practitioners: pa.Array, asked: Mask, faults: Faults) -> None:
    unknown = asked & typed.matches(rpps, r"^[0-9]{11}$") & typed.mask(pc.is_null(practitioners))
    for row in np.flatnonzero(unknown).tolist():
        faults.add([row], "rpps_unknown" if has_key(rpps[row].as_py()) else "rpps_key")


def _spread(column: pa.ChunkedArray, rows: npt.NDArray[np.int64], length: int) -> pa.Array:
    """The values of some rows over all of them, null elsewhere."""
    place = np.full(length, -1, dtype=np.int64)
    place[rows] = np.arange(len(rows))
    return column.combine_chunks().take(pa.array(place, mask=place < 0))


def _by_code(codes: pa.Array, faults: Faults) -> tuple[npt.NDArray[np.int64], Mask]:
    """The survivor's id behind each code (-1 where none was typed, 0 where it leads to nobody), and the rows of unknown codes."""
    persons = np.full(len(codes), -1, dtype=np.int64)
    unknown: Mask = np.zeros(len(codes), dtype=bool)
    rows = np.flatnonzero(~typed.empty(codes))
    if not len(rows):
        return persons, unknown
    keys = keyring.keys()
    serials, mistyped = read_many(codes.take(pa.array(rows)).to_pylist(), list(keys.values()))
    for place, reason in mistyped.items():
        faults.add([int(rows[place])], "code_mistyped", always(reason=reason))
    right = np.delete(np.arange(len(rows)), list(mistyped))
    of_each = [_invited(version, read[right]) for version, read in zip(keys, serials, strict=True)]
    persons[rows] = 0
    persons[rows[right]] = reduce(lambda found, other: np.where(found == 0, other, found), of_each)
    unknown[rows[right]] = persons[rows[right]] == 0
    return persons, unknown


def _invited(version: int, serials: Serials) -> npt.NDArray[np.int64]:
    """The person standing behind each serial of one key, by their valid invitation; 0 for nobody."""
    valid = Invitation.objects.filter(code_key_version=version, code_serial__in=serials.tolist(), revoked_at__isnull=True)
    rows = valid.values_list("code_serial", "person_id", "person__merged_into_id")
    known = {serial: survivor or person for serial, person, survivor in rows}
    return np.array([known.get(serial, 0) for serial in serials.tolist()], dtype=np.int64)

"""What the directory lets others do."""

from __future__ import annotations

import pyarrow as pa

from allant.directory.loading import LoadReport, LoadTarget, load

_TEXT = pa.string()

ORGANISATIONS = LoadTarget(
    table="directory_organisation",
    columns={"code": _TEXT, "name": _TEXT, "kind": _TEXT, "departement_code": _TEXT},
    required=("code", "name", "kind"),
    natural_key=("code",),
)
PRACTITIONERS = LoadTarget(
    table="directory_practitioner",
    columns={"rpps": _TEXT, "family_name": _TEXT, "given_names": _TEXT, "profession": _TEXT, "departement_code": _TEXT},
    required=("rpps", "family_name", "given_names", "profession"),
    natural_key=("rpps",),
)


def load_organisations(table: pa.Table, *, by: str) -> LoadReport:
    """Load organisations, columns as `ORGANISATIONS.columns`; one known by its code is left as it is. Raises LoadRefused."""
    return load(ORGANISATIONS, table, by=by)


def load_practitioners(table: pa.Table, *, by: str) -> LoadReport:
    """Load professionals, columns as `PRACTITIONERS.columns`; one known by the RPPS is left as it is. Raises LoadRefused."""
    return load(PRACTITIONERS, table, by=by)

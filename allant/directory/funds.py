"""The local funds by code, as criteria, sentences and forms name them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from time import monotonic

from django.db import OperationalError

from allant.directory.models import Organisation, OrganisationKind

KEPT = 60.0  # seconds


class FundNames(Mapping[str, str]):
    """Code → name of each local fund of the directory: read in one query, kept a minute.

    Where no database answers (a snapshot read elsewhere), it is empty, and codes stand for themselves.
    """

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._read_at = float("-inf")

    def _known(self) -> dict[str, str]:
        if monotonic() - self._read_at > KEPT:
            self._names = self._read()
            self._read_at = monotonic()
        return self._names

    def _read(self) -> dict[str, str]:
        funds = Organisation.objects.of_kind(OrganisationKind.CPAM).order_by("departement_code", "code")
        try:
            return dict(funds.values_list("code", "name"))
        except OperationalError:
            return {}

    def forget(self) -> None:
        """Read again next time."""
        self._read_at = float("-inf")

    def __getitem__(self, code: str) -> str:
        return self._known()[code]

    def __iter__(self) -> Iterator[str]:
        return iter(self._known())

    def __len__(self) -> int:
        return len(self._known())


FUNDS = FundNames()


def fund_names() -> Mapping[str, str]:
    """The local funds of this installation, in the order of their départements."""
    return FUNDS

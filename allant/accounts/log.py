"""Writing the access log."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.http import HttpRequest

from allant.accounts.actors import Actor
from allant.accounts.models import LoggedAction
from allant.accounts.sign_in import actor_of

ROWS_A_STATEMENT = 2_000
# Not through the models: an entry goes with every read and every act, and building the query would cost more than the insert.
_INSERT = """
INSERT INTO accounts_accesslogentry
    (actor_id, actor, role, structure, action, purpose, subject_kind, person_id, batch_id, path, representative_id)
VALUES """
_ROW = "(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"


@dataclass(frozen=True, slots=True)
class Entry:
    """What is to be logged about one person, for an action that writes it together with its own rows."""

    by: Actor
    action: LoggedAction
    purpose: str
    path: str = ""

    def write(self, person_id: int) -> None:
        """Write it now."""
        log_access(by=self.by, action=self.action, purpose=self.purpose, person_ids=[person_id], path=self.path)


def log_access(
    *,
    by: Actor,
    action: LoggedAction,
    purpose: str,
    person_ids: Iterable[int] | None = None,
    subject_kind: str = "person",
    batch_id: UUID | None = None,
    path: str = "",
    representative_id: int | None = None,
) -> int:
    """Write one entry for each person, or a single one when `person_ids` is None; gives the number written.

    A search passes the persons it showed, which may be none at all: one entry without a person then says so. A bulk action
    passes no persons but the `batch_id` found on the rows it wrote. `purpose` says why, in French, without name or matricule.
    `representative_id`: the person who acted for these from their own account.
    """
    found = list(person_ids) if person_ids is not None else []
    entry = (by.user_id, by.name, by.role, by.structure, str(action), purpose, subject_kind)
    rows = [(*entry, person_id, batch_id, path, representative_id) for person_id in found or [None]]
    with connection.cursor() as cursor:
        for start in range(0, len(rows), ROWS_A_STATEMENT):
            some = rows[start : start + ROWS_A_STATEMENT]
            cursor.execute(f"{_INSERT}{', '.join([_ROW] * len(some))}", [value for row in some for value in row])
    return len(rows)


def entry_for(request: HttpRequest, action: LoggedAction, purpose: str) -> Entry:
    """The entry of the page being served, for an action that writes it with its own rows; the middleware then writes none."""
    match = request.resolver_match
    request.access_logged = True  # type: ignore[attr-defined]
    return Entry(by=actor_of(request), action=action, purpose=purpose, path=match.route if match else "")


def log_request(
    request: HttpRequest,
    action: LoggedAction,
    purpose: str,
    person_ids: Iterable[int] | None = None,
    subject_kind: str = "person",
    representative_id: int | None = None,
) -> int:
    """`log_access` for the page being served: who, structure and address pattern come from the request.

    The page is then not logged a second time by the middleware.
    """
    match = request.resolver_match
    request.access_logged = True  # type: ignore[attr-defined]
    return log_access(
        by=actor_of(request),
        action=action,
        purpose=purpose,
        person_ids=person_ids,
        subject_kind=subject_kind,
        path=match.route if match else "",
        representative_id=representative_id,
    )

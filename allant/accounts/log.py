"""Writing the access log."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.http import HttpRequest

from allant.accounts.actors import Actor
from allant.accounts.models import AccessLogEntry, LoggedAction
from allant.accounts.sign_in import actor_of

ROWS_A_STATEMENT = 2_000


def log_access(
    *,
    by: Actor,
    action: LoggedAction,
    purpose: str,
    person_ids: Iterable[int] | None = None,
    subject_kind: str = "person",
    batch_id: UUID | None = None,
    path: str = "",
) -> int:
    """Write one entry for each person, or a single one when `person_ids` is None; gives the number written.

    A search passes the persons it showed, which may be none at all: one entry without a person then says so. A bulk action
    passes no persons but the `batch_id` found on the rows it wrote. `purpose` says why, in French, without name or matricule.
    """
    found = list(person_ids) if person_ids is not None else []
    entries = [
        AccessLogEntry(
            actor_id=by.user_id,
            actor=by.name,
            role=by.role,
            structure=by.structure,
            action=action,
            purpose=purpose,
            subject_kind=subject_kind,
            person_id=person_id,
            batch_id=batch_id,
            path=path,
        )
        for person_id in found or [None]
    ]
    AccessLogEntry.objects.bulk_create(entries, batch_size=ROWS_A_STATEMENT)
    return len(entries)


def log_request(
    request: HttpRequest,
    action: LoggedAction,
    purpose: str,
    person_ids: Iterable[int] | None = None,
    subject_kind: str = "person",
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
    )

"""What a person is written at each step, through the outbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from allant.casework.forecast import coming
from allant.casework.models import CaseEvent
from allant.casework.registry import Moved
from allant.doctrine import rules
from allant.identification.documents import missing
from allant.identification.models import DocumentRefusal, IdentityFile
from allant.outreach.actions import queue_messages

CAUSE = "identity_step"
_REACHED = """EXISTS (
    SELECT FROM people_contactpoint AS point JOIN people_person AS bearer ON bearer.id = point.person_id
    WHERE (bearer.id = c.person_id OR bearer.merged_into_id = c.person_id) AND point.kind = 'mobile'
      AND point.invalid_since IS NULL AND point.opted_out_on IS NULL)"""
_SELECT = f"""
SELECT coalesce(person.merged_into_id, person.id) AS person_id, e.id AS cause_id, channel, %s::text AS template,
       %s::date AS created_on, %s::date AS send_after
FROM casework_caseevent AS e JOIN casework_case AS c ON c.id = e.case_id JOIN people_person AS person ON person.id = c.person_id
CROSS JOIN LATERAL (SELECT {_REACHED} AS mobile) AS reached
CROSS JOIN unnest(%s::text[]) AS wanted(channel)
WHERE e.id = ANY(%s) AND person.died_on IS NULL AND (channel <> 'sms' OR mobile) AND (channel <> 'letter' OR %s OR NOT mobile)"""


def write(moved: Moved, step: str = "") -> None:
    """Queue the messages of a step; a letter instead of the SMS for who has no mobile."""
    rows = {row["step"]: row for row in moved.book.value("identification.messages", moved.day)}
    row = rows.get(step or moved.transition.name)
    if row is None:
        return
    channels = sorted({*row["channels"], "letter"})
    parameters = [row["template"], moved.day, moved.day, channels, moved.event_ids, "letter" in row["channels"]]
    queue_messages(cause_kind=CAUSE, select=_SELECT, parameters=parameters)


def variables_of_steps(ids: Sequence[int]) -> Mapping[int, Mapping[str, Any]]:
    """What each step lends its message: `name`, `missing`, `until`, `amount`, `reasons`."""
    events = CaseEvent.objects.filter(pk__in=ids).select_related("case__person", "case__identity_file", "undue_claim")
    return {event.pk: _lent(event) for event in events}


def _lent(event: CaseEvent) -> dict[str, Any]:
    file: IdentityFile = event.case.identity_file
    book = rules.as_known_on(event.at.date())
    following = coming(event.case, book, most=1)
    claim = getattr(event, "undue_claim", None)
    refused = DocumentRefusal.objects.filter(document__file=file).order_by("-pk").values_list("reason", flat=True)[:2]
    return {
        "name": str(event.case.person),
        "missing": " et ".join(missing(file, book, event.on)) or "aucune pièce",
        "until": f"{following[0].on:%d/%m/%Y}" if following else "la réponse de l'administration",
        "amount": euros(claim.total_cents) if claim else "0,00 euro",
        "reasons": ", ".join(refused) or "motif non précisé",
    }


def euros(cents: int) -> str:
    """1234567 → « 12 345,67 euros »."""
    whole, rest = divmod(cents, 100)
    return f"{whole:,}".replace(",", " ") + f",{rest:02d} euros"

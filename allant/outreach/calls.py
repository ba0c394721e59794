"""Calls as the outbox knows them: about to be dialled, over with an outcome, to be made again; as `outcomes` says it of SMS.

`dialling` is written, and committed, before the number is shown. A call that is `sending` without it was certainly not made.
"""

from __future__ import annotations

from datetime import date, datetime

from django.db.models import F

from allant.outreach.models import Message


def dialling(message_id: int, *, sender: str, point_id: int) -> bool:
    """The number is about to be dialled by this sender; False when the message is no longer theirs."""
    mine = Message.objects.filter(pk=message_id, status=Message.Status.SENDING, sent_in=sender)
    return bool(mine.update(attempts=F("attempts") + 1, contact_point=point_id))


def ended(message_id: int, outcome: str, at: datetime, *, failed: str = "") -> bool:
    """The call is over for good, with a code of `outreach.call_outcomes`; `failed`: why nobody was reached, in French."""
    status = Message.Status.FAILED if failed else Message.Status.SENT
    sending = Message.objects.filter(pk=message_id, status=Message.Status.SENDING)
    return bool(
        sending.update(status=status, sent_at=at, outcome=outcome, drop_reason=failed[:80], held_reason="", next_at=None)
    )


def again(message_id: int, outcome: str, at: datetime, *, next_at: datetime, reason: str, due_on: date | None = None) -> bool:
    """The call ended with this outcome and another is to be made, not before `next_at`.

    `due_on`: the day from which its useful age now counts, when the person chose it.
    """
    sending = Message.objects.filter(pk=message_id, status=Message.Status.SENDING)
    chosen = {} if due_on is None else {"send_after": due_on}
    return bool(
        sending.update(
            status=Message.Status.PENDING, sent_at=at, outcome=outcome, next_at=next_at, held_reason=reason[:80], sent_in="",
            claimed_at=None, **chosen,
        )
    )  # fmt: skip

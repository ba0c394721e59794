"""What a paper said when it was first made, kept so that it can be made again (VC-25, VC-36).

An infection, a situation, a merge or a name entered later changes what is known of the person, not what was handed over.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import msgspec

from allant import clock
from allant.vaccination.models import PaperSnapshot
from allant.vaccination.summary import Summary


def as_first_made(kind: PaperSnapshot.Kind, row_id: int, *, is_current: bool, make: Callable[[], Summary]) -> Summary:
    """The summary kept of a version, or the one made now, which is kept; two requests at once keep one."""
    content = _content(kind, row_id)
    if content is None:
        made = make()
        PaperSnapshot.objects.bulk_create(
            [PaperSnapshot(kind=kind, row_id=row_id, content=msgspec.to_builtins(made), made_at=clock.now())],
            ignore_conflicts=True,
        )
        content = _content(kind, row_id)
    return replace(msgspec.convert(content, Summary), is_current=is_current)


def _content(kind: PaperSnapshot.Kind, row_id: int) -> object:
    return PaperSnapshot.objects.filter(kind=kind, row_id=row_id).values_list("content", flat=True).first()

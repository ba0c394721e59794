"""The statement that raises an alert of abnormal volume, or brings it up to date (PostgreSQL); alone, or within another."""

from __future__ import annotations

_COLUMNS = (
    "actor", "source", "practitioner_id", "window_start", "window_end", "recorded", "threshold", "blocks_from", "raised_at",
    "refused", "closed_by", "decision",
)  # fmt: skip


def raise_sql(rows: str) -> str:
    """One alert an account and window; closed, it stays as it was decided. `rows`: a query or VALUES of these columns."""
    return f"""
INSERT INTO immunizations_volumealert ({", ".join(_COLUMNS)})
{rows}
ON CONFLICT (actor, source, window_start, window_end)
DO UPDATE SET recorded = greatest(immunizations_volumealert.recorded, excluded.recorded),
              refused = greatest(immunizations_volumealert.refused, excluded.refused)
WHERE immunizations_volumealert.closed_at IS NULL
"""

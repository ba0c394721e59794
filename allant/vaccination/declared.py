"""Situations told in the eligibility declaration in force: the register learns an immunodepression after the bedside does."""

from __future__ import annotations

from allant.immunizations.situations import offer_situations

# As `known.told` reads them: without dates, of the last declaration in force under any record of the person.
DECLARED = """
SELECT split_part(told, ':', 1), split_part(told, ':', 2), CAST(NULL AS date), CAST(NULL AS date)
FROM unnest((
    SELECT declared_situations FROM vaccination_eligibilitydeclaration
    WHERE person_id = ANY ({records}) AND ended_at IS NULL
    ORDER BY declared_at DESC, id DESC LIMIT 1
)) AS told
"""


def offer() -> None:
    """Let the rules of a dose know them."""
    offer_situations("vaccination_declaration", DECLARED)

"""How a message learns its words' variables: the room that caused it says them at sending, nothing is stored."""

from collections.abc import Callable, Mapping, Sequence

Variables = Mapping[int, Mapping[str, str]]
"""Cause id → placeholder → text."""

_causes: dict[str, Callable[[Sequence[int]], Variables]] = {}
_campaigns: dict[str, str] = {}
_departements: dict[str, str] = {}


def register(
    kind: str, variables_of: Callable[[Sequence[int]], Variables], *, campaign: str | None = None, departement: str | None = None
) -> None:
    """Called once a kind from an `AppConfig.ready`; a second registration of another function is an error.

    `campaign`: SQL of a subquery that gives the campaign of a cause, `{cause_id}` standing for its number; `departement`: the
    same of the département whose clock and calendar count when nobody of the register is written to.
    """
    if _causes.setdefault(kind, variables_of) is not variables_of:
        raise ValueError(f"The cause {kind!r} is registered twice.")
    if campaign is not None:
        _campaigns[kind] = campaign
    if departement is not None:
        _departements[kind] = departement


def campaign_sql(message: str) -> str:
    """SQL: the campaign that the row `message` of the outbox was written for, null when its cause has none."""
    return _cases(message, _campaigns, "NULL::bigint")


def departement_sql(message: str) -> str:
    """SQL: the département of the cause of the row `message` of the outbox, null when its cause has none."""
    return _cases(message, _departements, "NULL::text")


def _cases(message: str, queries: Mapping[str, str], nothing: str) -> str:
    cases = " ".join(
        f"WHEN '{kind}' THEN ({query.format(cause_id=f'{message}.cause_id')})" for kind, query in sorted(queries.items())
    )
    return f"(CASE {message}.cause_kind {cases} END)" if cases else nothing


def variables_of(kind: str, cause_ids: Sequence[int]) -> Variables:
    """The placeholders of each cause that still stands, in one call for all of them."""
    if kind not in _causes:
        raise LookupError(f"Cause de message inconnue : {kind!r}. Connues : {', '.join(sorted(_causes)) or 'aucune'}.")
    return _causes[kind](cause_ids)

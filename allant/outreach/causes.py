"""How a message learns its words' variables: the room that caused it says them at sending, nothing is stored."""

from collections.abc import Callable, Mapping, Sequence

Variables = Mapping[int, Mapping[str, str]]
"""Cause id → placeholder → text."""

_causes: dict[str, Callable[[Sequence[int]], Variables]] = {}


def register(kind: str, variables_of: Callable[[Sequence[int]], Variables]) -> None:
    """Called once a kind from an `AppConfig.ready`; a second registration of another function is an error."""
    if _causes.setdefault(kind, variables_of) is not variables_of:
        raise ValueError(f"The cause {kind!r} is registered twice.")


def variables_of(kind: str, cause_ids: Sequence[int]) -> Variables:
    """The placeholders of each cause that still stands, in one call for all of them."""
    if kind not in _causes:
        raise LookupError(f"Cause de message inconnue : {kind!r}. Connues : {', '.join(sorted(_causes)) or 'aucune'}.")
    return _causes[kind](cause_ids)

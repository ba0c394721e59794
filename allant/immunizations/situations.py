"""What is known of a person's situations by the rules of a dose: the register's, and what higher floors offer (decision 0014)."""

from __future__ import annotations

_SOURCES: dict[str, str] = {}
_REGISTER = "SELECT kind, code, starts_on, ends_on FROM people_situation WHERE person_id = ANY ({records})"


def offer_situations(name: str, sql: str) -> None:
    """Offer situations that the register does not hold: `sql` selects `kind, code, starts_on, ends_on` (PostgreSQL).

    `{records}` in it stands for an SQL array of the numbers of one person's records. Offered once, when the application starts.
    """
    _SOURCES[name] = sql


def situations_sql(records: str) -> str:
    """A SELECT of every situation known of one person: `kind, code, starts_on, ends_on`."""
    return "\nUNION ALL\n".join(source.format(records=records) for source in (_REGISTER, *_SOURCES.values()))

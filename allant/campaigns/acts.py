"""What a campaign asks people to do, as a registered fact tells it: `Campaign.act` names it, programmes register it (TG-10).

`dose_summary.first_on`: the day in a table of one row a person. `situation(kind=c2s).starts_on`: in a table of many, of which
only these rows count; such an act may be done again, so that it is the first time since the campaign opened that counts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from allant import facts
from allant.campaigns.models import Campaign
from allant.facts import DATE, MANY, FactError, FactTable
from allant.targeting import engine_postgres

_WRITTEN = re.compile(r"(?P<table>\w+)(?:\((?P<column>\w+)=(?P<value>\w+)\))?\.(?P<day>\w+)")


@dataclass(frozen=True)
class MeasuredAct:
    """A registered act: the table of facts, the column of its day, and which rows of the table are it (none said: all)."""

    table: FactTable
    day: str
    where: Mapping[str, str]

    @cached_property
    def recurs(self) -> bool:
        """Whether one person may do it several times."""
        return self.table.rows == MANY

    @property
    def label(self) -> str:
        """In French, from the facts: what a programme that gave it no name lets pages say."""
        fact = self.table.fact(self.day)
        of_it = [(self.table.fact(name).labels or {}).get(value, value) for name, value in self.where.items()]
        return " ; ".join([*of_it, fact.label_fr])


def read_act(text: str) -> MeasuredAct:
    """The act that a campaign names. Raises FactError, UnknownName."""
    written = _WRITTEN.fullmatch(text)
    if written is None:
        raise FactError(f"Acte « {text} » illisible : écrivez « table.colonne » ou « table(colonne=valeur).colonne ».")
    table = facts.registry.table(written["table"])
    if table.fact(written["day"]).kind != DATE:
        raise FactError(f"Acte « {text} » : la colonne « {written['day']} » n'est pas une date.")
    where = {table.fact(written["column"]).name: written["value"]} if written["column"] else {}
    return MeasuredAct(table, written["day"], where)


def acts_sql(campaign: Campaign) -> str:
    """A SELECT of person_id and done_on, at most one row a person: the day they did the campaign's act, null when they have not.

    Of an act that recurs, the first day since the campaign opened. No row for a campaign that only informs.
    """
    if not campaign.act:
        return "SELECT NULL::bigint AS person_id, NULL::date AS done_on WHERE false"
    act = read_act(campaign.act)
    rows = f"({engine_postgres.fact_query(act.table.name)}) AS fact"
    if not act.recurs:
        return f"SELECT person_id, {act.day} AS done_on FROM {rows}"
    # Names and values are words of the registry and of a pattern (`_WRITTEN`): nothing that was typed.
    of_it = "".join(f" AND {column} = '{value}'" for column, value in act.where.items())
    opened = f"{act.day} >= DATE '{campaign.starts_on.isoformat()}'"
    return f"SELECT person_id, min({act.day}) AS done_on FROM {rows} WHERE {opened}{of_it} GROUP BY 1"

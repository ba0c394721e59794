"""Targets: who a campaign is meant for, as checked data that every engine answers alike.

    from allant.targeting import define, tables

    t = tables()
    definition = define((t.person.age_on(date(2021, 3, 31)) >= 75) & ~t.dose_summary.exists())

Engines are modules of their own, imported when needed: `engine_memory`, `engine_duckdb`, `engine_postgres`, `engine_spark`.
"""

from .definition import Definition
from .errors import InvalidTarget
from .language import define, tables
from .reasons import Verdict, why
from .wording import sentence

__all__ = ["Definition", "InvalidTarget", "Verdict", "define", "sentence", "tables", "why"]

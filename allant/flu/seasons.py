"""The seasons of the vaccination against flu (RP-20): pure, the rule book and a date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from allant.doctrine import RuleBook


@dataclass(frozen=True, slots=True)
class Season:
    """`code`: the year it opens in; `ends_on`: its last day; until the day before `everybody_from`, recommended people only."""

    code: str
    opens_on: date
    ends_on: date
    everybody_from: date

    @property
    def title(self) -> str:
        """As it is said: 2021-2022."""
        return f"{self.code}-{int(self.code) + 1}"

    def is_open(self, on: date) -> bool:
        """Whether vaccines are delivered that day."""
        return self.opens_on <= on <= self.ends_on

    def keeps_priority(self, on: date) -> bool:
        """Whether only recommended people are vaccinated that day."""
        return on < self.everybody_from


def seasons(book: RuleBook) -> list[Season]:
    """Every season known, first to last; of several versions, the last one says its dates."""
    by_code = {season.code: season for period in book.periods("flu.season") for season in [_season(period.value)]}
    return [by_code[code] for code in sorted(by_code)]


def season_in_force(book: RuleBook, on: date) -> Season | None:
    """The last season that has begun by a day, over or not; None before the first one."""
    begun = [period for period in book.periods("flu.season") if period.starts_on <= on]
    return _season(begun[-1].value) if begun else None


def season_on(book: RuleBook, on: date) -> Season | None:
    """The season open on a day."""
    season = season_in_force(book, on)
    return season if season and season.is_open(on) else None


def no_season(book: RuleBook, on: date) -> str:
    """Why nothing is done that day, in French."""
    season = season_in_force(book, on)
    if season is None:
        return f"Aucune saison de vaccination contre la grippe n'est ouverte le {on:%d/%m/%Y}."
    return f"La saison de vaccination contre la grippe {season.title} s'est terminée le {season.ends_on:%d/%m/%Y}."


def _season(value: dict[str, date]) -> Season:
    opens_on = value["opens_on"]
    return Season(str(opens_on.year), opens_on, value["ends_on"], value["everybody_from"] or opens_on)

"""The coverage of people at risk by season (RP-28): ours from the doses, beside what was published and the objective."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import connection

from allant.campaigns.populations import population
from allant.doctrine import NotYetInForce, RuleBook
from allant.flu.eligibility import groups_on
from allant.flu.facts import INJECTIONS
from allant.flu.seasons import Season, seasons
from allant.targeting import define, engine_postgres, tables

ALL = ""
_GIVEN = f"SELECT DISTINCT person_id FROM ({INJECTIONS}) AS injection WHERE occurred_on BETWEEN %s AND %s"


@dataclass(frozen=True, slots=True)
class Share:
    """Persons of a group and those vaccinated in the season; `code` is `ALL` for everybody at risk, counted once."""

    code: str
    label: str
    persons: int
    vaccinated: int

    @property
    def percent(self) -> float:
        """0 when there is nobody."""
        return 100 * self.vaccinated / self.persons if self.persons else 0.0


@dataclass(frozen=True, slots=True)
class SeasonCoverage:
    """One season by the doses recorded up to `until`."""

    season: Season
    until: date
    whole: Share
    groups: tuple[Share, ...]


@dataclass(frozen=True, slots=True)
class Published:
    """A past season as published: `percent` of people at risk."""

    title: str
    percent: float
    source: str


def coverage_of(season: Season, on: date, book: RuleBook) -> SeasonCoverage:
    """People of the groups at risk on the opening day, alive today, and those with a dose of the season by `on`. One statement.

    A person of two groups counts in each, and once in `whole`.
    """
    until = min(on, season.ends_on)
    groups = [group for group in groups_on(book, season.opens_on) if group.at_risk and group.told_by_register]
    dead = tables().person.died_on.is_known()
    members, parameters = [], []
    for group in groups:
        query, given = engine_postgres.sql(define(population(group.criteria, season.opens_on) & ~dead), bare=True)
        members.append(f"SELECT person_id, '{group.code}' AS code FROM ({query}) AS t")
        parameters += given
    statement = f"""{engine_postgres.sources(("person", "situation"))},
        member AS ({" UNION ALL ".join(members)}), given AS ({_GIVEN})
        SELECT code, count(*), count(given.person_id) FROM (
            SELECT person_id, code FROM member UNION ALL SELECT DISTINCT person_id, '{ALL}' FROM member
        ) AS counted LEFT JOIN given USING (person_id) GROUP BY code"""
    with connection.cursor() as cursor:
        cursor.execute(statement, [*parameters, season.opens_on, until])
        counts = {code: (persons, vaccinated) for code, persons, vaccinated in cursor.fetchall()}
    shares = tuple(Share(group.code, group.named, *counts.get(group.code, (0, 0))) for group in groups)
    return SeasonCoverage(season, until, Share(ALL, "Personnes à risque", *counts.get(ALL, (0, 0))), shares)


def begun(on: date, book: RuleBook) -> list[Season]:
    """The seasons that have opened by a day, first to last."""
    return [season for season in seasons(book) if season.opens_on <= on]


def published(on: date, book: RuleBook) -> list[Published]:
    """Past seasons as published by a day, first to last."""
    try:
        version = book.version("flu.coverage.history", on)
    except NotYetInForce:
        return []
    return [
        Published(f"{row['season']}-{int(row['season']) + 1}", float(row["percent"]), version.source or "")
        for row in version.value
    ]


def objective(on: date, book: RuleBook) -> float:
    """The percentage aimed at."""
    return float(book.value("flu.coverage.objective", on))

"""An experiment (TG-14): a campaign that runs in some départements first, is compared, and is extended by list."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

import pghistory
from django.db import connection, transaction

from allant import clock
from allant.campaigns.acts import acts_sql
from allant.campaigns.effect import Comparison, newcombe, wilson
from allant.campaigns.models import Campaign, CampaignTerritory
from allant.doctrine import NotYetInForce, RuleBook
from allant.facts import nearest
from allant.geography import departements, fold
from allant.targeting import Definition, define, engine_postgres, tables
from allant.targeting.language import Condition

State = Literal["planned", "started", "ended"]
STATES: dict[State, str] = {"planned": "à venir", "started": "commencé", "ended": "terminé"}
_ARTICLE = re.compile(r"^(la|le|les|l) ")


class UnknownDepartements(ValueError):
    """Words that name no département; the message quotes them with the nearest name, in French."""


class TerritoryRefused(ValueError):
    """Dates that cannot be; says why and what to do, in French."""


@dataclass(frozen=True)
class Cohort:
    """The départements that started on one day, beside those that had not: people who had not done the act before that day."""

    starts_on: date
    departements: tuple[str, ...]
    comparison: Comparison


def read_departements(text: str) -> list[str]:
    """The codes of a list of départements, by code or by name, in the order of the codes. Raises UnknownDepartements.

    Separated by commas, semicolons, new lines or « et »; accents, hyphens, capitals and a first article do not matter.
    """
    known = _names()
    pieces = [piece.strip(" .:–-") for piece in re.split(r"[,;\n\r\t]+", text)]
    words = [word for piece in pieces if piece for word in _one_or_two(piece, known)]
    if not words:
        raise UnknownDepartements("Aucun département lu : donnez des codes ou des noms, par exemple « 01, Aisne, Corse du sud ».")
    found = {word: known.get(_key(word), "") for word in words}
    if lost := [word for word, code in found.items() if not code]:
        raise UnknownDepartements(" ".join(_unknown(word) for word in lost[:10]) + " Rien n'a été changé.")
    order = list(departements())
    return sorted(set(found.values()), key=order.index)


def _one_or_two(piece: str, known: Mapping[str, str]) -> list[str]:
    """« Lozère et Maine-et-Loire » is two; « Eure et Loir » is one."""
    return [piece] if _key(piece) in known else re.split(r"\s+et\s+", piece, flags=re.IGNORECASE)


def _unknown(word: str) -> str:
    names = {fold(item.name): item.name for item in departements().values()}
    hint = nearest(_key(word), names)
    for folded, name in names.items():
        hint = hint.replace(f"« {folded} »", f"« {name} »")
    return f"« {word[:40]} » n'est pas un département. {hint if '«' in hint else 'Donnez son code ou son nom.'}"


def _key(word: str) -> str:
    return _ARTICLE.sub("", fold(word))


def _names() -> dict[str, str]:
    """What may be typed, without accent, hyphen nor article → code."""
    by_code = {_key(code): code for code in departements()} | {code.lower().lstrip("0"): code for code in departements()}
    return by_code | {_key(item.name): code for code, item in departements().items()}


def state_on(row: CampaignTerritory, day: date) -> State:
    """Where a département of an experiment stands on a day."""
    if row.ends_on is not None and row.ends_on <= day:
        return "ended"
    return "started" if row.starts_on is not None and row.starts_on <= day else "planned"


def started_on(campaign: Campaign, day: date, known_at: datetime | None = None) -> list[str] | None:
    """The codes of the départements where it runs that day; None for a campaign that runs everywhere.

    `known_at`: by the rows that were there at this instant, a wave's for instance; those added since did not bound it.
    """
    rows = [row for row in campaign.territories.all() if known_at is None or row.added_at <= known_at]
    return [row.departement_code for row in rows if state_on(row, day) == "started"] if rows else None


def narrowed(campaign: Campaign, definition: Definition, on: date, known_at: datetime | None = None) -> Definition:
    """A target of the campaign, less the départements where it does not run that day; as it is for one that runs everywhere.

    A campaign with départements of its own runs only where it has started, and not ended, by that day. `known_at`: see there.
    """
    open_ = started_on(campaign, on, known_at)
    if open_ is None:
        return definition
    place = tables().person.departement
    here: Condition = place.is_in(open_) if open_ else place.is_known() & ~place.is_known()
    return define(Condition(definition.criteria) & here)


@transaction.atomic
def add_territories(campaign: Campaign, codes: Sequence[str], *, starts_on: date | None, by: str) -> int:
    """Extend the campaign to these départements, from that day (None: planned, not dated). Returns how many were new or dated.

    One planned without a date takes the date; one that has a date keeps it. Raises UnknownDepartements.
    """
    if strange := [code for code in codes if code not in departements()]:
        raise UnknownDepartements(_unknown(strange[0]))
    Campaign.objects.select_for_update(no_key=True).get(pk=campaign.pk)  # two lists at once are read in turn
    known = {row.departement_code: row for row in campaign.territories.all()}
    at, added = clock.now(), [code for code in dict.fromkeys(codes) if code not in known]
    CampaignTerritory.objects.bulk_create(
        CampaignTerritory(campaign=campaign, departement_code=code, starts_on=starts_on, added_at=at, added_by=by)
        for code in added
    )
    if starts_on is None:
        return len(added)
    with pghistory.context(by=by):
        undated = campaign.territories.filter(departement_code__in=codes, starts_on=None)
        return len(added) + undated.update(starts_on=starts_on)


@transaction.atomic
def date_territory(row: CampaignTerritory, *, starts_on: date | None, ends_on: date | None, on: date, by: str) -> None:
    """Set when it runs in a département, `ends_on` excluded. Raises TerritoryRefused: what has begun keeps its first day."""
    row = CampaignTerritory.objects.select_for_update().get(pk=row.pk)
    if state_on(row, on) != "planned" and starts_on != row.starts_on:
        raise TerritoryRefused(
            f"Ce département a commencé le {row.starts_on:%d/%m/%Y} : son début ne change plus. Donnez-lui une date de fin."
        )
    if ends_on is not None and (starts_on is None or ends_on <= starts_on):
        raise TerritoryRefused("La fin doit venir après le début : donnez d'abord la date de début, puis une fin plus tardive.")
    row.starts_on, row.ends_on = starts_on, ends_on
    with pghistory.context(by=by):
        row.save(update_fields=["starts_on", "ends_on"])


def load_experiment(campaign: Campaign, book: RuleBook, on: date, *, by: str) -> int:
    """The départements that the doctrine of the day gives a ready-made campaign; those on record keep their dates."""
    try:
        rows = book.value("campaigns.experiments", on)
    except NotYetInForce:
        return 0
    mine = [row for row in rows if row["campaign"] == campaign.slug]
    return sum(add_territories(campaign, row["departements"], starts_on=row["starts_on"], by=by) for row in mine)


def cohorts(campaign: Campaign, on: date, book: RuleBook) -> list[Cohort]:
    """For each day on which départements started: those, beside the départements of the nation where it has not, since that day.

    People of the objective's population who had not done the act before that day; empty when the campaign names none. Time is
    the same on both sides. The intervals count chance between persons alone: départements are not drawn at random.
    """
    started = [row for row in campaign.territories.all() if row.starts_on is not None and row.starts_on <= on]
    confidence = book.value("targeting.effect_confidence", on)
    ours = sorted({row.departement_code for row in started})
    found = []
    for day in sorted({row.starts_on for row in started if row.starts_on}):
        codes = tuple(sorted(row.departement_code for row in started if row.starts_on == day))
        sides = _counts(campaign, codes, ours, day, on)
        if sides and all(people for people, _ in sides):  # nobody on one side: nothing to compare
            found.append(Cohort(day, codes, newcombe(*(wilson(done, people, confidence) for people, done in sides))))
    return found


def _counts(
    campaign: Campaign, codes: Iterable[str], ours: Sequence[str], since: date, on: date
) -> tuple[tuple[int, int], tuple[int, int]] | None:
    """(people, done) in these départements, and in those outside `ours`; None without a population."""
    population = campaign.current_target.objective_on(since)
    if population is None:
        return None
    query, parameters = engine_postgres.sql(population, ["departement"])
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT t.departement = ANY(%s) AS pilot, count(*), count(*) FILTER (WHERE a.done_on <= %s)
                FROM ({query}) AS t LEFT JOIN ({acts_sql(campaign)}) AS a USING (person_id)
                WHERE (a.done_on IS NULL OR a.done_on >= %s) AND (t.departement = ANY(%s) OR NOT t.departement = ANY(%s))
                GROUP BY 1""",
            [list(codes), on, *parameters, since, list(codes), list(ours)],
        )
        counts = {pilot: (people, done) for pilot, people, done in cursor.fetchall()}
    return counts.get(True, (0, 0)), counts.get(False, (0, 0))

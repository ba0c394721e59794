"""The whole job on one machine: a country, its campaign replayed, the figures beside the official ones."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from allant import clock
from allant.campaigns.models import Invitation
from allant.campaigns.professionals.mailings import draft_changes
from allant.country.capacities import write_capacities
from allant.country.cards import write_cards
from allant.country.flu import play_flu
from allant.country.insured_accounts import write_insured_accounts
from allant.country.official.facts import load_population, load_series
from allant.country.official.series import UNKNOWN_CLASS, Series
from allant.country.places import write_places
from allant.country.population.load import load_country
from allant.country.population.make import make_country
from allant.country.replay.campaigns import BY, save_campaigns
from allant.country.replay.database import replay
from allant.doctrine import rules
from allant.figures.official import replace_official
from allant.figures.parameters import ALL, Parameters, scale_of
from allant.figures.publish import is_current, publish
from allant.figures.sources import PostgresSource, people_of
from allant.immunizations.actions import load_shipped_lots
from allant.outreach.actions import load_templates
from allant.outreach.models import Message
from allant.people.models import Person
from allant.vaccination.campaigns import PROGRAMME

SEED = 2021
Progress = Callable[[str, int, int], None]
"""Called with the stage, what is done and the whole."""


class OtherCountry(ValueError):
    """The database holds another country; the message says what to do, in French."""


class NoCountry(LookupError):
    """There is nobody to replay on; the message says what to do, in French."""


@dataclass(frozen=True)
class Outcome:
    """The closing table's numbers: persons and acts since the first day."""

    people: int
    scale: float
    last_day: date
    persons_invited: int
    invitations: int
    messages: int
    doses: int
    doses_to_never_invited: int


def run(*, people: int, official: Path | None, progress: Progress, seed: int = SEED, anew: bool = False) -> Outcome:
    """Make, load and replay; every part that a former run finished is kept.

    Raises `OtherCountry`, `OfficialDataError`, `BadCountry`.
    """
    series = load_series(official)
    if anew:
        _empty()
    _same_country(people)
    directory = Path(settings.ALLANT_HOME) / "country" / f"{people}-{seed}"
    make_country(
        directory, people, seed, lambda done, total: progress("country", done, total), population=load_population(official)
    )
    load_country(directory, progress=lambda _, done, total: progress("register", done, total))
    return replay_loaded(series, progress)


def replay_loaded(series: Series, progress: Progress) -> Outcome:
    """Replay on the country that the register holds, and publish its figures. Raises `NoCountry`, `NotEnoughPersons`."""
    people = _dated_persons()
    if not people:
        raise NoCountry("La base ne contient aucun pays. Lancez d'abord : allant country make, puis allant country load.")
    last_day, scale = series.days[-1].item(), people / series.people
    load_templates(by=BY)
    load_shipped_lots(by=BY)
    save_campaigns(rules.as_known_on(last_day), scale)
    replace_official(official_rows(series))
    replay(series, people=people, progress=progress)
    write_capacities(last_day, by=BY)
    write_places(clock.today(), rules.as_known_on(clock.today()), by=BY)
    draft_changes(now=rules.as_known_on(last_day), before=rules.as_known_on(series.days[0].item() - timedelta(days=1)), by=BY)
    play_flu(last_day, rules.as_known_on(last_day))
    _publish(last_day, progress)
    write_cards(Path(settings.ALLANT_HOME))
    write_insured_accounts(Path(settings.ALLANT_HOME))
    return _outcome(people, scale, series)


def _publish(on: date, progress: Progress) -> None:
    """The open-data files that the pages offer, once the whole replay is there; those of a former start when nothing changed."""
    progress("publication", 0, 1)
    parameters = Parameters(rules.as_known_on(on))
    parameters = replace(parameters, scale=scale_of(people_of(PostgresSource()), parameters.population(on)[ALL]))
    folder = Path(settings.ALLANT_PUBLICATION)
    if not is_current(PostgresSource(), parameters, on, folder):
        publish(PostgresSource(), parameters, on, folder, on)
    progress("publication", 1, 1)


def official_rows(series: Series) -> pa.Table:
    """The series as the column marked official shows it: cumulated persons by day, class (`0`: all) and measure."""
    tables = []
    for measure, column in (("dose1", "dose1"), ("complete", "complet"), ("booster", "rappel")):
        cumulated = np.cumsum(series.by_class[measure], axis=0)
        named = [at for at, code in enumerate(series.classes) if code != UNKNOWN_CLASS]
        codes = [series.classes[at] for at in named] + ["0"]
        values = np.column_stack([cumulated[:, named], cumulated.sum(axis=1)])
        tables.append(
            pa.table({
                "day": pa.array(np.repeat(series.days, len(codes))),
                "age_class": pa.array(codes * len(series.days)),
                "measure": pa.array([column] * values.size),
                "cumulated": pa.array(values.ravel()),
            })
        )
    return pa.concat_tables(tables)


def _dated_persons() -> int:
    """Persons of the register in an age class: those whose birth date is unknown come on top of the size asked for."""
    return Person.objects.exclude(birth_date=None).count()


def _same_country(people: int) -> None:
    present = _dated_persons()
    if present and present != people:
        raise OtherCountry(
            f"La base contient déjà un pays de {present} personnes, pas de {people}. Relancez avec --people {present}, "
            "ajoutez --anew pour repartir d'une base vide, ou donnez un autre dossier par la variable ALLANT_HOME."
        )


def _empty() -> None:
    """Start again from an empty database and outbox; the Parquet of the country stays, it is the same."""
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    call_command("migrate", verbosity=0, interactive=False)
    for folder in ("outbox", "targets"):
        shutil.rmtree(Path(settings.ALLANT_HOME) / folder, ignore_errors=True)


def _outcome(people: int, scale: float, series: Series) -> Outcome:
    invitations = Invitation.objects.valid().filter(campaign__programme=PROGRAMME)
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT count(*), count(*) FILTER (WHERE NOT EXISTS (
                   SELECT FROM campaigns_invitation i JOIN campaigns_campaign c ON c.id = i.campaign_id AND c.programme = %s
                   WHERE i.person_id = d.person_id AND i.revoked_at IS NULL AND i.invited_on <= d.occurred_on))
               FROM immunizations_dose d WHERE d.disease = 'covid19' AND d.ended_at IS NULL""",
            [PROGRAMME],
        )
        doses, never_invited = cursor.fetchone()
    return Outcome(
        people=people,
        scale=scale,
        last_day=series.days[-1].item(),
        persons_invited=invitations.values("person").distinct().count(),
        invitations=invitations.count(),
        messages=Message.objects.sent().count(),
        doses=doses,
        doses_to_never_invited=never_invited,
    )

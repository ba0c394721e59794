"""The replay of a whole country in Parquet: one file of doses a day, checked on DuckDB, resumable anywhere.

In the country directory: `dose/YYYY-MM-DD.parquet`; `replay/manifest.json` says of which country and series;
`replay/checks-YYYY-MM-DD.json` holds the verdicts of the week that ends that day, written before its days, so that a
week is done when its last day is there; `replay/report.json` comes last.
"""

import hashlib
import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from allant.country.official.series import Series
from allant.country.population import files
from allant.country.replay.assign import Assigner
from allant.country.replay.country_persons import CountryPersons
from allant.country.replay.national_checks import NationalChecks, Verdicts
from allant.country.replay.plan import Plan, make_plan
from allant.country.replay.summary import write_summary
from allant.country.replay.weeks import Week, weeks

Progress = Callable[[str, int, int], None]
"""Called with the stage, what is done and how much there is."""
REPORT = "report.json"


class OtherReplay(ValueError):
    """The directory holds the replay of another series; the message is in French."""


@dataclass(frozen=True)
class NationalReport:
    """Doses written, and the acts of the official series that break a rule, by rule."""

    people: int
    first_day: str
    last_day: str
    doses: int
    forced_doses: int
    forced_by_rule: dict[str, int]
    refused_by_reason: dict[str, int]


def replay_national(directory: Path | str, series: Series, progress: Progress) -> NationalReport:
    """Replay `series` on the country of `directory`, from the last whole week of a run that stopped.

    The files are the same whatever the interruptions. Raises `files.BadCountry`, `OtherReplay`, `NotEnoughPersons`.
    """
    country = files.read(directory)
    _claim(country, series)
    persons = CountryPersons(country, series.days[0])
    living = persons.living()
    plan = make_plan(series, country.manifest.people, np.array([living[code] for code in series.classes]))
    todo = list(weeks(series.days[0].item(), series.days[-1].item()))
    done = [week for week in todo if _dose_path(country, week.last).is_file()]
    if len(done) < len(todo):
        _play(country, plan, persons, todo, len(done), progress)
    write_summary(country, lambda at, total: progress("Synthèse", at, total))
    report = _report(country, todo)
    _replace(_control(country, REPORT), json.dumps(asdict(report), indent=2, ensure_ascii=False) + "\n")
    return report


def _play(country: files.Country, plan: Plan, persons: CountryPersons, todo: list[Week], done: int, progress: Progress) -> None:
    checks = NationalChecks(country)
    past = [day for week in todo[:done] for day in _days(week)]

    def history() -> Iterator[pa.Table]:
        for number, day in enumerate(past, 1):
            doses = read_doses(country, day)
            checks.remember(doses)
            progress("Reprise", number, len(past))
            yield doses

    assigner = Assigner(plan, persons, history())
    for number, week in enumerate(todo[done:], done + 1):
        days = _days(week)
        doses = [assigner.day(np.datetime64(day, "D")) for day in days]
        verdicts = checks.judge(doses, week.last)
        _replace(_control(country, f"checks-{week.last}.json"), json.dumps(vars(verdicts), sort_keys=True) + "\n")
        for day, table in zip(days, doses, strict=True):
            _write_doses(country, day, table)
        progress("Doses", number, len(todo))


def read_doses(country: files.Country, day: date) -> pa.Table:
    """The doses of one day."""
    return pq.ParquetFile(_dose_path(country, day), read_dictionary=["vaccine", "series"]).read()


def _write_doses(country: files.Country, day: date, doses: pa.Table) -> None:
    path = _dose_path(country, day)
    path.parent.mkdir(exist_ok=True)
    unfinished = path.with_name(f".{path.name}.tmp")
    # store_schema=False: readers see plain text columns
    pq.write_table(doses, unfinished, compression="zstd", compression_level=1, store_schema=False)
    os.replace(unfinished, path)


def _claim(country: files.Country, series: Series) -> None:
    """Say which series is replayed here. Raises `OtherReplay`."""
    digest = hashlib.sha256(series.days.tobytes())
    for counts in (*series.by_class.values(), *series.by_vaccine.values()):
        digest.update(np.ascontiguousarray(counts).tobytes())
    content = json.dumps({"country": country.manifest.text(), "series": digest.hexdigest()}, sort_keys=True) + "\n"
    path = _control(country, "manifest.json")
    if path.is_file() and path.read_text("utf-8") != content:
        raise OtherReplay(
            f"{country.directory} contient déjà un rejeu, d'une autre série ou d'un autre pays. "
            "Supprimez ses dossiers dose, dose_summary et replay, ou choisissez un autre pays (--dir)."
        )
    path.parent.mkdir(exist_ok=True)
    _replace(path, content)


def _report(country: files.Country, todo: list[Week]) -> NationalReport:
    total = Verdicts()
    for week in todo:
        found = json.loads(_control(country, f"checks-{week.last}.json").read_text("utf-8"))
        total.doses += found["doses"]
        total.forced_doses += found["forced_doses"]
        total.forced_by_rule += Counter(found["forced_by_rule"])
        total.refused_by_reason += Counter(found["refused_by_reason"])
    first, last = todo[0].first.isoformat(), todo[-1].last.isoformat()
    forced, refused = dict(total.forced_by_rule.most_common()), dict(total.refused_by_reason.most_common())
    return NationalReport(country.manifest.people, first, last, total.doses, total.forced_doses, forced, refused)


def _days(week: Week) -> list[date]:
    return [week.first + timedelta(at) for at in range((week.last - week.first).days + 1)]


def _dose_path(country: files.Country, day: date) -> Path:
    return country.directory / "dose" / f"{day}.parquet"


def _control(country: files.Country, name: str) -> Path:
    return country.directory / "replay" / name


def _replace(path: Path, content: str) -> None:
    unfinished = path.with_name(f".{path.name}.tmp")
    unfinished.write_text(content, encoding="utf-8")
    os.replace(unfinished, path)

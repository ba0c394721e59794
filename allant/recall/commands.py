"""`allant recall`: one person's dates; `allant recall-all`: everybody's, and who moves when the rules change."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from allant.doctrine import DoctrineError, RuleBook, Version, rules
from allant.recall.moves import Moves, Shift, moves_in_register, moves_in_snapshot, write_dates
from allant.recall.population import SnapshotIncomplete
from allant.recall.reading import Impossible, check_dates, vaccine_named
from allant.recall.rule import Recall, Vaccinated
from allant.recall.rule import recall as recall_of

everybody = typer.Typer(no_args_is_help=True)
DAY = ["%Y-%m-%d"]
AsJson = Annotated[bool, typer.Option("--json", help="Sortie lisible par un programme.")]
On = Annotated[
    datetime | None, typer.Option("--on", formats=DAY, help="Jour demandé, pour l'âge (celui de --known-on par défaut).")
]
KnownOn = Annotated[datetime, typer.Option("--known-on", formats=DAY, help="Jour dont on applique les règles.")]
Snapshot = Annotated[Path | None, typer.Option("--snapshot", help="Instantané Parquet, au lieu du registre.", exists=True)]


def recall(
    known_on: KnownOn,
    birth_date: Annotated[datetime, typer.Option("--birth-date", formats=DAY, help="Date de naissance.")],
    vaccine: Annotated[str, typer.Option("--vaccine", help="Vaccin de la dernière dose : Comirnaty, Janssen…")],
    last_dose: Annotated[datetime, typer.Option("--last-dose", formats=DAY, help="Jour de la dernière dose, schéma complet.")],
    on: On = None,
    infection: Annotated[datetime | None, typer.Option("--infection", formats=DAY, help="Jour de la dernière infection.")] = None,
    situation: Annotated[list[str] | None, typer.Option("--situation", help="Situation : ald, immunodepressed, obesity.")] = None,
    as_json: AsJson = False,
) -> None:
    """Donne la date de rappel et la fin du pass, et les règles qui les donnent. Rien n'est conservé.

    Exemple : allant recall --known-on 2021-12-03 --birth-date 1980-05-01 --vaccine Comirnaty --last-dose 2021-07-01
    """
    book, asked = rules.as_known_on(known_on.date()), (on or known_on).date()
    infected = infection.date() if infection else None
    try:
        check_dates(birth_date.date(), last_dose.date(), infected)
        code = vaccine_named(vaccine, book, max(asked, known_on.date()))
        person = Vaccinated(birth_date.date(), code, last_dose.date(), infected, frozenset(situation or ()))
        found = recall_of(person, asked, book)
    except (Impossible, DoctrineError) as refusal:
        raise _refused(refusal) from refusal
    if as_json:
        typer.echo(json.dumps(described(found, book), ensure_ascii=False))
        return
    typer.echo(f"Rappel à partir du : {_said(found.booster_from)}")
    typer.echo(f"Fin du pass sans rappel : {_said(found.pass_until)}")
    for version in found.rules:
        typer.echo(f"- {book.rule(version.key).label} ({version.rule_id}) : {version.ground}")


@everybody.command("dates")
def dates(
    target: Annotated[Path, typer.Argument(help="Fichier Parquet à écrire.")],
    snapshot: Annotated[Path, typer.Option("--snapshot", help="Instantané Parquet, ou pays synthétique.", exists=True)],
    known_on: KnownOn,
    on: On = None,
) -> None:
    """Écrit les dates de toutes les personnes au schéma complet et sans rappel.

    Exemple : allant recall-all dates dates.parquet --snapshot instantane --known-on 2021-12-28
    """
    try:
        persons = write_dates(snapshot, target, rules.as_known_on(known_on.date()), (on or known_on).date())
    except (SnapshotIncomplete, DoctrineError) as refusal:
        raise _refused(refusal) from refusal
    typer.echo(f"{target} : les dates de {persons} personnes.")


@everybody.command("moves")
def moves(
    before: Annotated[datetime, typer.Option("--before", formats=DAY, help="Règles connues ce jour-là…")],
    after: Annotated[datetime, typer.Option("--after", formats=DAY, help="…comparées à celles connues ce jour-ci.")],
    on: Annotated[datetime | None, typer.Option("--on", formats=DAY, help="Jour demandé (celui de --after par défaut).")] = None,
    snapshot: Snapshot = None,
    as_json: AsJson = False,
) -> None:
    """Recalcule les dates de tous pour deux états des règles : combien changent, et de combien.

    Exemple : allant recall-all moves --before 2021-12-24 --after 2021-12-28
    """
    books, day = (rules.as_known_on(before.date()), rules.as_known_on(after.date())), (on or after).date()
    try:
        found = moves_in_snapshot(snapshot, *books, day) if snapshot else moves_in_register(*books, day)
    except (SnapshotIncomplete, DoctrineError) as refusal:
        raise _refused(refusal) from refusal
    if as_json:
        typer.echo(json.dumps(counted(found)))
        return
    typer.echo(f"{found.people} personnes au schéma complet et sans rappel.")
    for name, shift in (("Date de rappel", found.booster), ("Fin du pass", found.end_of_pass)):
        typer.echo(f"{name} : {_moved(shift)}")


def described(found: Recall, book: RuleBook) -> dict[str, Any]:
    """An answer as JSON: `booster_from` and `pass_until` are null when there is no date, and say then why."""
    return {
        "booster_from": found.booster_from and found.booster_from.isoformat(),
        "pass_until": found.pass_until and found.pass_until.isoformat(),
        "no_booster": found.no_booster,
        "no_end": found.no_end,
        "rules": [_rule(version, book) for version in found.rules],
    }


def counted(found: Moves) -> dict[str, Any]:
    """The moves as JSON; days are negative when the date comes sooner."""
    return {"people": found.people, "booster": _shift(found.booster), "pass": _shift(found.end_of_pass)}


def _rule(version: Version, book: RuleBook) -> dict[str, Any]:
    return {
        "rule": version.rule_id,
        "key": version.key,
        "label": book.rule(version.key).label,
        "in_force": version.in_force.isoformat(),
        "known_from": version.known_from.isoformat(),
        "source": version.source,
        "assumption": version.assumption,
    }


def _shift(shift: Shift) -> dict[str, Any]:
    smallest, middle, largest = shift.widest or (None, None, None)
    return {
        "moved": shift.moved, "earlier": shift.earlier, "later": shift.later, "appears": shift.appears,
        "disappears": shift.disappears, "same": shift.same, "without_date": shift.none,
        "days": {"smallest": smallest, "median": middle, "largest": largest},
    }  # fmt: skip


def _moved(shift: Shift) -> str:
    parts = [f"{shift.moved} changent", f"{shift.earlier} plus tôt", f"{shift.later} plus tard"]
    parts += [f"{shift.appears} apparaissent", f"{shift.disappears} disparaissent", f"{shift.same} inchangées"]
    if shift.widest:
        parts.append(f"de {shift.widest[0]} à {shift.widest[2]} jours, {shift.widest[1]} en médiane")
    return ", ".join(parts) + "."


def _said(day: date | None) -> str:
    return f"{day:%d/%m/%Y}" if day else "aucune date"


def _refused(refusal: Exception) -> typer.Exit:
    typer.secho(str(refusal), fg="red", err=True)
    return typer.Exit(1)

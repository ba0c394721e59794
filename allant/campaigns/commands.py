"""`allant target` and `allant wave`."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.tree import Tree

from allant import clock, facts
from allant.campaigns import reads, waves
from allant.campaigns.models import Campaign, Wave
from allant.campaigns.snapshot_commands import Counter, EngineMissing, EngineName, Master, OnSnapshot, counter_on
from allant.facts import nearest
from allant.people.models import Person
from allant.targeting import Definition, InvalidTarget, Verdict, engine_postgres, sentence

target = typer.Typer(help="Écrit, compte et explique une population cible.", no_args_is_help=True)
wave = typer.Typer(help="Lance et suit les vagues d'invitations.", no_args_is_help=True)
console = Console()

Slug = Annotated[str, typer.Argument(help="Nom court de la campagne, par exemple covid-75.")]
On = Annotated[datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="Jour demandé ; aujourd'hui si absent.")]
By = Annotated[str, typer.Option("--by", help="Ventile par une colonne de la personne : sex, departement, scheme…")]
AsJson = Annotated[bool, typer.Option("--json", help="Écrit du JSON, pour un programme.")]


@target.command("list")
def list_campaigns(as_json: AsJson = False) -> None:
    """Liste les campagnes et leurs cibles. Exemple : allant target list"""
    campaigns = list(Campaign.objects.with_counts())
    if as_json:
        return _print([{"slug": c.slug, "title": c.title, "starts_on": c.starts_on, "invited": c.invited} for c in campaigns])
    if not campaigns:
        return console.print("Aucune campagne : lancez bin/demo, ou allant replay, pour charger celles du programme.")
    table = Table("campagne", "titre", "début", "vagues", "invités")
    for each in campaigns:
        table.add_row(each.slug, each.title, f"{each.starts_on:%d/%m/%Y}", str(each.wave_count), str(each.invited))
    console.print(table)


@target.command()
def show(slug: Slug, on: On = None, by: By = "", as_json: AsJson = False) -> None:
    """Compte une cible et la dit en français. Exemple : allant target show covid-75 --on 2021-02-01 --by departement"""
    day = _day(on)
    _answer(_campaign(slug).current_target.on(day), by, as_json, on=day)


@target.command()
def count(
    file: Annotated[Path, typer.Argument(help="Définition en JSON ; elle porte ses dates.", exists=True, dir_okay=False)],
    by: By = "", as_json: AsJson = False, snapshot: OnSnapshot = None, engine: EngineName = "duckdb", master: Master = "local[*]",
) -> None:
    """Compte une cible écrite en JSON. Exemple : allant target count cible.json --by sex"""
    try:
        definition = Definition.from_json(file.read_text("utf-8"))
    except UnicodeDecodeError:
        _refuse(f"{file} n'est pas un texte en UTF-8 : enregistrez-le en UTF-8.")
    except (InvalidTarget, facts.UnknownName) as refusal:
        _refuse(f"{file} : {refusal}")
    _answer(definition, by, as_json, counter=counter_on(snapshot, engine, master) if snapshot else _on_register)


@target.command()
def why(
    slug: Slug, person: Annotated[int, typer.Argument(help="Numéro interne de la personne (jamais un matricule).")], on: On = None
) -> None:
    """Dit critère par critère si une personne est dans la cible. Exemple : allant target why covid-75 60123"""
    campaign = _campaign(slug)
    if not Person.objects.filter(pk=person, merged_into=None).exists():
        _refuse(f"Personne n° {person} : absente du registre, ou fusionnée dans une autre.")
    console.print(_tree(reads.why_for(campaign, person, _day(on))))


@wave.command()
def launch(
    slug: Slug, on: On = None, capacity: Annotated[int | None, typer.Option(min=1, help="Invitations au plus.")] = None,
    as_json: AsJson = False,
) -> None:
    """Lance la vague du jour, ou la reprend. Exemple : allant wave launch covid-75 --on 2021-02-01 --capacity 500"""
    campaign = _campaign(slug)
    with Progress(TextColumn("Invitations"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), transient=True) as bar:
        task = bar.add_task("", total=None)
        try:
            launched = waves.launch_wave(
                campaign, on=_day(on), by="ligne de commande", capacity=capacity,
                progress=lambda done, total: bar.update(task, completed=done, total=total),
            )
        except (waves.CampaignClosed, waves.TargetLost) as refusal:
            _refuse(str(refusal))
    if as_json:
        return _print(_described(launched) if launched else None)
    if launched is None:
        return console.print("Personne à inviter ce jour : la cible est vide, déjà invitée, ou sans moyen de contact.")
    console.print(f"{launched} : {launched.size} personnes invitées sur {launched.found} à joindre.")


@wave.command("list")
def list_waves(slug: Slug, as_json: AsJson = False) -> None:
    """Liste les vagues d'une campagne. Exemple : allant wave list covid-75"""
    found = list(_campaign(slug).waves.select_related("campaign"))
    if as_json:
        return _print([_described(each) for each in found])
    if not found:
        return console.print("Aucune vague n'est encore partie.")
    table = Table("vague", "jour", "à joindre", "invités", "état")
    for each in found:
        state = "à reprendre" if each.completed_at is None else "terminée"
        table.add_row(str(each.number), f"{each.planned_on:%d/%m/%Y}", str(each.found), str(each.size), state)
    console.print(table)


def _tree(verdict: Verdict, under: Tree | None = None) -> Tree:
    label = f"{verdict.wording} : {verdict.found or ''} → {verdict.verdict}"
    tree = Tree(label) if under is None else under.add(label)
    for part in verdict.parts:
        _tree(part, tree)
    return tree


def _campaign(slug: str) -> Campaign:
    found = Campaign.objects.filter(slug=slug).first()
    if found is None:
        _refuse(f"Campagne « {slug} » inconnue. {nearest(slug, Campaign.objects.values_list('slug', flat=True))}")
    return found


def _day(on: datetime | None) -> date:
    return clock.today() if on is None else on.date()


def _on_register(definition: Definition, by: str) -> tuple[int, dict[Any, int]]:
    groups = engine_postgres.breakdown(definition, by) if by else {}
    return sum(groups.values()) if by else engine_postgres.count(definition), groups


def _answer(
    definition: Definition, by: str, as_json: bool, *, on: date | None = None, counter: Counter = _on_register
) -> None:
    try:
        people, groups = counter(definition, by)
    except (facts.UnknownName, facts.SnapshotError, FileNotFoundError, InvalidTarget, EngineMissing) as refusal:
        _refuse(str(refusal))
    if as_json:
        named = {"inconnu" if value is None else str(value): number for value, number in groups.items()}
        return _print({"sentence": sentence(definition), "on": on, "people": people, "by": named})
    console.print(f"{people} personnes : {sentence(definition)}.")
    if groups:
        table = Table(by, "personnes")
        for value, number in groups.items():
            table.add_row("inconnu" if value is None else str(value), str(number))
        console.print(table)


def _described(each: Wave) -> dict[str, Any]:
    return {
        "campaign": each.campaign.slug, "number": each.number, "planned_on": each.planned_on, "found": each.found,
        "size": each.size, "by_channel": each.by_channel, "completed": each.completed_at is not None,
    }


def _print(value: Any) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, default=str, indent=1))


def _refuse(message: str) -> NoReturn:
    typer.secho(message, fg="red", err=True)
    raise typer.Exit(1)

"""`allant target` and `allant wave`."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.tree import Tree

from allant import clock, facts
from allant.campaigns import reads, waves
from allant.campaigns.models import Campaign, Wave
from allant.facts import nearest
from allant.targeting import Definition, InvalidTarget, Verdict, engine_postgres, sentence

target = typer.Typer(help="Écrit, compte et explique une population cible.", no_args_is_help=True)
wave = typer.Typer(help="Lance et suit les vagues d'invitations.", no_args_is_help=True)
console = Console()

Slug = Annotated[str, typer.Argument(help="Nom court de la campagne, par exemple covid-75.")]
On = Annotated[datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="Jour demandé ; aujourd'hui si absent.")]
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
    for campaign in campaigns:
        table.add_row(campaign.slug, campaign.title, f"{campaign.starts_on:%d/%m/%Y}", str(campaign.wave_count), str(campaign.invited))
    console.print(table)


@target.command()
def show(slug: Slug, on: On = None, by: Annotated[str, typer.Option(help="Ventile par sexe, departement, scheme…")] = "", as_json: AsJson = False) -> None:
    """Compte une cible et la dit en français. Exemple : allant target show covid-75 --on 2021-02-01 --by departement"""
    campaign, day = _campaign(slug), _day(on)
    definition = campaign.current_target.on(day)
    _answer(definition, day, by, as_json)


@target.command()
def count(
    file: Annotated[Path, typer.Argument(help="Définition en JSON.", exists=True, dir_okay=False)],
    on: On = None, by: str = "", as_json: AsJson = False,
) -> None:
    """Compte une cible écrite en JSON. Exemple : allant target count cible.json --by sex"""
    try:
        definition = Definition.from_json(file.read_text("utf-8"))
    except (InvalidTarget, facts.UnknownName) as refusal:
        _refuse(str(refusal))
    _answer(definition, _day(on), by, as_json)


@target.command()
def why(slug: Slug, person: Annotated[int, typer.Argument(help="Numéro interne de la personne (jamais un matricule).")], on: On = None) -> None:
    """Dit critère par critère si une personne est dans la cible. Exemple : allant target why covid-75 60123"""
    console.print(_tree(reads.why_for(_campaign(slug), person, _day(on))))


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
        except waves.CampaignClosed as refusal:
            _refuse(str(refusal))
    if launched is None:
        return console.print("Personne à inviter ce jour : la cible est vide, ou déjà invitée.") if not as_json else _print(None)
    if as_json:
        return _print(_described(launched))
    console.print(f"{launched} : {launched.size} personnes invitées sur {launched.found} dans la cible.")


@wave.command("list")
def list_waves(slug: Slug, as_json: AsJson = False) -> None:
    """Liste les vagues d'une campagne. Exemple : allant wave list covid-75"""
    found = list(_campaign(slug).waves.all())
    if as_json:
        return _print([_described(each) for each in found])
    if not found:
        return console.print("Aucune vague n'est encore partie.")
    table = Table("vague", "jour", "dans la cible", "invités", "état")
    for each in found:
        table.add_row(str(each.number), f"{each.planned_on:%d/%m/%Y}", str(each.found), str(each.size), "en cours" if each.completed_at is None else "terminée")
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


def _answer(definition: Definition, day: date, by: str, as_json: bool) -> None:
    try:
        groups = engine_postgres.breakdown(definition, by) if by else {}
    except (facts.UnknownName, InvalidTarget) as refusal:
        _refuse(str(refusal))
    people = sum(groups.values()) if by else engine_postgres.count(definition)
    if as_json:
        return _print({"sentence": sentence(definition), "on": day, "people": people, "by": {str(k): v for k, v in groups.items()}})
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


def _refuse(message: str) -> Any:
    typer.secho(message, fg="red", err=True)
    raise typer.Exit(1)

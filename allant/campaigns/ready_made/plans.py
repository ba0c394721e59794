"""From an entry and what the doctrine knows on a day to the plan of a campaign."""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from functools import reduce
from operator import and_
from typing import Any

from allant.campaigns.actions import CampaignPlan
from allant.campaigns.exclusions import any_of, exclusions, in_situation
from allant.campaigns.populations import narrowed, population
from allant.campaigns.ready_made.entries import Entry, InvalidEntry, entries
from allant.campaigns.ready_made.registry import Act, Programme, programmes
from allant.doctrine import RuleBook
from allant.targeting import Definition, define, tables
from allant.targeting.language import Condition

Rule = Mapping[str, Any]


class UnknownCampaign(LookupError):
    """No ready-made campaign of that name by what is known that day; names the nearest, in French."""


def ready_made(book: RuleBook, programme: str | None = None) -> list[CampaignPlan]:
    """Every shipped campaign that opens by what the book knows, by opening day; of one programme when it is named.

    The targets stand as on that day.
    """
    plans = [plan for entry, each in _shipped(programme) if (plan := _plan(entry, each, book)) is not None]
    return sorted(plans, key=lambda plan: (plan.starts_on, plan.slug))


def plan_named(name: str, book: RuleBook) -> CampaignPlan:
    """The ready-made campaign of that slug. Raises UnknownCampaign."""
    plans = {plan.slug: plan for plan in ready_made(book)}
    if name in plans:
        return plans[name]
    near = get_close_matches(name, plans, n=1)
    hint = f"Vouliez-vous dire « {near[0]} » ?" if near else f"Campagnes : {', '.join(plans)}."
    raise UnknownCampaign(f"Campagne prête à l'emploi « {name} » inconnue à cette date. {hint}")


def measured(book: RuleBook) -> Iterator[tuple[Entry, Definition]]:
    """The entries a source gives a figure of, with whom that figure counts, on its day."""
    for entry, programme in _shipped(None):
        if entry.figure is not None:
            yield entry, _counted(entry, programme, book)


def _shipped(programme: str | None) -> Iterator[tuple[Entry, Programme]]:
    for code, each in programmes().items():
        if programme in (None, code):
            yield from ((entry, each) for entry in entries(each.package))


def _plan(entry: Entry, programme: Programme, book: RuleBook) -> CampaignPlan | None:
    openings = [opening for key in entry.groups if (opening := _opening(key, book))]
    if not openings:
        return None
    starts_on = max(entry.starts_on or min(openings), min(openings))
    act = _act(entry, programme)
    concerned = _concerned(entry, act, book, starts_on)
    objective = define(concerned & _living()) if act and act.done else None
    return CampaignPlan(
        slug=entry.slug,
        programme=programme.code,
        title=entry.title,
        objective=entry.objective,
        objective_share=None if entry.objective_share is None else Decimal(str(entry.objective_share)),
        objective_population=objective,
        starts_on=starts_on,
        ends_on=entry.ends_on,
        target=define(reduce(and_, _asked(concerned, entry, act, book, starts_on)) & ~_excluded(entry, book, starts_on)),
        channels=entry.channels,
        channel_ends=entry.channel_ends,
        template=entry.template,
        act=act.fact if act else "",
        weekly_capacity=entry.weekly_capacity,
        daily_calls=entry.daily_calls,
        source=entry.grounds,
        medical=entry.medical,
        offers=entry.offers,
        schemes_apart=not (entry.every_scheme or entry.medical),
    )


def _opening(key: str, book: RuleBook) -> date | None:
    periods = book.periods(key)
    return periods[0].starts_on if periods else None


def _act(entry: Entry, programme: Programme) -> Act | None:
    if entry.act and entry.act not in programme.acts:
        raise InvalidEntry(f"« {entry.slug} » : acte « {entry.act} » inconnu ; connus : {', '.join(programme.acts)}.")
    return programme.acts[entry.act] if entry.act else None


def _rules(entry: Entry, book: RuleBook, on: date) -> list[Rule]:
    """The groups open on a day."""
    return [book.value(key, on)["criteria"] for key in entry.groups if (opening := _opening(key, book)) and opening <= on]


def _concerned(entry: Entry, act: Act | None, book: RuleBook, on: date) -> Condition:
    """The population the objective speaks of: the groups, narrowed by the entry."""
    rules = _rules(entry, book, on)
    parts = [any_of(_group(rule, entry, act, on) for rule in rules)]
    if entry.within:
        parts.append(any_of(in_situation(name, on) for name in entry.within))
    if entry.outside:
        parts.append(~any_of(in_situation(name, on) for name in entry.outside))
    return reduce(and_, parts)


def _group(rule: Rule, entry: Entry, act: Act | None, on: date) -> Condition:
    of_the_group = population(narrowed(rule, *entry.ages), on)
    among = act.among(rule) if act else None
    return of_the_group if among is None else of_the_group & among


def _asked(concerned: Condition, entry: Entry, act: Act | None, book: RuleBook, on: date) -> Iterator[Condition]:
    """Those concerned who may do the act and have not, or whom another campaign has not invited."""
    yield concerned
    if act:
        yield from _due(entry, act, book, on)
        if act.done:
            yield ~act.done()
    for slug in entry.unless_invited_by:
        yield ~tables().invitation.where(campaign=slug).exists()


def _due(entry: Entry, act: Act, book: RuleBook, on: date) -> list[Condition]:
    due = [each for rule in _rules(entry, book, on) if (each := act.due(book, on, rule)) is not None]
    return [any_of(due)] if due else []


def _excluded(entry: Entry, book: RuleBook, on: date) -> Condition:
    return exclusions(book, on, slug=entry.slug, contact=entry.contact, schemes_apart=not entry.every_scheme)


def _living() -> Condition:
    dead: Condition = tables().person.died_on.is_known()
    return ~dead


_REACHED = {"call": "has_landline", "sms": "has_mobile", "email": "has_email", "account": "has_email"}


def _counted(entry: Entry, programme: Programme, book: RuleBook) -> Definition:
    figure, act = entry.figure, _act(entry, programme)
    assert figure is not None
    concerned = _concerned(entry, act, book, figure.day)
    parts = [concerned]
    if figure.counted == "target":
        parts = list(_asked(concerned, entry, act, book, figure.day))
    elif figure.counted == "due" and act:
        parts += _due(entry, act, book, figure.day)
    if figure.channel in _REACHED:
        parts.append(getattr(tables().person, _REACHED[figure.channel]))
    apart = not (entry.every_scheme or figure.every_scheme)
    excluded = exclusions(book, figure.day, slug=entry.slug, contact=entry.contact, schemes_apart=apart)
    return define(reduce(and_, parts) & ~excluded)

"""Writes of the workshop: open a draft, change its tree, save it as a version of its campaign.

A draft holds what the manager chose. The standing exclusions (TG-05) are not in it: they are taken out of the version it begins
from, shown beside it, and joined again when it is saved.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

from django.db import transaction

from allant import clock
from allant.campaigns.actions import CampaignPlan, save_campaign, save_target
from allant.campaigns.exclusions import exclusions
from allant.campaigns.models import Campaign, TargetDraft, TargetVersion
from allant.campaigns.workshop import tree as trees
from allant.doctrine import RuleBook
from allant.outreach.models import Channel
from allant.targeting import Definition, InvalidTarget, codec, define
from allant.targeting.language import Condition
from allant.targeting.moving import moved

OUTREACH_CHANNELS = frozenset({Channel.CALL, Channel.SMS})
"""A campaign that calls or texts goes towards people: the doctrine excludes more of them (`aller_vers`)."""

LASTING = frozenset({"person", "situation"})
REACHED_BY = frozenset({"person.has_landline", "person.has_mobile", "person.has_email"})
NAMED_BY = frozenset({"column", "table", "years_since", "months_since", "days_since"})
"""The words of the codec that name a column or a table."""

MOST_UNDONE = 20  # changes; a tree of many codes is some kilobytes


class NothingToUndo(LookupError):
    """The draft has no former state. In French."""


@transaction.atomic
def open_draft(*, campaign: Campaign | None, by: str, on: date, book: RuleBook) -> TargetDraft:
    """The draft of this person for this campaign (None: for a new one), begun from the current version when there is none."""
    begun = trees.EMPTY if campaign is None else _chosen(campaign, on, book)
    draft, _ = TargetDraft.objects.get_or_create(
        owner=by, campaign=campaign, defaults={"tree": begun, "written_on": on, "updated_at": clock.now()}
    )
    return draft


@transaction.atomic
def change_draft(draft: TargetDraft, change: Callable[[trees.Tree], trees.Tree]) -> TargetDraft:
    """Apply an operation of `trees` to the draft as it stands now. Raises what the operation raises; nothing is then changed."""
    locked = TargetDraft.objects.select_for_update().get(pk=draft.pk)
    changed = change(locked.tree)
    if changed != locked.tree:
        locked.former = [*locked.former, locked.tree][-MOST_UNDONE:]
        _keep(locked, changed)
    return locked


@transaction.atomic
def undo_change(draft: TargetDraft) -> TargetDraft:
    """The tree as it was before its last change. Raises NothingToUndo."""
    locked = TargetDraft.objects.select_for_update().get(pk=draft.pk)
    if not locked.former:
        raise NothingToUndo("Rien à annuler : la cible est telle qu'elle a été ouverte.")
    *locked.former, tree = locked.former
    _keep(locked, tree)
    return locked


def _keep(draft: TargetDraft, tree: trees.Tree) -> None:
    draft.tree, draft.updated_at = tree, clock.now()
    draft.save(update_fields=["tree", "former", "updated_at"])


def target_of(draft: TargetDraft, book: RuleBook) -> Definition:
    """What the draft would be saved as: the criteria chosen, less the standing exclusions. Raises InvalidTarget."""
    chosen = trees.to_definition(draft.tree)
    if draft.campaign is None:
        return chosen
    return define(Condition(chosen.criteria) & ~standing_exclusions(draft.campaign, draft.written_on, book))


def standing_exclusions(campaign: Campaign, on: date, book: RuleBook) -> Condition:
    """Those of the doctrine for the way this campaign contacts people; the schemes apart as its current version has them."""
    contact = "aller_vers" if OUTREACH_CHANNELS & set(campaign.channels) else "information"
    every_scheme = campaign.pk is not None and not _nodes_of(campaign, on, book, apart=False).isdisjoint(_written(campaign, on))
    return exclusions(book, on, slug=campaign.slug, contact=contact, schemes_apart=not every_scheme)


def _nodes_of(campaign: Campaign, on: date, book: RuleBook, *, apart: bool) -> set[str]:
    """The standing exclusions as nodes of a tree, for each way of contact, with or without the schemes apart."""
    return {
        str(trees.flat({"not": codec.encode(exclusions(book, on, slug=campaign.slug, contact=way, schemes_apart=apart).node)}))
        for way in ("aller_vers", "information")
    }


def _written(campaign: Campaign, on: date) -> list[str]:
    """The first-level nodes of its current version."""
    return [str(node) for node in trees.from_definition(campaign.current_target.on(on)).get("and", [])]


@transaction.atomic
def save_draft(draft: TargetDraft, *, by: str, book: RuleBook) -> TargetVersion:
    """Write the draft as the next version of its campaign's target, and close it. Raises InvalidTarget."""
    locked = TargetDraft.objects.select_for_update().get(pk=draft.pk)
    if locked.campaign is None:
        raise ValueError("Ce brouillon n'a pas encore de campagne : créez-la d'abord.")
    last = locked.campaign.current_target
    objective = last.objective_on(locked.written_on)
    version = save_target(locked.campaign, target_of(locked, book), objective, written_on=locked.written_on, by=by)
    locked.delete()
    return version


@transaction.atomic
def found_campaign(draft: TargetDraft, plan: CampaignPlan, *, by: str) -> Campaign:
    """Create the campaign of a draft that has none: version 1 of its target is the draft. Raises InvalidTarget, ValueError."""
    locked = TargetDraft.objects.select_for_update().get(pk=draft.pk)
    if Campaign.objects.filter(slug=plan.slug).exists():
        raise ValueError(f"Une campagne porte déjà l'identifiant « {plan.slug} » : choisissez un autre titre.")
    campaign = save_campaign(plan, by=by)
    TargetDraft.objects.filter(pk=locked.pk).delete()
    return campaign


def plan_target(draft: TargetDraft, *, slug: str, channels: tuple[str, ...], starts_on: date, book: RuleBook) -> Definition:
    """The target of a campaign to be: the draft's criteria on its opening day, standing exclusions taken out."""
    chosen = moved(trees.to_definition(draft.tree), draft.written_on, starts_on)
    unsaved = Campaign(slug=slug, channels=list(channels))
    return define(Condition(chosen.criteria) & ~standing_exclusions(unsaved, starts_on, book))


def population_of(draft: TargetDraft, starts_on: date) -> Definition | None:
    """Whom an objective with a figure speaks of (TG-02), on the opening day: the draft's criteria on who people are.

    Those on doses, infections, invitations and contact data are left out: they change as the objective is reached. None when
    nothing is left, or when an alternative mixes both.
    """
    tree = draft.tree
    kept = [node for node in tree["and"] if _lasting(node)] if "and" in tree else [tree] * _lasting(tree)
    try:
        return moved(trees.to_definition({"and": kept}), draft.written_on, starts_on)
    except InvalidTarget:
        return None


def _lasting(node: trees.Tree) -> bool:
    """Whether a node speaks of who a person is, whatever was done or sent since."""
    return all(name.split(".")[0] in LASTING and name not in REACHED_BY for name in _names(node))


def _names(node: Any) -> Iterator[str]:
    """The tables and columns that a node names."""
    for key, value in node.items() if isinstance(node, Mapping) else ():
        if key in NAMED_BY and isinstance(value, str):
            yield value
        for part in value if isinstance(value, list) else [value]:
            yield from _names(part)


def _chosen(campaign: Campaign, on: date, book: RuleBook) -> trees.Tree:
    """The tree of the current version without the standing exclusions, where they stand as such."""
    tree = trees.from_definition(campaign.current_target.on(on))
    standing = _nodes_of(campaign, on, book, apart=True) | _nodes_of(campaign, on, book, apart=False)
    if "and" not in tree:
        return tree
    return {"and": [node for node in tree["and"] if str(node) not in standing]}

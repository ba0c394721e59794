"""The workshop: a target built criterion by criterion, its count and sentence beside it (TG-03). Works without a script."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from allant import clock
from allant.accounts.access import requires
from allant.accounts.roles import Role
from allant.accounts.sign_in import actor_of
from allant.campaigns.models import Campaign, TargetDraft
from allant.campaigns.territories import narrowed, started_on
from allant.campaigns.workshop import catalogue, drafts
from allant.campaigns.workshop import tree as trees
from allant.campaigns.workshop.preview import preview
from allant.campaigns.workshop.recognition import recognised
from allant.campaigns.workshop.snapshots import configured
from allant.doctrine import RuleBook, rules
from allant.facts import SnapshotError
from allant.outreach.models import Channel
from allant.pages.campaigns.medical import require_target
from allant.pages.campaigns.preview_wording import splits
from allant.pages.campaigns.workshop_forms import CampaignForm
from allant.targeting import Definition, InvalidTarget, sentence
from allant.targeting.wording import words

Change = Callable[[trees.Tree], trees.Tree]
OPERATIONS: Mapping[str, Callable[[trees.Tree, trees.Path], trees.Tree]] = {
    "retirer": trees.remove,
    "inverser": trees.deny,
    "basculer": trees.switch,
    "groupe": lambda tree, path: trees.add(tree, path, {"or": []}),
}


@requires(Role.CAMPAIGN_MANAGER)
@require_POST
def new_target(request: HttpRequest) -> HttpResponse:
    """Open the draft of a campaign that does not exist yet."""
    draft = drafts.open_draft(campaign=None, by=str(actor_of(request)), on=clock.today(), book=_book())
    return redirect("target_draft", draft=draft.pk)


@requires(Role.CAMPAIGN_MANAGER)
@require_POST
def edit_target(request: HttpRequest, slug: str) -> HttpResponse:
    """Open the draft of a campaign's next version."""
    campaign = get_object_or_404(Campaign, slug=slug)
    require_target(request, campaign)
    draft = drafts.open_draft(campaign=campaign, by=str(actor_of(request)), on=clock.today(), book=_book())
    return redirect("target_draft", draft=draft.pk)


@requires(Role.CAMPAIGN_MANAGER)
@require_safe
def target_draft(request: HttpRequest, draft: int) -> HttpResponse:
    """The tree, what it says in French, how many people it means and how they split."""
    return draft_page(request, own_draft(request, draft))


@requires(Role.CAMPAIGN_MANAGER)
@require_POST
def change_draft(request: HttpRequest, draft: int) -> HttpResponse:
    """Remove, deny, switch or group; the page is then shown again."""
    found = own_draft(request, draft)
    operation = OPERATIONS.get(request.POST.get("operation", ""))
    if request.POST.get("operation") == "annuler":
        return _undone(request, found)
    if operation is None:
        return draft_page(request, found, "Action inconnue : utilisez les boutons de la page.", 400)
    try:
        path = trees.read_path(request.POST.get("place", ""))
        drafts.change_draft(found, lambda tree: operation(tree, path))
    except (trees.BadPath, trees.TooDeep) as error:
        return draft_page(request, found, str(error), 409)
    return redirect("target_draft", draft=found.pk)


def _undone(request: HttpRequest, draft: TargetDraft) -> HttpResponse:
    try:
        drafts.undo_change(draft)
    except drafts.NothingToUndo as error:
        return draft_page(request, draft, str(error), 409)
    return redirect("target_draft", draft=draft.pk)


@requires(Role.CAMPAIGN_MANAGER)
@require_POST
def save_draft(request: HttpRequest, draft: int) -> HttpResponse:
    """Write the draft as the next version of its campaign's target."""
    found = own_draft(request, draft)
    if found.campaign is None:
        return redirect("new_campaign", draft=found.pk)
    try:
        version = drafts.save_draft(found, by=str(actor_of(request)), book=_book())
    except InvalidTarget as error:
        return draft_page(request, found, str(error), 400)
    messages.success(request, f"Cible enregistrée : version {version.number}.")
    return redirect("campaign", slug=found.campaign.slug)


@requires(Role.CAMPAIGN_MANAGER)
@require_http_methods(["GET", "HEAD", "POST"])
def new_campaign(request: HttpRequest, draft: int) -> HttpResponse:
    """Name, dates, channels, texts and capacity of the campaign this target is for (TG-01)."""
    found = own_draft(request, draft)
    today = clock.today()
    form = CampaignForm(
        request.POST or None, population=drafts.population_of(found, today), initial={"starts_on": today, "programme": "covid19"}
    )
    if request.method == "POST" and form.is_valid():
        try:
            channels = tuple(form.cleaned_data["channels"])
            starts_on = form.cleaned_data["starts_on"]
            target = drafts.plan_target(found, slug=form.slug, channels=channels, starts_on=starts_on, book=_book())
            plan = form.plan(target, drafts.population_of(found, starts_on))
            campaign = drafts.found_campaign(found, plan, by=str(actor_of(request)))
            messages.success(request, "Campagne créée. Aucune invitation ne part avant une première vague.")
            return redirect("campaign", slug=campaign.slug)
        except ValueError as error:  # an invalid target, or a title already taken
            form.add_error(None, str(error))
    context = {"title": "Nouvelle campagne", "trail": trail(found), "form": form, "draft": found}
    return render(request, "campaigns/new.html", context, status=400 if form.errors else 200)


def draft_page(request: HttpRequest, draft: TargetDraft, problem: str = "", status: int = 200) -> HttpResponse:
    """The draft as it stands now, with what went wrong."""
    draft.refresh_from_db()
    campaign = draft.campaign
    book = _book()
    excluded = words((~drafts.standing_exclusions(campaign, draft.written_on, book)).node) if campaign else ""
    context = {
        "title": f"Cible de « {campaign.title} »" if campaign else "Nouvelle cible",
        "trail": [("Campagnes", reverse("campaigns"))],
        "draft": draft,
        "problem": problem,
        "root": _root(draft.tree),
        "rows": [(row, min(len(row.path), trees.DEEPEST), _editable(draft, row)) for row in trees.rows(draft.tree)],
        "families": catalogue.families(),
        "excluded": excluded,
        "started": started_on(campaign, draft.written_on) if campaign else None,
        **_meaning(draft, book),
    }
    return render(request, "campaigns/workshop.html", context, status=status)


def _meaning(draft: TargetDraft, book: RuleBook) -> dict[str, Any]:
    """The sentence, the count and the splits; or why there is none yet."""
    try:
        definition = drafts.target_of(draft, book)
        said = sentence(trees.to_definition(draft.tree))
    except InvalidTarget as error:
        return {"sentence": "", "refusal": str(error), "uncounted": "", "count": None, "splits": [], "counted_on": None}
    return {"sentence": said, "refusal": "", **_counted(definition, draft)}


def _counted(definition: Definition, draft: TargetDraft) -> dict[str, Any]:
    """The number and the splits, of the register or of the snapshot configured; or why they are not known."""
    channels = draft.campaign.channels if draft.campaign else Channel.values
    if draft.campaign:
        definition = narrowed(draft.campaign, definition, draft.written_on)
    try:
        snapshot = configured()
        seen = preview(definition, draft.written_on, channels, snapshot)
    except (SnapshotError, FileNotFoundError) as error:
        return {"uncounted": str(error), "count": None, "splits": [], "counted_on": None}
    counted_on = snapshot.as_of if snapshot else None
    return {"uncounted": "", "count": seen.count, "splits": splits(seen), "counted_on": counted_on}


def _editable(draft: TargetDraft, row: trees.Row) -> bool:
    seen = recognised(trees.node_at(draft.tree, row.path), draft.written_on)
    return bool(seen and seen[0].blanks)


def _root(tree: trees.Tree) -> str:
    return "and" if "and" in tree else "or"


def own_draft(request: HttpRequest, draft: int) -> TargetDraft:
    """A draft of the person who asks; another's does not exist for them."""
    return get_object_or_404(TargetDraft.objects.select_related("campaign"), pk=draft, owner=str(actor_of(request)))


def trail(draft: TargetDraft) -> list[tuple[str, str]]:
    """The way back from the pages of a draft."""
    return [("Campagnes", reverse("campaigns")), ("Cible", reverse("target_draft", kwargs={"draft": draft.pk}))]


def _book() -> RuleBook:
    return rules.as_known_on(clock.today())

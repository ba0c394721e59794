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
from allant.campaigns.workshop import catalogue, drafts
from allant.campaigns.workshop import tree as trees
from allant.campaigns.workshop.preview import preview
from allant.doctrine import RuleBook, rules
from allant.outreach.models import Channel
from allant.pages.campaigns.preview_wording import splits
from allant.pages.campaigns.workshop_forms import CampaignForm, CriterionForm
from allant.targeting import InvalidTarget, sentence
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
    draft = drafts.open_draft(campaign=campaign, by=str(actor_of(request)), on=clock.today(), book=_book())
    return redirect("target_draft", draft=draft.pk)


@requires(Role.CAMPAIGN_MANAGER)
@require_safe
def target_draft(request: HttpRequest, draft: int) -> HttpResponse:
    """The tree, what it says in French, how many people it means and how they split."""
    return _draft_page(request, _own(request, draft))


@requires(Role.CAMPAIGN_MANAGER)
@require_POST
def change_draft(request: HttpRequest, draft: int) -> HttpResponse:
    """Remove, deny, switch or group; the page is then shown again."""
    found = _own(request, draft)
    operation = OPERATIONS.get(request.POST.get("operation", ""))
    if operation is None:
        return _draft_page(request, found, "Action inconnue : utilisez les boutons de la page.", 400)
    try:
        path = trees.read_path(request.POST.get("place", ""))
        drafts.change_draft(found, lambda tree: operation(tree, path))
    except (trees.BadPath, trees.TooDeep) as error:
        return _draft_page(request, found, str(error), 409)
    return redirect("target_draft", draft=found.pk)


@requires(Role.CAMPAIGN_MANAGER)
@require_http_methods(["GET", "HEAD", "POST"])
def criterion(request: HttpRequest, draft: int) -> HttpResponse:
    """Fill the blanks of one criterion and put it in a group; one that asks for nothing is put at once."""
    found = _own(request, draft)
    asked = request.POST if request.method == "POST" else request.GET
    kind, place = catalogue.KINDS.get(asked.get("nature", "")), asked.get("place", "")
    if kind is None:
        return _draft_page(request, found, "Choisissez un critère dans la liste.", 400)
    form = CriterionForm(kind, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            node = catalogue.node(kind, form.cleaned_data, found.written_on)
            path = trees.read_path(place)
            drafts.change_draft(found, lambda tree: trees.add(tree, path, node))
            return redirect("target_draft", draft=found.pk)
        except InvalidTarget as error:
            form.add_error(None, str(error))
        except (trees.BadPath, trees.TooDeep) as error:
            return _draft_page(request, found, str(error), 409)
    context = {"title": kind.label, "trail": _trail(found), "form": form, "kind": kind, "place": place, "draft": found}
    return render(request, "campaigns/workshop_criterion.html", context, status=400 if form.errors else 200)


@requires(Role.CAMPAIGN_MANAGER)
@require_POST
def save_draft(request: HttpRequest, draft: int) -> HttpResponse:
    """Write the draft as the next version of its campaign's target."""
    found = _own(request, draft)
    if found.campaign is None:
        return redirect("new_campaign", draft=found.pk)
    try:
        version = drafts.save_draft(found, by=str(actor_of(request)), book=_book())
    except InvalidTarget as error:
        return _draft_page(request, found, str(error), 400)
    messages.success(request, f"Cible enregistrée : version {version.number}.")
    return redirect("campaign", slug=found.campaign.slug)


@requires(Role.CAMPAIGN_MANAGER)
@require_http_methods(["GET", "HEAD", "POST"])
def new_campaign(request: HttpRequest, draft: int) -> HttpResponse:
    """Name, dates, channels, texts and capacity of the campaign this target is for (TG-01)."""
    found = _own(request, draft)
    form = CampaignForm(request.POST or None, initial={"starts_on": clock.today()})
    if request.method == "POST" and form.is_valid():
        try:
            channels = tuple(form.cleaned_data["channels"])
            starts_on = form.cleaned_data["starts_on"]
            target = drafts.plan_target(found, slug=form.slug, channels=channels, starts_on=starts_on, book=_book())
            campaign = drafts.found_campaign(found, form.plan(target), by=str(actor_of(request)))
            messages.success(request, "Campagne créée. Aucune invitation ne part avant une première vague.")
            return redirect("campaign", slug=campaign.slug)
        except ValueError as error:  # an invalid target, or a title already taken
            form.add_error(None, str(error))
    context = {"title": "Nouvelle campagne", "trail": _trail(found), "form": form, "draft": found}
    return render(request, "campaigns/new.html", context, status=400 if form.errors else 200)


def _draft_page(request: HttpRequest, draft: TargetDraft, problem: str = "", status: int = 200) -> HttpResponse:
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
        "rows": [(row, min(len(row.path), trees.DEEPEST)) for row in trees.rows(draft.tree)],
        "families": catalogue.families(),
        "excluded": excluded,
        **_meaning(draft, book),
    }
    return render(request, "campaigns/workshop.html", context, status=status)


def _meaning(draft: TargetDraft, book: RuleBook) -> dict[str, Any]:
    """The sentence, the count and the splits; or why there is none yet."""
    try:
        definition = drafts.target_of(draft, book)
        said = sentence(trees.to_definition(draft.tree))
    except InvalidTarget as error:
        return {"sentence": "", "refusal": str(error), "count": None, "splits": []}
    channels = draft.campaign.channels if draft.campaign else Channel.values
    seen = preview(definition, draft.written_on, channels)
    return {"sentence": said, "refusal": "", "count": seen.count, "splits": splits(seen)}


def _root(tree: trees.Tree) -> str:
    return "and" if "and" in tree else "or"


def _own(request: HttpRequest, draft: int) -> TargetDraft:
    return get_object_or_404(TargetDraft.objects.select_related("campaign"), pk=draft, owner=str(actor_of(request)))


def _trail(draft: TargetDraft) -> list[tuple[str, str]]:
    return [("Campagnes", reverse("campaigns")), ("Cible", reverse("target_draft", kwargs={"draft": draft.pk}))]


def _book() -> RuleBook:
    return rules.as_known_on(clock.today())

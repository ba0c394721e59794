"""One criterion of a target: its blanks filled to add it to a group, or changed where it stands (TG-03). Needs no script."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from allant.accounts.access import requires
from allant.accounts.roles import Role
from allant.campaigns.models import TargetDraft
from allant.campaigns.workshop import catalogue, drafts
from allant.campaigns.workshop import tree as trees
from allant.campaigns.workshop.recognition import recognised
from allant.geography import find
from allant.pages.campaigns.place_fields import commune_label
from allant.pages.campaigns.workshop_forms import CriterionForm
from allant.pages.campaigns.workshop_views import draft_page, own_draft, trail
from allant.targeting import InvalidTarget

OFFERED, LONGEST = 12, 80  # suggestions, characters read


class NotAsked(ValueError):
    """No criterion of the catalogue is meant. In French."""


@dataclass(frozen=True)
class Asked:
    """A criterion to add to the group at `place`, or to write in the place of the node at `dotted` that has this `mark`."""

    kind: catalogue.Kind
    place: str = ""
    dotted: str = ""
    mark: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)

    def put(self, node: Mapping[str, Any]) -> Callable[[trees.Tree], trees.Tree]:
        """The change of the tree that this criterion is."""
        if self.mark:
            path = trees.read_path(self.dotted)
            return lambda tree: trees.replace(tree, path, self.mark, node)
        path = trees.read_path(self.place)
        return lambda tree: trees.add(tree, path, node)


@requires(Role.CAMPAIGN_MANAGER)
@require_http_methods(["GET", "HEAD", "POST"])
def criterion(request: HttpRequest, draft: int) -> HttpResponse:
    """Fill the blanks of a criterion, then put it in its group or in the place of the one it changes."""
    found = own_draft(request, draft)
    posted = request.POST if request.method == "POST" else None
    try:
        asked = _asked(posted if posted is not None else request.GET, found)
        form = CriterionForm(asked.kind, posted, initial=asked.values)
        if posted is not None and form.is_valid() and _put(found, asked, form):
            place = f"#critere-{asked.dotted}" if asked.mark else ""
            return redirect(reverse("target_draft", kwargs={"draft": found.pk}) + place)
    except NotAsked as error:
        return draft_page(request, found, str(error), 400)
    except (trees.BadPath, trees.TooDeep) as error:
        return draft_page(request, found, str(error), 409)
    title = f"{asked.kind.label} : modifier" if asked.mark else asked.kind.label
    context = {"title": title, "trail": trail(found), "form": form, "kind": asked.kind, "asked": asked, "draft": found}
    return render(request, "campaigns/workshop_criterion.html", context, status=400 if form.errors else 200)


@requires(Role.CAMPAIGN_MANAGER)
@require_safe
def communes_offered(request: HttpRequest) -> JsonResponse:
    """`?q=`, two characters or more of a name or a postcode: `{"results": ["Bourg-en-Bresse (01053)", …]}`, twelve at most.

    Nothing of a person is read, so nothing is written in the access log.
    """
    request.access_logged = True  # type: ignore[attr-defined]
    found = find(request.GET.get("q", "").strip()[:LONGEST], 3 * OFFERED)
    return JsonResponse({"results": list(dict.fromkeys(map(commune_label, found)))[:OFFERED]})


def _put(draft: TargetDraft, asked: Asked, form: CriterionForm) -> bool:
    try:
        drafts.change_draft(draft, asked.put(catalogue.node(asked.kind, form.cleaned_data, draft.written_on)))
    except InvalidTarget as error:
        form.add_error(None, str(error))
        return False
    return True


def _asked(data: Mapping[str, str], draft: TargetDraft) -> Asked:
    """Raises NotAsked, BadPath."""
    if dotted := data.get("modifier", ""):
        node = trees.node_at(draft.tree, trees.read_path(dotted))
        mark = trees.mark_of(node)
        if data.get("vu", mark) != mark:
            raise trees.BadPath(trees.LOST)
        seen = recognised(node, draft.written_on)
        if seen is None:
            raise NotAsked("Ce critère ne se modifie pas ici : retirez-le, puis ajoutez-en un autre.")
        return Asked(seen[0], dotted=dotted, mark=mark, values=seen[1])
    kind = catalogue.KINDS.get(data.get("nature", ""))
    if kind is None:
        raise NotAsked("Choisissez un critère dans la liste.")
    return Asked(kind, place=data.get("place", ""))

"""Launching a wave after having seen whom it would reach; stopping a campaign and resuming it (TG-08, TG-09)."""

from __future__ import annotations

from math import ceil
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from allant import clock
from allant.accounts.access import requires
from allant.accounts.log import log_request
from allant.accounts.models import LoggedAction
from allant.accounts.roles import Role
from allant.accounts.sign_in import actor_of
from allant.campaigns.actions import resume_campaign, stop_campaign
from allant.campaigns.models import Campaign
from allant.campaigns.planner import bounds
from allant.campaigns.waves import CampaignClosed, launch_wave, left_of_week, reach
from allant.outreach.models import Channel
from allant.pages.campaigns.medical import sees_target
from allant.pages.campaigns.wording import channel_name

LARGEST = 10_000_000


class LaunchForm(forms.Form):
    """How many invitations at most; `left`: what the campaign's weekly capacity lets leave this week, None without one."""

    capacity = forms.IntegerField(
        label="Invitations, au plus", required=False, min_value=1, max_value=LARGEST,
        widget=forms.NumberInput(attrs={"class": "fr-input", "inputmode": "numeric"}),
    )  # fmt: skip
    held_out = forms.IntegerField(
        label="Groupe de comparaison, en pour cent", required=False, min_value=0, max_value=50,
        help_text="Part tirée au sort que cette campagne n'invitera pas, pour mesurer ce que l'invitation change. "
        "Vide ou 0 : personne.",
        widget=forms.NumberInput(attrs={"class": "fr-input", "inputmode": "numeric"}),
    )  # fmt: skip

    def __init__(self, *args: Any, left: int | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.left = left
        self.fields["capacity"].help_text = "Vide : toutes." if left is None else f"Vide : les {left} de la semaine."

    def clean_capacity(self) -> int | None:
        """Within what is left of the week."""
        typed: int | None = self.cleaned_data["capacity"]
        if typed is not None and self.left is not None and typed > self.left:
            raise forms.ValidationError(
                f"La capacité de la campagne laisse {self.left} invitations cette semaine : demandez-en autant ou moins."
            )
        return typed


@requires(Role.CAMPAIGN_MANAGER)
@require_http_methods(["GET", "HEAD", "POST"])
def launch(request: HttpRequest, slug: str) -> HttpResponse:
    """What a wave of today would be; then launch it. A second click finds the wave of the day there."""
    campaign = get_object_or_404(Campaign, slug=slug)
    today = clock.today()
    gone = campaign.waves.filter(planned_on=today).first()
    left = None if gone else left_of_week(campaign, today)  # a second click asks for nothing more
    form = LaunchForm(request.POST or None, left=left)
    problem = ""
    if request.method == "POST" and form.is_valid():
        try:
            aside = (form.cleaned_data["held_out"] or 0) / 100
            wave = launch_wave(
                campaign, on=today, by=str(actor_of(request)), capacity=form.cleaned_data["capacity"], held_out=aside
            )
        except CampaignClosed as error:
            problem = str(error)
        else:
            log_request(request, LoggedAction.BULK, f"vague de la campagne {campaign.slug}", None, subject_kind="wave")
            said = f"Vague {wave.number} partie : {wave.size} invitations." if wave else "Personne à inviter aujourd'hui."
            messages.success(request, said)
            return redirect("campaign", slug=slug)
    found = reach(campaign, today)
    by_channel = {code: persons for code, persons in found.items() if code is not None}
    context = {
        "title": "Lancer une vague",
        "trail": [("Campagnes", reverse("campaigns")), (campaign.title, reverse("campaign", kwargs={"slug": slug}))],
        "campaign": campaign,
        "target": campaign.current_target,
        "sees_target": sees_target(request, campaign),
        "today_wave": gone,
        "reachable": sum(by_channel.values()),
        "unreachable": found.get(None, 0),
        "by_channel": [(channel_name(code), persons) for code, persons in by_channel.items()],
        "calls": by_channel.get(Channel.CALL, 0) if campaign.daily_calls else 0,
        "call_days": ceil(by_channel.get(Channel.CALL, 0) / campaign.daily_calls) if campaign.daily_calls else 0,
        "planned": bounds.planned(campaign, today),
        "left": left,
        "form": form,
        "problem": problem,
    }
    return render(request, "campaigns/launch.html", context, status=409 if problem else 400 if form.errors else 200)


@requires(Role.CAMPAIGN_MANAGER)
@require_POST
def stop(request: HttpRequest, slug: str) -> HttpResponse:
    """No further wave leaves, and what waits is held."""
    held = stop_campaign(get_object_or_404(Campaign, slug=slug), by=str(actor_of(request)))
    said = f"{held} message{'s' if held > 1 else ''} en attente {'sont retenus' if held > 1 else 'est retenu'}" if held else ""
    said = said or "aucun message n’attendait"
    messages.success(request, f"Campagne arrêtée : ni vague ni appel ne part plus, {said}. Ce qui est envoyé reste envoyé.")
    return redirect("campaign", slug=slug)


@requires(Role.CAMPAIGN_MANAGER)
@require_POST
def resume(request: HttpRequest, slug: str) -> HttpResponse:
    """Waves may leave again, and what was held too."""
    freed = resume_campaign(get_object_or_404(Campaign, slug=slug), by=str(actor_of(request)))
    messages.success(request, f"Campagne reprise : messages qui peuvent de nouveau partir : {freed}.")
    return redirect("campaign", slug=slug)

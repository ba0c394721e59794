"""What is held back and why; the emergency stop and its release, each in two steps (AV-04, AV-05)."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from allant import clock
from allant.accounts.access import requires
from allant.accounts.log import log_request
from allant.accounts.models import LoggedAction
from allant.accounts.roles import Role
from allant.accounts.sign_in import actor_of
from allant.campaigns.models import Campaign
from allant.doctrine import rules
from allant.outreach import holds, waiting, workers
from allant.outreach.models import Channel, SendingHold, Template
from allant.pages.outreach.wording import channel_name


class StopForm(forms.Form):
    """What to hold, and why."""

    channel = forms.ChoiceField(
        label="Canal", required=False, choices=[("", "Tous les canaux"), *Channel.choices],
        widget=forms.Select(attrs={"class": "fr-select"}),
    )  # fmt: skip
    template = forms.ChoiceField(label="Modèle", required=False, widget=forms.Select(attrs={"class": "fr-select"}))
    reason = forms.CharField(
        label="Raison", max_length=200, help_text="Montrée à qui voudra reprendre les envois.",
        error_messages={"required": "Dites pourquoi les envois sont arrêtés."},
        widget=forms.TextInput(attrs={"class": "fr-input"}),
    )  # fmt: skip

    def __init__(self, *args: object, **options: object) -> None:
        super().__init__(*args, **options)
        slugs = Template.objects.order_by("slug").values_list("slug", flat=True).distinct()
        self.fields["template"].choices = [("", "Tous les modèles"), *((slug, slug) for slug in slugs)]


@requires(Role.CAMPAIGN_MANAGER)
@require_safe
def sendings(request: HttpRequest) -> HttpResponse:
    """Stops that stand, what the policy holds, what waits for its turn, what was abandoned."""
    now = clock.now()
    since = waiting.dropped_since(now, rules.as_known_on(now.date()))
    standing = holds.standing()
    titles = dict(Campaign.objects.values_list("pk", "title"))
    context = {
        "title": "Envois",
        "now": now,
        "holds": [(hold, channel_name(hold.channel)) for hold in standing],
        "held": [(row, channel_name(row.channel), titles.get(row.campaign, "")) for row in waiting.held_back()],
        "queues": [
            (row, channel_name(row.channel), holds.stopped(standing, row.channel, row.template)) for row in waiting.queues()
        ],
        "dropped": [(channel_name(channel), reason, count) for channel, reason, count in waiting.dropped(since)],
        "since": since,
        "workers": {
            "living": [(worker, channel_name(worker.channel), silent) for worker, silent in workers.living(now)],
            "lags": [(lag, channel_name(lag.channel)) for lag in workers.lags(now)],
            "throughput": workers.throughput(now),
            "jobs_seen": workers.jobs_seen(now),
        },
    }
    return render(request, "outreach/sendings.html", context)


@requires(Role.CAMPAIGN_MANAGER)
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest) -> HttpResponse:
    """Ask what to hold and why, show how many messages wait there, then hold them."""
    form = StopForm(request.POST or None)
    context = {"title": "Arrêter les envois", "trail": [("Envois", reverse("sendings"))], "form": form, "asked": None}
    if request.method == "POST" and form.is_valid():
        asked = {name: form.cleaned_data[name] for name in ("channel", "template")}
        if "confirm" in request.POST:
            try:
                holds.place_hold(**asked, reason=form.cleaned_data["reason"], at=clock.now(), by=str(actor_of(request)))
            except holds.BadHold as error:
                form.add_error(None, str(error))
            else:
                log_request(request, LoggedAction.BULK, "arrêt des envois", None, subject_kind="hold")
                messages.success(request, "Envois arrêtés : plus aucun message concerné ne part.")
                return redirect("sendings")
        else:
            concerned = waiting.concerned(**asked)
            context |= {"asked": form.cleaned_data, "channel": channel_name(asked["channel"]), "count": concerned}
    return render(request, "outreach/stop.html", context, status=400 if form.errors else 200)


@requires(Role.CAMPAIGN_MANAGER)
@require_http_methods(["GET", "HEAD", "POST"])
def release(request: HttpRequest, hold: int) -> HttpResponse:
    """Show what was held, by whom and why; then let it leave."""
    found = get_object_or_404(SendingHold, pk=hold)
    if request.method == "POST":
        try:
            holds.release_hold(found.pk, at=clock.now(), by=str(actor_of(request)))
        except holds.BadHold as error:
            messages.warning(request, str(error))
        else:
            log_request(request, LoggedAction.BULK, "reprise des envois", None, subject_kind="hold")
            messages.success(request, "Envois repris.")
        return redirect("sendings")
    context = {
        "title": "Reprendre les envois", "trail": [("Envois", reverse("sendings"))], "hold": found,
        "channel": channel_name(found.channel), "count": waiting.concerned(channel=found.channel, template=found.template),
    }  # fmt: skip
    return render(request, "outreach/release.html", context)

"""Campaigns whose letters bear a slot: where they stand, slots reserved now, and the check of a transport voucher (AV-40)."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from allant import clock
from allant.accounts.access import requires
from allant.accounts.log import log_request
from allant.accounts.models import LoggedAction
from allant.accounts.roles import Role
from allant.accounts.sign_in import actor_of, roles_of
from allant.appointments.calendar import local_start
from allant.appointments.models import End
from allant.campaigns.models import Campaign
from allant.campaigns.proposals.slot_letters import SLOT, counts, reserve
from allant.campaigns.proposals.words import chained_to, read_voucher
from allant.doctrine import rules
from allant.outreach.letters.codes import BadCode

TITLE = "Courriers avec créneau"
CHECKERS = (Role.CAMPAIGN_MANAGER, Role.FRONT_DESK_AGENT, Role.CALL_AGENT)


class VoucherForm(forms.Form):
    """The number printed on a voucher."""

    number = forms.CharField(
        label="Numéro du bon", max_length=20, help_text="Douze caractères, par exemple 0000 0012 ABCD",
        error_messages={"required": "Tapez le numéro du bon."},
        widget=forms.TextInput(attrs={"class": "fr-input", "autocomplete": "off", "spellcheck": "false"}),
    )  # fmt: skip


@requires(Role.CAMPAIGN_MANAGER)
@require_safe
def slot_letters(request: HttpRequest) -> HttpResponse:
    """Each campaign whose letters bear a slot, with where its letters stand."""
    now, today = clock.now(), clock.today()
    found = Campaign.objects.filter(offers=SLOT).order_by("-starts_on", "title")
    rows = [(campaign, campaign.state_on(today) == "running", counts(campaign, now)) for campaign in found]
    return render(request, "proposals/letters.html", {"title": TITLE, "rows": rows})


@requires(Role.CAMPAIGN_MANAGER)
@require_POST
def reserve_now(request: HttpRequest, slug: str) -> HttpResponse:
    """Hold the slots and write the letters now, without waiting for the round."""
    campaign, today = get_object_or_404(Campaign, slug=slug, offers=SLOT), clock.today()
    if campaign.state_on(today) != "running":
        messages.error(request, "Cette campagne n'est pas en cours : aucun créneau n'est réservé.")
        return redirect("slot_letters")
    done = reserve(campaign, at=clock.now(), book_of_rules=rules.as_known_on(today), by=actor_of(request).name)
    log_request(request, LoggedAction.WRITE, f"créneaux réservés par courrier, campagne {campaign.slug}", subject_kind="campaign")
    messages.success(
        request, f"Courriers écrits : {done.written}. Sans créneau assez proche : {done.without}. Déjà inscrits : {done.booked}."
    )
    return redirect("slot_letters")


@requires(*CHECKERS)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def voucher(request: HttpRequest) -> HttpResponse:
    """Whether a transport voucher is good, for which day and which place; no name is shown."""
    form, seat, said = VoucherForm(request.POST or None), None, ""
    if request.method == "POST" and form.is_valid():
        try:
            seat = read_voucher(form.cleaned_data["number"])
        except BadCode:
            form.add_error("number", "Ce numéro est mal recopié : vérifiez-le sur le bon.")
        else:
            said = "Aucun bon ne porte ce numéro." if seat is None else ""
    context = {
        "title": "Vérifier un bon de transport", "form": form, "seat": seat, "said": said,
        "starts": [local_start(each.slot) for each in (seat, *chained_to(seat))] if seat else [],
        "good": seat is not None and seat.confirmed_at is not None and seat.ended_as in ("", End.DONE),
        "trail": [(TITLE, reverse("slot_letters"))] if Role.CAMPAIGN_MANAGER in roles_of(request) else [],
    }  # fmt: skip
    return render(request, "proposals/voucher.html", context, status=400 if form.errors else 200)

"""Files of letters, letters that came back, and the page that the QR code of a letter opens (AV-12)."""

from __future__ import annotations

from pathlib import Path

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from allant import clock
from allant.accounts.access import public, requires
from allant.accounts.log import log_request
from allant.accounts.models import LoggedAction
from allant.accounts.roles import Role
from allant.campaigns.models import Campaign
from allant.outreach.letters import batches, codes
from allant.outreach.letters.returned import NotALetter, mark_returned
from allant.outreach.models import Channel, LetterBatch, Message

FILES_A_PAGE = 50


class CodeForm(forms.Form):
    """The code of an envelope; the field takes the focus, so that one scan follows another."""

    code = forms.CharField(
        label="Code imprimé au-dessus de l’adresse", max_length=40, error_messages={"required": "Scannez ou tapez un code."},
        help_text="Douze caractères. Le lecteur de codes valide de lui-même ; au clavier, Entrée.",
        widget=forms.TextInput(attrs={"class": "fr-input", "autocomplete": "off", "spellcheck": "false", "autofocus": True}),
    )  # fmt: skip


@requires(Role.CAMPAIGN_MANAGER)
@require_safe
def letters(request: HttpRequest) -> HttpResponse:
    """Files written for the printer, the last first."""
    page = Paginator(LetterBatch.objects.all(), FILES_A_PAGE).get_page(request.GET.get("page"))
    waiting = Message.objects.pending().filter(channel=Channel.LETTER).count()
    context = {"title": "Courriers", "trail": [("Envois", reverse("sendings"))], "page_obj": page, "waiting": waiting}
    return render(request, "outreach/letters.html", context)


@requires(Role.CAMPAIGN_MANAGER)
@require_POST
def hand_over(request: HttpRequest, file: int) -> HttpResponse:
    """Note that the printer has a file."""
    batch = get_object_or_404(LetterBatch, pk=file)
    if LetterBatch.objects.filter(pk=batch.pk, handed_over_at=None).update(handed_over_at=clock.now()):
        log_request(request, LoggedAction.BULK, "courriers remis à l'imprimeur", None, subject_kind="letters")
        messages.success(request, f"Fichier {batch.name} remis à l’imprimeur.")
    return redirect("letters")


@requires(Role.CAMPAIGN_MANAGER, Role.FRONT_DESK_AGENT)
@require_http_methods(["GET", "HEAD", "POST"])
def returned(request: HttpRequest) -> HttpResponse:
    """Letters that came back, one code after another."""
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            message = mark_returned(form.cleaned_data["code"], at=clock.now())
        except (codes.BadCode, NotALetter) as error:
            form.add_error("code", str(error))
        else:
            log_request(request, LoggedAction.WRITE, "courrier revenu (NPAI)", [message.person_id])
            messages.success(request, f"Retour enregistré : {codes.printed(message.pk)}. Plus de courrier à cette adresse.")
            return redirect("returned_letters")
    context = {"title": "Courriers revenus", "form": form}
    return render(request, "outreach/returned.html", context, status=400 if form.errors else 200)


@requires(Role.CAMPAIGN_MANAGER)
@require_http_methods(["GET", "HEAD", "POST"])
def reprint(request: HttpRequest) -> HttpResponse:
    """One letter again, the same document."""
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            found = Message.objects.filter(channel=Channel.LETTER, pk=codes.read(form.cleaned_data["code"])).first()
            pdf = batches.reprint(found, Path(settings.ALLANT_HOME) / "letters") if found else None
        except codes.BadCode as error:
            form.add_error("code", str(error))
        else:
            if found and pdf:
                log_request(request, LoggedAction.READ, "réimpression d'un courrier", [found.person_id])
                shown = {"Content-Disposition": 'inline; filename="courrier.pdf"'}
                return HttpResponse(pdf, content_type="application/pdf", headers=shown)
            form.add_error("code", "Aucun courrier écrit ne porte ce code.")
    context = {"title": "Réimprimer un courrier", "trail": [("Courriers", reverse("letters"))], "form": form}
    return render(request, "outreach/reprint.html", context, status=400 if form.errors else 200)


@public
@require_safe
def public_campaign(request: HttpRequest, campaign: int) -> HttpResponse:
    """What a letter's QR code opens: the campaign in a few words, the same for everybody."""
    found = get_object_or_404(Campaign, pk=campaign)
    return render(request, "outreach/campaign.html", {"title": found.title, "campaign": found})

"""Lists for partners: the agreements they collected, and of a campaign's target the people who gave one (TG-11, AV-27)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from allant import clock
from allant.accounts.access import requires
from allant.accounts.roles import Role
from allant.accounts.sign_in import actor_of, covers
from allant.campaigns.models import Campaign
from allant.campaigns.partner_consents import COLUMNS, read_lines, record_consents
from allant.campaigns.partner_lists import PartnerListRefused, deliver, partners
from allant.directory.models import Organisation
from allant.doctrine import rules
from allant.pages.campaigns.medical import require_target

LARGEST_FILE = 2_000_000


class ConsentsForm(forms.Form):
    """The file of a partner."""

    partner = forms.ModelChoiceField(
        label="Partenaire", queryset=Organisation.objects.none(), empty_label="Choisir",
        widget=forms.Select(attrs={"class": "fr-select"}),
    )  # fmt: skip
    file = forms.FileField(
        label="Personnes favorables et d'accord", help_text=f"CSV en UTF-8, colonnes : {' ; '.join(COLUMNS)}.",
        widget=forms.FileInput(attrs={"class": "fr-upload", "accept": ".csv,text/csv"}),
    )  # fmt: skip

    def __init__(self, offered: list[Organisation], *args: Any) -> None:
        super().__init__(*args)
        choice: forms.ModelChoiceField = self.fields["partner"]  # type: ignore[assignment]
        choice.queryset = Organisation.objects.filter(pk__in=[each.pk for each in offered])

    def clean_file(self) -> bytes:
        """The content."""
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > LARGEST_FILE:
            raise forms.ValidationError(f"Fichier trop grand : {LARGEST_FILE} octets au plus.")
        return file.read()


@requires(Role.CAMPAIGN_MANAGER)
@require_http_methods(["GET", "HEAD", "POST"])
def partner_lists(request: HttpRequest, slug: str) -> HttpResponse:
    """The partners with their standing agreements, one list each; record the file of agreements of one."""
    campaign = get_object_or_404(Campaign, slug=slug)
    require_target(request, campaign)
    offered = [each for each in partners() if covers(request, Role.CAMPAIGN_MANAGER, each.departement_code)]
    form = ConsentsForm(offered, request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid() and _recorded(request, campaign, form):
        return redirect("partner_lists", slug=slug)
    context = {
        "title": "Listes pour les partenaires",
        "trail": [("Campagnes", reverse("campaigns")), (campaign.title, reverse("campaign", kwargs={"slug": slug}))],
        "campaign": campaign,
        "form": form,
        "partners": offered,
        "rule": rules.as_known_on(clock.today()).value("campaigns.partner_list", clock.today()),
    }
    return render(request, "campaigns/partner_lists.html", context, status=422 if form.errors else 200)


def _recorded(request: HttpRequest, campaign: Campaign, form: ConsentsForm) -> bool:
    partner = form.cleaned_data["partner"]  # one of those offered: of the manager's territory
    try:
        lines = read_lines(form.cleaned_data["file"], today=clock.today())
    except PartnerListRefused as refused:
        form.add_error("file", str(refused))
        return False
    done = record_consents(partner=partner, programme=campaign.programme, lines=lines, by=actor_of(request))
    request.access_logged = True  # type: ignore[attr-defined]  # by the action, with the persons
    messages.success(request, f"{done.added} accords enregistrés, {done.known} déjà connus.")
    if done.unmatched:
        shown = ", ".join(str(number) for number in done.unmatched[:20])
        messages.warning(request, f"Lignes qui ne désignent personne, ou plusieurs personnes, du registre : {shown}.")
    return True


@requires(Role.CAMPAIGN_MANAGER)
@require_POST
def partner_list(request: HttpRequest, slug: str, partner: int) -> HttpResponse:
    """The list of today as a file, to be handed to the partner; each person on it is in the access log."""
    campaign = get_object_or_404(Campaign, slug=slug)
    require_target(request, campaign)
    organisation = get_object_or_404(Organisation, pk=partner)
    _check_territory(request, organisation)
    today = clock.today()
    try:
        made = deliver(campaign=campaign, partner=organisation, on=today, by=actor_of(request), book=rules.as_known_on(today))
    except PartnerListRefused as refused:
        messages.error(request, str(refused))
        return redirect("partner_lists", slug=slug)
    request.access_logged = True  # type: ignore[attr-defined]  # by the action, with the persons
    answer = HttpResponse(made.csv(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{made.name}.csv"'
    answer["Cache-Control"] = "no-store"
    return answer


def _check_territory(request: HttpRequest, partner: Organisation) -> None:
    if not covers(request, Role.CAMPAIGN_MANAGER, partner.departement_code):
        raise PermissionDenied("Ce partenaire n'agit pas dans le territoire de votre structure : adressez-vous à sa caisse.")

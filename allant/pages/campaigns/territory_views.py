"""The départements of an experiment (TG-14): where it runs, its extension by list, and what it changed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from allant import clock
from allant.accounts.access import requires
from allant.accounts.roles import Role
from allant.accounts.sign_in import actor_of
from allant.campaigns.models import Campaign, CampaignTerritory
from allant.campaigns.territories import (
    STATES,
    TerritoryRefused,
    UnknownDepartements,
    add_territories,
    cohorts,
    date_territory,
    read_departements,
    state_on,
)
from allant.doctrine import rules
from allant.geography import departements
from allant.pages.campaigns.wording import Badge
from allant.pages.campaigns.workshop_forms import DATE
from allant.targeting import engine_postgres

LARGEST_FILE = 50_000
BADGES = {"planned": "info", "started": "success", "ended": "new"}


class ExtensionForm(forms.Form):
    """Départements typed, pasted, or in a file; from a day, or planned only. `codes` holds them once the form is valid."""

    typed = forms.CharField(
        label="Départements", required=False, max_length=3_000,
        help_text="Codes ou noms, séparés par des virgules ou à la ligne : 01, Aisne, Corse du sud.",
        widget=forms.Textarea(attrs={"class": "fr-input", "rows": 4}),
    )  # fmt: skip
    file = forms.FileField(
        label="ou un fichier texte", required=False, help_text="Un département par ligne, en UTF-8.",
        widget=forms.FileInput(attrs={"class": "fr-upload", "accept": ".txt,.csv,text/plain,text/csv"}),
    )  # fmt: skip
    starts_on = forms.DateField(label="À partir du", required=False, help_text="Vide : prévus, sans date.", widget=DATE)

    def clean_file(self) -> str:
        """The text of the file."""
        file: UploadedFile | None = self.cleaned_data["file"]
        if file is None:
            return ""
        if (file.size or 0) > LARGEST_FILE:
            raise forms.ValidationError(f"Fichier trop grand : {LARGEST_FILE} octets au plus.")
        try:
            return file.read().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise forms.ValidationError("Ce fichier n'est pas un texte en UTF-8 : enregistrez-le en UTF-8.") from error

    def clean(self) -> dict[str, Any]:
        """The codes of what was typed and of the file together."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        self.codes: list[str] = []
        if not self.errors:
            try:
                self.codes = read_departements(f"{values.get('typed', '')}\n{values.get('file', '')}")
            except UnknownDepartements as unknown:
                self.add_error("typed", str(unknown))
        return values


class DatesForm(forms.Form):
    """When it runs in one département."""

    starts_on = forms.DateField(required=False)
    ends_on = forms.DateField(required=False)


@requires(Role.CAMPAIGN_MANAGER)
@require_http_methods(["GET", "HEAD", "POST"])
def territories(request: HttpRequest, slug: str) -> HttpResponse:
    """The départements with their state and dates, the people of the target in each, the comparison; extend by a list."""
    campaign, today = get_object_or_404(Campaign, slug=slug), clock.today()
    form = ExtensionForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        starts_on = form.cleaned_data["starts_on"]
        changed = add_territories(campaign, form.codes, starts_on=starts_on, by=str(actor_of(request)))
        kept = len(form.codes) - changed
        said = f"{changed} départements ajoutés ou datés."
        messages.success(request, said + (f" {kept} y étaient déjà." if kept else ""))
        return redirect("territories", slug=slug)
    book = rules.as_known_on(today)
    names = departements()
    found = engine_postgres.breakdown(campaign.current_target.on(today), "departement")
    rows = [
        (row, names[row.departement_code].name, _badge(row, today), found.get(row.departement_code, 0))
        for row in campaign.territories.all()
    ]
    context = {
        "title": "Départements de la campagne",
        "trail": [("Campagnes", reverse("campaigns")), (campaign.title, reverse("campaign", kwargs={"slug": slug}))],
        "campaign": campaign, "today": today, "form": form, "rows": rows,
        "counts": [(label, sum(state_on(row, today) == state for row, *_ in rows)) for state, label in STATES.items()],
        "cohorts": [(each, ", ".join(names[code].name for code in each.departements)) for each in cohorts(campaign, today, book)],
        "confidence": book.value("targeting.effect_confidence", today),
    }  # fmt: skip
    return render(request, "campaigns/territories.html", context, status=422 if form.errors else 200)


@requires(Role.CAMPAIGN_MANAGER)
@require_POST
def date_one(request: HttpRequest, slug: str, departement: str) -> HttpResponse:
    """Set when it runs in one département."""
    row = get_object_or_404(CampaignTerritory, campaign__slug=slug, departement_code=departement)
    form = DatesForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Date illisible : donnez-la sous la forme AAAA-MM-JJ. Rien n'a été changé.")
        return redirect("territories", slug=slug)
    try:
        date_territory(row, **form.cleaned_data, on=clock.today(), by=str(actor_of(request)))
    except TerritoryRefused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, f"Dates enregistrées : {departements()[departement].name}.")
    return redirect("territories", slug=slug)


def _badge(row: CampaignTerritory, today: Any) -> Badge:
    state = state_on(row, today)
    return Badge(STATES[state].capitalize(), BADGES[state])

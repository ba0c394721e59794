"""The period of a campaign's figures."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms

from allant.campaigns.contact_figures import LONGEST
from allant.campaigns.models import Campaign
from allant.pages.campaigns.workshop_forms import DATE


class PeriodForm(forms.Form):
    """From a day to another, both included; nothing typed: from the opening of the campaign to today."""

    du = forms.DateField(label="Du", required=False, widget=DATE)
    au = forms.DateField(label="Au", required=False, widget=DATE)

    def __init__(self, *args: Any, campaign: Campaign, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.campaign, self.today = campaign, today

    @property
    def first(self) -> date:
        """The first day. Of a valid form only."""
        asked: date | None = self.cleaned_data.get("du")
        return asked or min(self.campaign.starts_on, self.last)

    @property
    def last(self) -> date:
        """The last day, included. Of a valid form only."""
        asked: date | None = self.cleaned_data.get("au")
        return asked or self.today

    def clean(self) -> dict[str, Any]:
        """In order, and no longer than can be read."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        self.cleaned_data = values
        if not self.errors and self.last < self.first:
            raise forms.ValidationError("La période finit avant de commencer : inversez les deux jours.")
        if not self.errors and self.last - self.first > LONGEST:
            raise forms.ValidationError(f"La période dépasse {LONGEST.days} jours : choisissez-en une plus courte.")
        return values

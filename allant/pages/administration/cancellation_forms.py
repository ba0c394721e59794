"""Forms of alerts and of administrative cancellations."""

from __future__ import annotations

from typing import Any

from django import forms

from allant.immunizations.mass_cancellation import RecordingWindow
from allant.pages.administration.forms import PlainForm, moment_field, reason_field


class CloseAlert(PlainForm):
    """What was decided of an alert."""

    decision = forms.CharField(
        label="Décision",
        help_text="Ce qui a été vérifié, et ce qui a été fait ; sans nom d'assuré.",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Écrivez la décision : elle est conservée avec l'alerte."},
    )


class WindowForm(PlainForm):
    """What an account recorded between two moments."""

    actor = forms.CharField(label="Compte", max_length=200, help_text="Identifiant du compte, comme au journal des accès.")
    start = moment_field("Depuis")
    end = moment_field("Jusqu'à", "Cet instant est exclu.")
    reason = reason_field()

    def clean(self) -> dict[str, Any]:
        """The end comes after the start."""
        values: dict[str, Any] = super().clean() or {}
        if values.get("start") and values.get("end") and values["start"] >= values["end"]:
            self.add_error("end", "La fin précède le début : corrigez l'une des deux.")
        return values

    @property
    def window(self) -> RecordingWindow:
        """The account and the period asked."""
        return RecordingWindow(
            actor=self.cleaned_data["actor"], start=self.cleaned_data["start"], end=self.cleaned_data["end"]
        )


class DoseCancellation(PlainForm):
    """Why one dose is cancelled."""

    reason = reason_field()


class Confirmation(forms.Form):
    """The second step: how many were read, and that it cannot be undone."""

    expected = forms.IntegerField(min_value=1)
    agreed = forms.BooleanField(
        error_messages={"required": "Cochez la case pour confirmer : l'annulation ne peut pas être défaite."}
    )

    @property
    def first_error(self) -> str:
        """What to do, when the form cannot be taken."""
        return next((str(error) for errors in self.errors.values() for error in errors), "")

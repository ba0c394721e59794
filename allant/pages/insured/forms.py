"""What an insured person types."""

from __future__ import annotations

from django import forms

from allant.people import matricule


class SecondProof(forms.Form):
    """The person's own number. It travels in the body of a POST, so that no address and no server log holds it."""

    number = forms.CharField(
        label="Votre numéro de sécurité sociale",
        help_text="15 caractères avec la clé, comme sur votre carte Vitale. Les espaces sont ignorés.",
        max_length=30,
        error_messages={"required": "Aucun numéro saisi : recopiez celui de votre carte Vitale."},
        widget=forms.TextInput(
            attrs={"class": "fr-input", "autocomplete": "off", "spellcheck": "false", "aria-describedby": "id_number_error"}
        ),
    )

    def clean_number(self) -> str:
        """Refuse what cannot be a number, saying what was seen."""
        typed: str = self.cleaned_data["number"]
        verdict = matricule.parse(typed)
        if not verdict.valid:
            raise forms.ValidationError(list(verdict.reasons))
        return typed

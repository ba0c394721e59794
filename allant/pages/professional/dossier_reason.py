"""The written reason that a correction or a cancellation asks for: it is kept with the act (VC-25, VC-36)."""

from __future__ import annotations

from typing import Any

from django import forms

from allant.pages.professional.dossier_form import DossierForm


class ReasonForm(DossierForm):
    """One field, mandatory."""

    reason = forms.CharField(
        label="Motif de la modification",
        help_text="Il est conservé avec l’ancienne version. N’y écrivez ni nom ni numéro.",
        max_length=200,
        error_messages={"required": "Motif absent : écrivez pourquoi la saisie change."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, prefix="pourquoi", **kwargs)
        self.fields["reason"].widget.attrs |= {"autofocus": "", "autocomplete": "off"}
        self.ready()

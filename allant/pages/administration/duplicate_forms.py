"""Forms of decisions on duplicates."""

from __future__ import annotations

from typing import Any

from django import forms

from allant.pages.administration.forms import PlainForm, reason_field
from allant.people.models import DuplicateCandidate


class PairDecision(PlainForm):
    """Which record is kept, or that they are two persons: nothing is chosen beforehand."""

    decision = forms.ChoiceField(
        label="Une personne, ou deux ?", widget=forms.RadioSelect, error_messages={"required": "Choisissez une décision."}
    )
    reason = reason_field()

    def __init__(self, *args: Any, pair: DuplicateCandidate, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["decision"].choices = [  # type: ignore[attr-defined]
            (str(pair.first_id), f"Une seule personne : garder la fiche {pair.first_id}"),
            (str(pair.second_id), f"Une seule personne : garder la fiche {pair.second_id}"),
            ("different", "Deux personnes différentes"),
            ("later", "Je ne peux pas encore décider : revoir plus tard"),
        ]


class Undoing(PlainForm):
    """Why a decision is taken back."""

    decision = forms.ChoiceField(choices=[("undo", "Annuler")], widget=forms.HiddenInput, initial="undo")
    reason = reason_field()

    def __init__(self, *args: Any, pair: DuplicateCandidate, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)

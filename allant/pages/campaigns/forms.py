"""Finding one person in a campaign."""

from __future__ import annotations

from typing import Any

from django import forms

from allant.campaigns.codes import Mistyped
from allant.campaigns.reads import invitation_of_code
from allant.people import matricule
from allant.people.models import Person

BY_CODE, BY_MATRICULE = "code", "matricule"


class PersonSearch(forms.Form):
    """A matricule or a targeting code. It travels in the body of a POST, so that no address and no server log holds it."""

    value = forms.CharField(
        label="Matricule ou code de ciblage",
        help_text="13 caractères, ou 15 avec la clé, pour un matricule ; 12 caractères pour un code. Les espaces sont ignorés.",
        max_length=40,
        widget=forms.TextInput(attrs={"class": "fr-input", "autocomplete": "off", "spellcheck": "false"}),
    )

    def clean_value(self) -> str:
        """Refuse what can be neither, saying what was seen; find the person otherwise."""
        typed: str = self.cleaned_data["value"]
        compact = "".join(character for character in typed if character.isalnum())
        self.person = self._by_code(typed) if len(compact) == 12 else self._by_matricule(typed)
        return typed

    def _by_code(self, typed: str) -> Person:
        try:
            invitation = invitation_of_code(typed)
        except Mistyped as error:
            raise forms.ValidationError(str(error)) from error
        if invitation is None:
            raise forms.ValidationError("Aucune invitation en cours ne porte ce code.")
        return invitation.person.merged_into or invitation.person

    def _by_matricule(self, typed: str) -> Person:
        verdict = matricule.parse(typed)
        if not verdict.valid:
            raise forms.ValidationError(list(verdict.reasons))
        person: Person | None = Person.objects.with_matricule(typed).select_related("merged_into").first()
        if person is None:
            raise forms.ValidationError("Aucune personne ne porte ce matricule dans le registre.")
        return person.merged_into or person

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person: Person | None = None

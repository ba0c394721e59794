"""Forms of representations: who represents, by what right and until when; how one ends."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms

from allant.pages.identity.forms import NumberSearch, PlainForm, day_field
from allant.people.models import Person, RepresentationKind, RepresentationSource


class RepresentedSearch(NumberSearch):
    """The number of the person represented, or of the ouvrant droit they are attached to."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["number"].label = "Matricule de la personne à représenter"
        self.fields["number"].help_text = "Le sien, ou celui de son ouvrant droit : 13 caractères, ou 15 avec la clé."


class NewRepresentation(NumberSearch):
    """A representation to write; once valid, `representative` is the bearer of the number."""

    kind = forms.ChoiceField(
        label="Qualité", choices=[("", "Choisissez"), *RepresentationKind.choices],
        error_messages={"required": "Choisissez la qualité du représentant."},
    )  # fmt: skip
    source = forms.ChoiceField(
        label="Connue par", choices=[("", "Choisissez"), *RepresentationSource.choices],
        error_messages={"required": "Choisissez la pièce qui l'établit."},
    )  # fmt: skip
    starts_on = day_field("Depuis le", required=False, help_text="Vide : depuis toujours, comme un parent.")
    ends_on = day_field(
        "Prend fin le", required=False, help_text="À partir de ce jour, plus rien n'est ouvert. Vide : sans fin connue."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.representative: Person | None = None
        self.fields["number"].label = "Matricule du représentant"
        self.fields["number"].help_text = "Son propre numéro : 13 caractères, ou 15 avec la clé."

    def clean_number(self) -> str:
        """13 characters borne by one person."""
        value = super().clean_number()
        records = Person.objects.with_matricule(value).select_related("merged_into")
        standing = {one.pk: one for one in (record.merged_into or record for record in records)}
        if not standing:
            raise forms.ValidationError("Personne ne porte ce matricule au registre : vérifiez-le chiffre par chiffre.")
        if len(standing) > 1:
            raise forms.ValidationError("Plusieurs fiches portent ce matricule : faites d'abord examiner ce doublon.")
        (self.representative,) = standing.values()
        return value


class EndForm(PlainForm):
    """The measure ended, or it was typed by mistake; and why."""

    decision = forms.ChoiceField(
        label="Que s'est-il passé ?",
        choices=[
            ("", "Choisissez"),
            ("end", "La mesure ou l'autorité prend fin"),
            ("withdraw", "Elle a été inscrite par erreur : la retirer"),
        ],
        error_messages={"required": "Choisissez ce qui s'est passé."},
    )
    ends_on = day_field("Prend fin le", required=False, help_text="À partir de ce jour, plus rien n'est ouvert.")
    reason = forms.CharField(
        label="Motif", max_length=200, help_text="Conservé dans l'historique ; sans nom ni numéro d'assuré.",
        error_messages={"required": "Écrivez le motif : il est conservé dans l'historique."},
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """An end has its day."""
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if given.get("decision") == "end" and not given.get("ends_on") and "ends_on" not in self.errors:
            self.add_error("ends_on", "Donnez le jour où elle prend fin.")
        return given

    @property
    def ends(self) -> date | None:
        """The day it ends, or None when it is withdrawn."""
        return self.cleaned_data["ends_on"] if self.cleaned_data["decision"] == "end" else None

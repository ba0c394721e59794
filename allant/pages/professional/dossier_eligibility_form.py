"""Tab 1: what the declarant says (VC-20 to VC-22). The action judges it; the form reads it and shows the refusals."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from typing import Any

from django import forms

from allant.doctrine import RuleBook
from allant.pages.professional.dossier_date import TypedDateField
from allant.pages.professional.dossier_form import DossierForm
from allant.pages.professional.dossier_lists import choices, professions
from allant.vaccination.eligibility import Declaration
from allant.vaccination.models import EligibilityDeclaration

YES, NO = "oui", "non"


class EligibilityForm(DossierForm):
    """One field for each of `Declaration`. `source_key` names this sending (VC-39)."""

    source_key = forms.UUIDField(widget=forms.HiddenInput)
    declarant_prescribes = forms.ChoiceField(
        label="Le déclarant est-il le prescripteur de la vaccination ?",
        choices=[(YES, "Oui"), (NO, "Non")],
        widget=forms.RadioSelect,
        error_messages={"required": "Répondez par oui ou par non."},
    )
    prescribed_on = TypedDateField(label="Date de l’ordonnance", required=False)
    prescriber_family_name = forms.CharField(label="Nom du prescripteur", max_length=100, required=False)
    prescriber_given_names = forms.CharField(label="Prénoms du prescripteur", max_length=200, required=False)
    prescriber_rpps = forms.CharField(
        label="RPPS du prescripteur", help_text="Onze chiffres, s’il figure sur l’ordonnance.", max_length=40, required=False
    )
    prescriber_profession = forms.ChoiceField(label="Profession du prescripteur", required=False)
    patient_activity = forms.ChoiceField(
        label="Si le patient est professionnel de santé, son activité principale", required=False
    )
    declared_situations = forms.MultipleChoiceField(
        label="Situation du patient", required=False, widget=forms.CheckboxSelectMultiple
    )
    patient_accepts = forms.BooleanField(label="Le patient accepte d’entrer dans le processus de vaccination.", required=False)
    patient_informed = forms.BooleanField(
        label="J’accepte les conditions de transmission des données, et j’ai informé le patient de leur traitement.",
        required=False,
    )

    PRESCRIBER = ("prescriber_family_name", "prescriber_given_names", "prescriber_rpps", "prescriber_profession")
    NEEDED = ("prescribed_on", "patient_accepts", "patient_informed", "prescriber_family_name", "prescriber_given_names")

    def __init__(self, *args: Any, book: RuleBook, on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["prescriber_profession"].choices = professions(book, on)  # type: ignore[attr-defined]
        activities = choices(book, on, "patient_activities", "Le patient n’est pas professionnel de santé")
        self.fields["patient_activity"].choices = activities  # type: ignore[attr-defined]
        self.fields["declared_situations"].choices = choices(book, on, "declared_situations")[1:]  # type: ignore[attr-defined]
        for name in (*self.NEEDED, "prescriber_profession"):
            self.fields[name].mandatory = True  # type: ignore[attr-defined]

    def clean_prescriber_rpps(self) -> str:
        """Spaces between digits are those of the paper."""
        return "".join(str(self.cleaned_data["prescriber_rpps"]).split())

    @property
    def prescriber_fields(self) -> list[forms.BoundField]:
        """What is copied from the prescription of someone else."""
        return [self[name] for name in self.PRESCRIBER]

    def told(self) -> dict[str, Any]:
        """What the form says of the patient so far, for the priority category to be shown; only what its lists know."""
        listed = {code for code, _ in self.fields["declared_situations"].choices}  # type: ignore[attr-defined]
        declared = [code for code in self["declared_situations"].value() or () if code in listed]
        return {"declared": declared, "activity": str(self["patient_activity"].value() or "")}

    def declaration(self) -> Declaration:
        """The content as the action takes it; a date that could not be read is none."""
        data = {name: self.cleaned_data.get(name) for name in (item.name for item in fields(Declaration))}
        data["declarant_prescribes"] = data["declarant_prescribes"] == YES
        data["declared_situations"] = tuple(data["declared_situations"] or ())
        texts = {name: data[name] or "" for name in (*self.PRESCRIBER, "patient_activity")}
        return Declaration(**{**data, **texts})  # type: ignore[arg-type]


def initial_of(declared: EligibilityDeclaration) -> dict[str, Any]:
    """The form of a declaration already validated, for its correction; the two ticks are to be made again."""
    values = {item.name: getattr(declared, item.name) for item in fields(Declaration)}
    values |= {"declarant_prescribes": YES if declared.declarant_prescribes else NO}
    return {name: value for name, value in values.items() if name not in ("patient_accepts", "patient_informed")}

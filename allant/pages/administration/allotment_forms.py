"""Forms of allotments and of what becomes of orders."""

from __future__ import annotations

from datetime import date

from django import forms

from allant.geography import departements
from allant.pages.administration.forms import PlainForm, day_field
from allant.pages.administration.lot_forms import VACCINES
from allant.supply.models import OrderStep
from allant.supply.ordering import monday_of


class AllotmentForm(PlainForm):
    """What each doctor may order of a vaccine for a week."""

    vaccine = forms.ChoiceField(label="Vaccin", choices=[("", "Choisir"), *VACCINES])
    week = day_field("Semaine de livraison", help_text="N'importe quel jour de la semaine : son lundi est retenu.")
    departement_code = forms.ChoiceField(
        label="Département", required=False, help_text="Vide : tous. L'allocation d'un département y remplace la nationale."
    )
    vials_per_doctor = forms.IntegerField(label="Flacons par médecin", min_value=0, max_value=1000)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        choices = [(item.code, f"{item.code} {item.name}") for item in departements().values()]
        self.fields["departement_code"].choices = [("", "Tous les départements"), *choices]  # type: ignore[attr-defined]
        self.fields["vials_per_doctor"].widget.attrs["inputmode"] = "numeric"

    def clean_week(self) -> date:
        """The Monday of the day given."""
        return monday_of(self.cleaned_data["week"])


class StepForm(PlainForm):
    """A step for one order, or for all those of the week that wait for it."""

    order = forms.IntegerField(required=False, min_value=1)
    step = forms.ChoiceField(choices=OrderStep.choices)
    reason = forms.CharField(required=False, max_length=200)

"""The order form of a doctor (VC-53)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse_lazy

from allant.directory.models import Practitioner
from allant.geography import Place
from allant.pages.professional.places import label, resolve
from allant.supply.models import Allotment, DoseOrder


class OrderForm(forms.Form):
    """Vials of one allotment, to one pharmacy. `key` names this sending of the form: sent twice, it is one order."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    allotment = forms.ChoiceField(
        label="Vaccin et semaine de livraison",
        widget=forms.Select(attrs={"class": "fr-select"}),
        error_messages={
            "required": "Choisissez le vaccin et la semaine.",
            "invalid_choice": "Cette allocation n'est pas ouverte : choisissez-en une de la liste.",
        },
    )
    vials = forms.IntegerField(
        label="Nombre de flacons",
        min_value=1,
        max_value=1000,
        widget=forms.NumberInput(attrs={"class": "fr-input", "inputmode": "numeric"}),
    )
    pharmacy = forms.CharField(
        label="Pharmacie de livraison",
        max_length=200,
        help_text="Son nom ; la liste propose celles qui sont connues.",
        widget=forms.TextInput(
            attrs={
                "class": "fr-input",
                "data-combobox-url": reverse_lazy("teleservice_places"),
                "data-combobox-with": "kind:place_kind",
            }
        ),
    )
    postcode = forms.CharField(
        label="Code postal et commune de la pharmacie",
        max_length=80,
        help_text="Par exemple 35000 Rennes.",
        widget=forms.TextInput(attrs={"class": "fr-input", "data-combobox-url": reverse_lazy("teleservice_places")}),
    )
    commune_code = forms.CharField(required=False, max_length=5, widget=forms.HiddenInput)

    def __init__(self, *args: Any, allotments: list[Allotment], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._allotments = {str(one.pk): one for one in allotments}
        choices = [("", "Choisir"), *((key, str(one)) for key, one in self._allotments.items())]
        self.fields["allotment"].choices = choices  # type: ignore[attr-defined]

    def clean_allotment(self) -> Allotment:
        """The allotment chosen, among those open today."""
        return self._allotments[self.cleaned_data["allotment"]]

    def clean(self) -> dict[str, Any]:
        """The commune in plain words, or chosen in the list: `commune` is its place."""
        values: dict[str, Any] = super().clean() or {}
        if typed := values.get("postcode"):
            found = resolve(typed, values.get("commune_code", ""))
            if len(found) == 1:
                values["commune"] = found[0]
            else:
                self.add_error("postcode", self._several(found))
        return values

    @staticmethod
    def _several(found: list[Place]) -> str:
        if not found:
            return "Commune inconnue : saisissez le code postal et le nom, par exemple 35000 Rennes."
        return f"Plusieurs communes : précisez laquelle. {' ; '.join(label(place) for place in found[:5])}."


class Cancelling(forms.Form):
    """Why an order is cancelled."""

    reason = forms.CharField(max_length=200)


def pharmacy_used_last(doctor: Practitioner) -> dict[str, str]:
    """The pharmacy of the doctor's last order, as values of the form."""
    last = DoseOrder.objects.filter(practitioner=doctor).select_related("pharmacy").order_by("-pk").first()
    if last is None:
        return {}
    place = last.pharmacy
    communes = [label(found) for found in resolve(place.postcode, place.commune_code) if found.code == place.commune_code]
    return {"pharmacy": place.name, "postcode": communes[0] if communes else "", "commune_code": place.commune_code}

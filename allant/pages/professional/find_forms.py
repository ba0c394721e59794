"""The forms of finding a patient: manual entry of an unknown one, the N°AM of a place."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.urls import reverse_lazy

from allant import geography
from allant.pages.professional.places import label, resolve
from allant.people.models import Sex
from allant.people.registration import NewPerson, RegistrationRefused, check_entry, doubts_about, read_phone

DATES = ("%d/%m/%Y", "%d%m%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y-%m-%d")
PLAIN = {"class": "fr-input", "autocomplete": "off", "spellcheck": "false"}
REQUIRED = "Champ à compléter."


class NewPatientForm(forms.Form):
    """A patient whose number is unknown (VC-13): 1. identity, 2. contact details.

    Without the script, a locality that means several communes comes back as a list to choose from (`choices`).
    """

    family_name = forms.CharField(label="Nom de naissance", max_length=100, widget=forms.TextInput(PLAIN))
    given_names = forms.CharField(label="Prénoms", max_length=200, widget=forms.TextInput(PLAIN))
    birth_date = forms.DateField(
        label="Date de naissance",
        help_text="Jour, mois, année : 05/11/1948 ou 05111948.",
        input_formats=DATES,
        widget=forms.DateInput({**PLAIN, "inputmode": "numeric"}, format="%d/%m/%Y"),
        error_messages={"invalid": "Date illisible : huit chiffres attendus, jour, mois, année, par exemple 05/11/1948."},
    )
    birth_rank = forms.IntegerField(
        label="Rang de naissance",
        help_text="1, sauf pour des jumeaux ou triplés : 1 pour la première personne, 2 pour son jumeau, 3 pour son triplé.",
        initial=1,
        widget=forms.TextInput({**PLAIN, "inputmode": "numeric"}),
        error_messages={"invalid": "Rang illisible : un chiffre de 1 à 9 attendu."},
    )
    sex = forms.ChoiceField(label="Sexe", choices=Sex.choices, widget=forms.RadioSelect)
    locality = forms.CharField(
        label="Code postal ou localité",
        help_text="Dès deux caractères, choisissez la localité dans la liste.",
        max_length=80,
        widget=forms.TextInput({
            **PLAIN,
            "data-combobox-url": reverse_lazy("teleservice_places"),
            "data-combobox-empty": "Aucune localité de ce nom ou de ce code postal.",
        }),
    )  # fmt: skip
    commune_code = forms.CharField(required=False, max_length=5, widget=forms.HiddenInput)
    phone = forms.CharField(
        label="Téléphone", required=False, max_length=30, widget=forms.TextInput({**PLAIN, "type": "tel", "inputmode": "tel"})
    )
    email = forms.EmailField(
        label="Adresse électronique",
        required=False,
        max_length=254,
        widget=forms.EmailInput(PLAIN),
        error_messages={"invalid": "Adresse électronique incomplète : nom@domaine.fr attendu."},
    )
    confirmed = forms.BooleanField(label="J’ai vérifié le numéro de sécurité sociale avec le patient ou sa carte", required=False)

    def __init__(self, number: str, on: date, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        self.number, self.on = number, on
        self.choices: list[tuple[str, str]] = []
        self.doubts: list[str] = []
        self.use_required_attribute = False
        for name, field in self.fields.items():
            field.error_messages["required"] = REQUIRED
            if not field.required and name in {"phone", "email"}:
                field.label = f"{field.label} (facultatif)"

    def clean_phone(self) -> str:
        """As the register keeps it."""
        typed: str = self.cleaned_data["phone"]
        try:
            return read_phone(typed) if typed else ""
        except RegistrationRefused as refused:
            raise forms.ValidationError(str(refused)) from refused

    def clean(self) -> dict[str, Any]:
        """Find the commune; hold the entry back once when it disagrees with the number."""
        data = self.cleaned_data
        if data.get("locality"):
            self._settle_place(data["locality"], data.get("commune_code", ""))
        if not self.errors:
            self._check_entry()
        if not self.errors:
            self.doubts = doubts_about(self.new_person())
            if self.doubts and not data.get("confirmed"):
                self.add_error("confirmed", "Vérifiez le numéro, puis cochez cette case pour enregistrer malgré tout.")
        return data

    def new_person(self) -> NewPerson:
        """What was typed, once it is valid."""
        data = self.cleaned_data
        return NewPerson(
            number=self.number,
            family_name=data["family_name"],
            given_names=data["given_names"],
            birth_date=data["birth_date"],
            sex=data["sex"],
            birth_rank=data["birth_rank"],
            postcode=self.place.postcode,
            commune_code=self.place.code,
            departement_code=self.place.departement,
            phone=data["phone"],
            email=data["email"],
        )

    def _check_entry(self) -> None:
        try:
            check_entry(self.new_person(), self.on)
        except RegistrationRefused as refused:
            self.add_error(refused.field if refused.field in self.fields else None, str(refused))

    def _settle_place(self, typed: str, code: str) -> None:
        found = resolve(typed, code)
        if len(found) == 1:
            self.place: geography.Place = found[0]
        elif not found:
            self.add_error("locality", "Localité inconnue : vérifiez le code postal ou les premières lettres du nom.")
        else:
            self.choices = [(place.code, label(place)) for place in found]
            self.add_error("locality", "Plusieurs localités répondent à cette saisie : choisissez dans la liste ci-dessous.")


class AmNumberForm(forms.Form):
    """The N°AM at one place of activity: nine digits, or nothing to forget it."""

    am_number = forms.RegexField(
        r"^\d{9}$",
        label="N°AM à ce lieu d’exercice",
        help_text="Neuf chiffres, comme sur vos feuilles de soins.",
        required=False,
        strip=True,
        widget=forms.TextInput({**PLAIN, "inputmode": "numeric"}),
        error_messages={"invalid": "N°AM refusé : neuf chiffres attendus, sans espace ni lettre."},
    )

"""What one says to search and to book."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from allant.people.registration import RegistrationRefused, read_phone


class SearchForm(forms.Form):
    """A town, an age, a first day; nothing here names a person, so that it may stand in the address."""

    town = forms.CharField(label="Commune ou code postal", max_length=60, required=False)
    commune = forms.CharField(max_length=5, required=False, widget=forms.HiddenInput)
    age = forms.IntegerField(
        label="Âge de la personne à vacciner", min_value=0, max_value=120, required=False,
        error_messages={"invalid": "Écrivez l'âge en chiffres, par exemple 76.", "max_value": "Vérifiez l'âge."},
    )  # fmt: skip
    day = forms.DateField(label="À partir du", required=False, error_messages={"invalid": "Date illisible : jour/mois/année."})
    last = forms.DateField(label="Jusqu'au", required=False, error_messages={"invalid": "Date illisible : jour/mois/année."})
    accessible = forms.BooleanField(label="Accessible en fauteuil roulant", required=False)

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        for name in ("town", "age"):
            self.fields[name].widget.attrs["class"] = "fr-input"
        self.fields["town"].widget.attrs |= {"autocomplete": "postal-code"}
        self.fields["age"].widget.attrs |= {"inputmode": "numeric"}
        for name in ("day", "last"):
            self.fields[name].widget = forms.DateInput({"class": "fr-input", "type": "date"}, format="%Y-%m-%d")
            self.fields[name].input_formats = ["%Y-%m-%d", "%d/%m/%Y"]

    def clean(self) -> dict[str, Any]:
        """A range that is one."""
        found: dict[str, Any] = super().clean() or {}
        if found.get("day") and found.get("last") and found["last"] < found["day"]:
            self.add_error("last", "Cette date est avant la première : vérifiez les deux.")
        return found


class BookingForm(forms.Form):
    """Who comes, and how to tell them."""

    family_name = forms.CharField(label="Nom", max_length=100)
    given_names = forms.CharField(label="Prénoms", max_length=200)
    birth_date = forms.DateField(
        label="Date de naissance", input_formats=["%d/%m/%Y", "%Y-%m-%d"], help_text="Par exemple 23/05/1945",
        error_messages={"invalid": "Date illisible : écrivez jour/mois/année, par exemple 23/05/1945."},
    )  # fmt: skip
    email = forms.EmailField(
        label="Courriel", required=False, error_messages={"invalid": "Adresse illisible, par exemple nom@exemple.fr."}
    )
    mobile = forms.CharField(label="Mobile", max_length=20, required=False, help_text="Par exemple 06 39 98 12 34")
    code = forms.CharField(
        label="Code reçu par courrier ou SMS, si vous en avez un", max_length=20, required=False,
        help_text="12 lettres et chiffres ; il relie le rendez-vous à votre invitation",
    )  # fmt: skip
    key = forms.UUIDField(widget=forms.HiddenInput)
    both = forms.BooleanField(required=False)
    second = forms.IntegerField(required=False, widget=forms.HiddenInput)
    origin = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *arguments: Any, today: date, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.today = today
        words = {
            "family_name": "family-name", "given_names": "given-name", "birth_date": "bday", "email": "email", "mobile": "tel",
            "code": "off",
        }  # fmt: skip
        for name, word in words.items():
            field = self.fields[name]
            field.widget.attrs |= {"class": "fr-input", "autocomplete": word, "aria-describedby": f"id_{name}_error"}
            if field.required:
                field.error_messages["required"] = f"{field.label} : à remplir."

    def clean_birth_date(self) -> date:
        """A day that has been."""
        value: date = self.cleaned_data["birth_date"]
        if not date(1895, 1, 1) <= value <= self.today:
            raise ValidationError("Cette date de naissance n'est pas possible : vérifiez l'année.")
        return value

    def clean_email(self) -> str:
        """In small letters: one address is one, however it is typed."""
        return str(self.cleaned_data["email"]).lower()

    def clean_mobile(self) -> str:
        """A telephone number, as the register writes it."""
        typed: str = self.cleaned_data["mobile"].strip()
        try:
            return read_phone(typed) if typed else ""
        except RegistrationRefused as wrong:
            raise ValidationError(str(wrong)) from wrong

    def clean(self) -> dict[str, Any]:
        """One way to be told at least."""
        found: dict[str, Any] = super().clean() or {}
        if not self.errors and not found.get("email") and not found.get("mobile"):
            self.add_error("email", "Indiquez un courriel ou un mobile : nous y envoyons la confirmation.")
        return found

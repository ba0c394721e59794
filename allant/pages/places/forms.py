"""What one says of a place, of an opening, of a closure."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from allant.appointments.models import Place, Schedule, Service
from allant.appointments.places import Opening, PlaceEntry
from allant.directory.models import Organisation
from allant.doctrine import RuleBook
from allant.geography import find, fold
from allant.people.registration import RegistrationRefused, read_phone
from allant.vaccination.products import given_in

WEEKDAYS = ((1, "Lundi"), (2, "Mardi"), (3, "Mercredi"), (4, "Jeudi"), (5, "Vendredi"), (6, "Samedi"), (7, "Dimanche"))


class _Form(forms.Form):
    """Fields in the look of the site; what is missing is said with the name of the field."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        for name, field in self.fields.items():
            if not isinstance(field.widget, forms.CheckboxInput):
                look = "fr-select" if isinstance(field.widget, forms.Select) else "fr-input"
                field.widget.attrs |= {"class": look, "aria-describedby": f"id_{name}_error"}
            if field.required:
                field.error_messages["required"] = f"{field.label} : à remplir."


def _day(label: str, **options: Any) -> forms.DateField:
    return forms.DateField(
        label=label, input_formats=["%Y-%m-%d", "%d/%m/%Y"], widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "Date illisible : jour/mois/année."}, **options,
    )  # fmt: skip


def _number(label: str, least: int, most: int, **options: Any) -> forms.IntegerField:
    wrong = f"{label} : un nombre de {least} à {most}."
    return forms.IntegerField(
        label=label, min_value=least, max_value=most, widget=forms.TextInput({"inputmode": "numeric"}),
        error_messages={"invalid": wrong, "min_value": wrong, "max_value": wrong}, **options,
    )  # fmt: skip


def _degrees(label: str, most: int) -> forms.FloatField:
    wrong = f"{label} : des degrés décimaux, par exemple 48,1120."
    return forms.FloatField(
        label=label, required=False, min_value=-most, max_value=most, localize=True,
        widget=forms.TextInput({"inputmode": "decimal"}),
        error_messages={"invalid": wrong, "min_value": wrong, "max_value": wrong},
    )  # fmt: skip


class PlaceForm(_Form):
    """A place; its kind, name and commune are entered once."""

    kind = forms.ChoiceField(label="Nature du lieu", error_messages={"invalid_choice": "Choisissez la nature dans la liste."})
    name = forms.CharField(label="Nom du lieu", max_length=200)
    town = forms.CharField(label="Code postal et commune", max_length=60, help_text="Par exemple 35000 Rennes")
    organisation = forms.CharField(
        label="Code de la structure qui tient le lieu", max_length=32, required=False,
        help_text="Ses professionnels ou agents verront qui vient.",
    )  # fmt: skip
    address = forms.CharField(label="Adresse", max_length=200, required=False)
    latitude = _degrees("Latitude", 90)
    longitude = _degrees("Longitude", 180)
    phone = forms.CharField(label="Téléphone", max_length=20, required=False)
    opening = forms.CharField(label="Horaires d'ouverture", max_length=200, required=False)
    accessible = forms.BooleanField(label="Accessible en fauteuil roulant", required=False)
    books_second = forms.BooleanField(label="Le second rendez-vous se prend ici avec le premier", required=False)

    def __init__(self, *arguments: Any, kinds: list[tuple[str, str]], place: Place | None, manager: bool, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.place = place
        self.fields["kind"].choices = kinds
        if place is not None:
            for name in ("kind", "name", "town", "organisation"):
                del self.fields[name]
        elif not manager:
            del self.fields["organisation"]

    def clean_town(self) -> tuple[str, str]:
        """(postcode, commune code) of the one commune that the words mean."""
        words = self.cleaned_data["town"].split()
        code = words[0] if words and words[0].isdigit() and len(words[0]) == 5 else ""
        name = fold(" ".join(words[1:] if code else words))
        found = [each for each in find(code or name, 100) if fold(each.name).startswith(name)]
        exact = [each for each in found if fold(each.name) == name] or found
        if len(exact) == 1:
            return exact[0].postcode, exact[0].code
        if not exact:
            raise ValidationError("Commune inconnue : vérifiez l'orthographe et le code postal.")
        known = ", ".join(f"{each.postcode} {each.name}" for each in exact[:6])
        raise ValidationError(f"Plusieurs communes portent ces mots : écrivez par exemple {known}.")

    def clean_organisation(self) -> Organisation | None:
        """The structure of a code."""
        code = self.cleaned_data["organisation"].strip()
        found = Organisation.objects.filter(code=code).first() if code else None
        if code and found is None:
            raise ValidationError("Aucune structure ne porte ce code : vérifiez-le, ou laissez la case vide.")
        return found

    def clean_phone(self) -> str:
        """A telephone number, as the register writes it."""
        typed: str = self.cleaned_data["phone"].strip()
        try:
            return read_phone(typed) if typed else ""
        except RegistrationRefused as wrong:
            raise ValidationError(str(wrong)) from wrong

    @property
    def entry(self) -> PlaceEntry:
        """The place as the room reads it."""
        values = {name: value for name, value in self.cleaned_data.items() if name not in ("town", "organisation")}
        if self.place is not None:
            location = self.place.location
            values |= {name: getattr(location, name) for name in ("kind", "name", "postcode", "commune_code")}
        else:
            values["postcode"], values["commune_code"] = self.cleaned_data["town"]
        return PlaceEntry(**values)


NOT_GIVEN = "Ce vaccin n'est pas donné dans cette sorte de lieu à cette date : choisissez l'un de ceux de la liste."


class OpeningForm(_Form):
    """A weekly opening."""

    service = forms.ChoiceField(label="Pour", choices=Service.choices)
    vaccine = forms.ChoiceField(label="Vaccin", required=False, help_text="Pour une vaccination")
    weekday = forms.TypedChoiceField(label="Jour", choices=WEEKDAYS, coerce=int)
    opens_at = forms.TimeField(label="De", widget=forms.TimeInput({"type": "time"}, format="%H:%M"))
    closes_at = forms.TimeField(label="À", widget=forms.TimeInput({"type": "time"}, format="%H:%M"))
    minutes = _number("Minutes par créneau", 5, 240)
    capacity = _number("Personnes par créneau", 1, 500)
    starts_on = _day("En vigueur le")
    ends_on = _day("Jusqu'au (exclu)", required=False)

    def __init__(self, *arguments: Any, today: date, book: RuleBook, kind: str, **options: Any) -> None:
        options.setdefault("initial", {"starts_on": today, "minutes": 10, "capacity": 2, "service": str(Service.VACCINATION)})
        super().__init__(*arguments, **options)
        self.fields["vaccine"].choices = [("", "Aucun"), *((row["code"], row["label"]) for row in given_in(kind, today, book))]
        self.fields["vaccine"].error_messages["invalid_choice"] = NOT_GIVEN
        for name in ("opens_at", "closes_at"):
            self.fields[name].error_messages["invalid"] = "Heure illisible, par exemple 09:00."

    def clean(self) -> dict[str, Any]:
        """A vaccine where something is injected, and nowhere else."""
        found: dict[str, Any] = super().clean() or {}
        injects = found.get("service") == Service.VACCINATION
        if injects and not found.get("vaccine") and "vaccine" not in self.errors:
            self.add_error("vaccine", "Choisissez le vaccin de cette plage.")
        if not injects and found.get("vaccine"):
            self.add_error("vaccine", "Un vaccin ne se choisit que pour une vaccination.")
        return found

    @property
    def entry(self) -> Opening:
        """The opening as the room reads it."""
        return Opening(**self.cleaned_data)


class QuotaForm(_Form):
    """The seats of each slot kept for each audience, and when they are everybody's."""

    release_days = _number("Jours avant libération", 0, 60)

    def __init__(self, *arguments: Any, schedule: Schedule, audiences: list[tuple[str, str]], **options: Any) -> None:
        options.setdefault("initial", {"release_days": schedule.release_days} | {f"for_{code}": schedule.quotas.get(code, 0)
                                                                                 for code, _ in audiences})  # fmt: skip
        super().__init__(*arguments, **options)
        self.audiences = audiences
        for code, label in audiences:
            self.fields[f"for_{code}"] = field = _number(f"Places réservées : {label}", 0, schedule.capacity)
            field.widget.attrs |= {"class": "fr-input", "aria-describedby": f"id_for_{code}_error"}
        self.order_fields([*(f"for_{code}" for code, _ in audiences), "release_days"])

    @property
    def quotas(self) -> dict[str, int]:
        """Audience → seats."""
        return {code: self.cleaned_data[f"for_{code}"] for code, _ in self.audiences}


class ClosureForm(_Form):
    """Days on which the place is closed."""

    first = _day("Du")
    last = _day("Au (inclus)")
    reason = forms.CharField(label="Motif", max_length=200, help_text="Il est gardé avec les rendez-vous annulés.")

    def clean(self) -> dict[str, Any]:
        """In order, and not for ever."""
        found: dict[str, Any] = super().clean() or {}
        if not self.errors and not found["first"] <= found["last"] <= found["first"] + timedelta(days=370):
            self.add_error("last", "La fermeture finit avant de commencer, ou dure plus d'un an : vérifiez les dates.")
        return found


class EndForm(_Form):
    """When an opening ends, and why."""

    on = _day("Dernier jour (exclu)")
    reason = forms.CharField(label="Motif", max_length=200)

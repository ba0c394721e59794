"""What one says to the calculator."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from allant.doctrine import RuleBook, rules
from allant.recall.reading import vaccines
from allant.recall.rule import Vaccinated
from allant.vaccination.schedule import series_doses

OLDEST = date(1895, 1, 1)
FIRST_DOSE = date(2020, 12, 1)
FORMATS = ["%Y-%m-%d", "%d/%m/%Y"]
INCOMPLETE = gettext_lazy(
    "Une seule dose de ce vaccin ne suffit pas : le rappel se compte à partir de la deuxième. Indiquez sa date."
)
UNREADABLE = gettext_lazy("Date illisible : écrivez jour/mois/année, par exemple 23/05/1945.")


class CalculatorForm(forms.Form):
    """Birth, vaccine, doses, infection; `known_on`: the day whose rules are applied, today when empty."""

    birth_date = forms.DateField(label=gettext_lazy("Date de naissance"))
    vaccine = forms.ChoiceField(label=gettext_lazy("Vaccin de la dernière dose"))
    first_dose = forms.DateField(label=gettext_lazy("Date de la première dose"))
    second_dose = forms.DateField(
        label=gettext_lazy("Date de la deuxième dose"),
        required=False,
        help_text=gettext_lazy("Si vous en avez eu une : ni Janssen, ni une seule dose après une infection."),
    )
    infection = forms.DateField(
        label=gettext_lazy("Date de la dernière infection au Covid-19"),
        required=False,
        help_text=gettext_lazy("Si vous en avez eu une."),
    )
    known_on = forms.DateField(
        label=gettext_lazy("Appliquer les règles connues le"),
        required=False,
        help_text=gettext_lazy("Celles d’aujourd’hui si vous n’indiquez rien."),
    )

    def __init__(self, *arguments: Any, today: date, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.today = today
        choices = [(row["code"], row["label"]) for row in vaccines(rules.as_known_on(today), today)]
        self.fields["vaccine"].choices = [("", _("Choisir")), *choices]  # type: ignore[attr-defined]
        self.fields["vaccine"].widget.attrs |= {"class": "fr-select", "aria-describedby": "id_vaccine_error"}
        for name, field in self.fields.items():
            if isinstance(field, forms.DateField):
                shown = {"class": "fr-input", "type": "date", "aria-describedby": f"id_{name}_error", "max": today.isoformat()}
                field.widget = forms.DateInput(shown, format="%Y-%m-%d")
                field.input_formats = FORMATS
                field.error_messages["invalid"] = UNREADABLE
            if field.required:
                field.error_messages["required"] = _("%(field)s : à remplir.") % {"field": field.label}

    def clean(self) -> dict[str, Any]:
        """No day in the future, none before the birth, doses in their order and enough of them."""
        found: dict[str, Any] = super().clean() or {}
        born = found.get("birth_date")
        for name in ("birth_date", "first_dose", "second_dose", "infection", "known_on"):
            if (day := found.get(name)) and day > self.today:
                self.add_error(name, _("Cette date est dans le futur : vérifiez l’année."))
        if born and born < OLDEST:
            self.add_error("birth_date", _("Cette date de naissance n’est pas possible : vérifiez l’année."))
        for name in ("first_dose", "second_dose", "infection"):
            day = found.get(name)
            if day and born and day < born:
                self.add_error(name, _("Cette date est antérieure à la naissance : vérifiez les deux dates."))
            elif day and name != "infection" and day < FIRST_DOSE:
                self.add_error(name, _("Aucun vaccin n’était disponible à cette date : vérifiez l’année."))
        if not self.errors:
            self._check_doses(found)
        return found

    def _check_doses(self, found: dict[str, Any]) -> None:
        first, second = found["first_dose"], found.get("second_dose")
        if second and second <= first:
            self.add_error("second_dose", _("La deuxième dose vient après la première : vérifiez les deux dates."))
        elif not second and self._needed(found) > 1:
            self.add_error("second_dose", str(INCOMPLETE))

    def _needed(self, found: dict[str, Any]) -> int:
        """Doses that the schedule needs after this first one; one is enough to go on where the doctrine says nothing."""
        first, infection = found["first_dose"], found.get("infection")
        before = infection if infection and infection < first else None
        try:
            return series_doses(rules.as_known_on(self.today), first, found["vaccine"], before)
        except LookupError:
            return 1

    @property
    def asked(self) -> tuple[Vaccinated, RuleBook]:
        """The person and the rules, once valid."""
        found = self.cleaned_data
        last = found["second_dose"] or found["first_dose"]
        person = Vaccinated(found["birth_date"], found["vaccine"], last, found["infection"])
        return person, rules.as_known_on(found["known_on"] or self.today)

"""Forms of vaccine lots."""

from __future__ import annotations

from django import forms

from allant.immunizations.models import Vaccine
from allant.pages.administration.forms import PlainForm, day_field

VACCINES = [(code, label) for code, label in Vaccine.choices if code != Vaccine.UNKNOWN]
STATES = [("", "Tous"), ("usable", "Utilisables"), ("expired", "Périmés"), ("recalled", "Rappelés")]


class LotFilter(PlainForm):
    """What the list shows."""

    vaccin = forms.ChoiceField(label="Vaccin", required=False, choices=[("", "Tous"), *VACCINES])
    etat = forms.ChoiceField(label="État", required=False, choices=STATES)


class NewLot(PlainForm):
    """A lot to add."""

    vaccine = forms.ChoiceField(label="Vaccin", choices=[("", "Choisir"), *VACCINES])
    number = forms.CharField(label="Numéro de lot", max_length=40, help_text="Comme sur l'étui ; espaces et casse sont ignorés.")
    expires_on = day_field("Date de péremption", required=False, help_text="Dernier jour d'utilisation ; vide si inconnue.")


class Expiry(PlainForm):
    """A right expiry date."""

    expires_on = day_field("Date de péremption", required=False, help_text="Dernier jour d'utilisation.")


class Recall(PlainForm):
    """The day of a recall."""

    recalled_on = day_field("Rappelé à partir du", help_text="À partir de ce jour, une dose de ce lot est refusée.")


class LotFile(PlainForm):
    """A file of lots."""

    file = forms.FileField(
        label="Fichier CSV",
        help_text="Colonnes : vaccin, lot, peremption, rappel. UTF-8 ou Windows-1252, point-virgule ou virgule, 5 Mo au plus.",
    )

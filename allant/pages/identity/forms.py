"""Forms of the identity unit, with the classes of the design system."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms

from allant.doctrine import RuleBook
from allant.identification.choice import choices
from allant.identification.documents import kinds
from allant.people import matricule

_CLASSES = {forms.Select: "fr-select", forms.ClearableFileInput: "fr-upload", forms.HiddenInput: "", forms.RadioSelect: ""}


class PlainForm(forms.Form):
    """A form whose wrong fields are tied to their message."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.setdefault("class", _CLASSES.get(type(field.widget), "fr-input"))

    def full_clean(self) -> None:
        """Validate, and tie each wrong field to its message."""
        super().full_clean()
        for name in self._errors or {}:
            if name in self.fields:
                self.fields[name].widget.attrs.update(
                    {"aria-invalid": "true", "aria-describedby": f"{self[name].id_for_label}_error"}
                )


def day_field(label: str, *, required: bool = True, help_text: str = "") -> forms.DateField:
    """A day, with the browser's calendar."""
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=required, help_text=help_text, widget=widget)


class NumberSearch(PlainForm):
    """A number, present or former."""

    number = forms.CharField(
        label="Matricule",
        help_text="NIR, NIA ou NNP, actuel ou ancien : 13 caractères, ou 15 avec la clé.",
        max_length=30,
        error_messages={"required": "Saisissez un matricule."},
    )

    def clean_number(self) -> str:
        """13 characters, or the reasons why it is none."""
        verdict = matricule.parse(self.cleaned_data["number"])
        if verdict.value is None:
            raise forms.ValidationError(list(verdict.reasons))
        return verdict.value


class NewRequest(PlainForm):
    """The situation that decides which number is asked for."""

    number = forms.CharField(widget=forms.HiddenInput)
    circumstance = forms.ChoiceField(
        label="Situation de la personne",
        help_text="Elle décide de la nature du matricule.",
        error_messages={"required": "Choisissez la situation."},
    )

    def __init__(self, *args: Any, book: RuleBook, on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = [(each.code, f"{each.label} : {each.matricule}") for each in choices(book, on).values()]
        self.fields["circumstance"].choices = [("", "Choisissez"), *offered]  # type: ignore[attr-defined]


class NewDocumentForm(PlainForm):
    """A document received."""

    kind = forms.ChoiceField(label="Nature de la pièce", error_messages={"required": "Choisissez la nature de la pièce."})
    file = forms.FileField(
        label="Fichier", help_text="PDF, JPEG ou PNG, 5 Mo au plus. Contrôlé par l'antivirus, puis chiffré.",
        error_messages={"required": "Choisissez un fichier.", "empty": "Ce fichier est vide : choisissez-en un autre."},
    )  # fmt: skip
    received_on = day_field("Reçue le")
    valid_until = day_field("Valable jusqu'au", required=False, help_text="D'un titre ou document de séjour.")

    def __init__(self, *args: Any, book: RuleBook, on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = [(code, label) for code, (label, _) in kinds(book, on).items()]
        self.fields["kind"].choices = [("", "Choisissez"), *offered]  # type: ignore[attr-defined]


class Decision(PlainForm):
    """What an agent decides, and why."""

    decision = forms.ChoiceField(label="Décision", error_messages={"required": "Choisissez une décision."})
    note = forms.CharField(
        label="Motif", max_length=200, help_text="Conservé au dossier ; sans nom ni numéro d'assuré.",
        error_messages={"required": "Écrivez le motif : il est conservé au dossier."},
    )  # fmt: skip

    def __init__(self, *args: Any, offered: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["decision"].choices = [("", "Choisissez"), *offered]  # type: ignore[attr-defined]

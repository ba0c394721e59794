"""The forms of a person's flu page. The actions judge; the forms read and show the refusals beside the fields."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import uuid4

from django import forms

from allant.doctrine import RuleBook
from allant.flu.deliveries import Handed, Prescription, vaccines_on
from allant.flu.eligibility import groups_on
from allant.pages.professional.dossier_date import TypedDateField
from allant.pages.professional.dossier_form import DossierForm
from allant.pages.professional.dossier_lists import choices, professions

TEXT = {"autocomplete": "off", "spellcheck": "false"}


class FluForm(DossierForm):
    """`source_key` names this sending: twice the same is once."""

    source_key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, prefix: str, **kwargs: Any) -> None:
        kwargs["initial"] = {"source_key": uuid4(), **(kwargs.get("initial") or {})}
        super().__init__(*args, prefix=prefix, **kwargs)

    @property
    def key(self) -> str:
        """The name of this sending, among those of this form."""
        return f"grippe:{self.prefix}:{self.cleaned_data['source_key']}"

    def shown(self) -> list[forms.BoundField]:
        """What is typed."""
        return self.visible_fields()


class DeliveryForm(FluForm):
    """The box handed over, and the ordonnance when one is needed."""

    vaccine = forms.ChoiceField(label="Vaccin", error_messages={"required": "Vaccin absent : choisissez-le dans la liste."})
    lot = forms.CharField(
        label="Numéro de lot",
        help_text="Comme sur la boîte.",
        max_length=40,
        widget=forms.TextInput(TEXT),
        error_messages={"required": "Lot absent : recopiez-le de la boîte."},
    )
    prescriber_name = forms.CharField(label="Nom du prescripteur", max_length=200, required=False, widget=forms.TextInput(TEXT))
    prescriber_profession = forms.ChoiceField(label="Profession du prescripteur", required=False)
    prescribed_on = TypedDateField(label="Date de l’ordonnance", required=False)

    PRESCRIPTION = ("prescriber_name", "prescriber_profession", "prescribed_on")

    def __init__(self, *args: Any, book: RuleBook, on: date, prescribers: Iterable[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, prefix="delivrance", **kwargs)
        listed = [(row["code"], row["label"]) for row in vaccines_on(book, on)]
        self.fields["vaccine"].choices = [("", "Choisir"), *listed]  # type: ignore[attr-defined]
        if prescribers:
            self.fields["prescriber_profession"].choices = professions(book, on)  # type: ignore[attr-defined]
            for name in self.PRESCRIPTION:
                self.fields[name].required = True
                self.fields[name].error_messages["required"] = "Champ à compléter : recopiez-le de l’ordonnance."
        else:
            for name in self.PRESCRIPTION:
                del self.fields[name]
        self.ready()

    def handed(self) -> Handed:
        """The box."""
        return Handed(vaccine=self.cleaned_data["vaccine"], lot=self.cleaned_data["lot"])

    def prescription(self) -> Prescription | None:
        """The ordonnance; None when none is asked for."""
        data = self.cleaned_data
        if "prescriber_name" not in self.fields:
            return None
        return Prescription(name=data["prescriber_name"], profession=data["prescriber_profession"], on=data["prescribed_on"])


class VoucherForm(FluForm):
    """Why the person is eligible, checked by the professional (RP-23)."""

    group = forms.ChoiceField(
        label="J’ai vérifié que la personne est éligible à ce titre",
        widget=forms.RadioSelect,
        error_messages={"required": "Choisissez ce qui rend la personne éligible, après l’avoir vérifié."},
    )

    def __init__(self, *args: Any, book: RuleBook, on: date, age: int | None, **kwargs: Any) -> None:
        super().__init__(*args, prefix="bon", **kwargs)
        listed = [(each.code, each.named) for each in groups_on(book, on) if each.fits_age(age)]
        self.fields["group"].choices = listed  # type: ignore[attr-defined]
        self.ready()


class FluReasonForm(DossierForm):
    """Why an act recorded by mistake is cancelled."""

    reason = forms.CharField(
        label="Motif de l’annulation",
        help_text="Il est conservé. N’y écrivez ni nom ni numéro.",
        max_length=200,
        widget=forms.TextInput(TEXT),
        error_messages={"required": "Motif absent : écrivez pourquoi l’acte est annulé."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, prefix="pourquoi", **kwargs)
        self.ready()


class InjectionForm(FluForm):
    """When, and in which arm."""

    occurred_on = TypedDateField(label="Date de l’injection")
    site = forms.ChoiceField(label="Site d’injection", required=False)

    def __init__(self, *args: Any, book: RuleBook, on: date, **kwargs: Any) -> None:
        super().__init__(*args, prefix="injection", initial={"occurred_on": on}, **kwargs)
        self.fields["site"].choices = choices(book, on, "injection_sites", "Non précisé")  # type: ignore[attr-defined]
        self.ready()

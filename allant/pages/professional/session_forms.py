"""What is set once for a bulk session (VC-60): the dose without its patient, and what is declared for those not yet eligible."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from typing import Any

from django import forms

from allant.doctrine import RuleBook
from allant.pages.professional.dossier_dose_form import DoseForm, Offer
from allant.pages.professional.dossier_eligibility_form import YES, EligibilityForm
from allant.pages.professional.dossier_form import DossierForm
from allant.pages.professional.dossier_lists import professions
from allant.people.models import Person
from allant.vaccination.declaration_checks import DeclarationRefused, refuse_incomplete
from allant.vaccination.products import authorised
from allant.vaccination.sessions import EXPIRED, RECALLED, Shared, lot_state

_LOT_REFUSED = {
    EXPIRED: "Lot périmé à cette date : aucune séance ne s’ouvre avec lui. Vérifiez le numéro sur le flacon.",
    RECALLED: "Lot rappelé : aucune séance ne s’ouvre avec lui. Écartez ces flacons et prenez-en d’autres.",
}


class SessionForm(DoseForm):
    """Vaccine, lot, site, date and place of every dose of the session. Ranks are decided patient by patient."""

    dose_number = None  # type: ignore[assignment]
    source_key = None  # type: ignore[assignment]

    def __init__(self, *args: Any, book: RuleBook, on: date, **kwargs: Any) -> None:
        self.book, self.on = book, on
        super().__init__(*args, book=book, on=on, **kwargs)

    def clean(self) -> Mapping[str, Any]:
        """As for a dose; and nothing that would refuse every patient of the session."""
        data = super().clean()
        occurred_on, vaccine = data.get("occurred_on"), data.get("vaccine")
        if occurred_on and occurred_on > self.on:
            self.add_error("occurred_on", "Date dans le futur : une séance s’enregistre le jour même ou après.")
        elif occurred_on and vaccine and vaccine not in {row["code"] for row in authorised(occurred_on, self.book)}:
            self.add_error("vaccine", "Ce vaccin n’était pas encore autorisé à cette date : vérifiez la date et le vaccin.")
        if occurred_on and vaccine and data.get("lot"):
            refusal = _LOT_REFUSED.get(lot_state(vaccine, data["lot"], occurred_on))
            if refusal:
                self.add_error("lot", refusal)
        return data


class SharedForm(DossierForm):
    """The declaration made for each patient of the session who has none (VC-19). Left unticked, those patients are refused."""

    declares = forms.BooleanField(
        label="Déclarer l’éligibilité des patients de la séance qui n’ont pas encore de déclaration",
        help_text="Sans cela, ils sont refusés : leur dossier est à compléter d’abord.",
        required=False,
    )
    declarant_prescribes = EligibilityForm.base_fields["declarant_prescribes"]
    prescribed_on = EligibilityForm.base_fields["prescribed_on"]
    prescriber_family_name = EligibilityForm.base_fields["prescriber_family_name"]
    prescriber_given_names = EligibilityForm.base_fields["prescriber_given_names"]
    prescriber_rpps = EligibilityForm.base_fields["prescriber_rpps"]
    prescriber_profession = EligibilityForm.base_fields["prescriber_profession"]
    patient_accepts = forms.BooleanField(
        label="Chaque patient que je saisirai accepte d’entrer dans le processus de vaccination.", required=False
    )
    patient_informed = forms.BooleanField(
        label="J’accepte les conditions de transmission des données, et j’informe chaque patient de leur traitement.",
        required=False,
    )

    def __init__(self, *args: Any, book: RuleBook, on: date, **kwargs: Any) -> None:
        self.book, self.on = book, on
        super().__init__(*args, **kwargs)
        self.fields["prescriber_profession"].choices = professions(book, on)  # type: ignore[attr-defined]
        self.fields["declarant_prescribes"].required = False

    def clean(self) -> Mapping[str, Any]:
        """Complete as the declaration of one patient would have to be; nothing is asked when nothing is declared."""
        data = self.cleaned_data
        if not data.get("declares") or self.errors:
            return data
        if not data.get("declarant_prescribes"):
            self.add_error("declarant_prescribes", "Répondez par oui ou par non.")
        elif (shared := self.shared()) is None:
            self.add_error("prescribed_on", "Date de l’ordonnance : indiquez-la, au format JJ/MM/AAAA.")
        else:
            try:
                refuse_incomplete(shared.declaration(), Person(), self.on, self.book)
            except DeclarationRefused as refusal:
                self.refuse({name or None: [text] for name, text in refusal.errors.items()})
        return data

    def shared(self) -> Shared | None:
        """What is declared for each; None when nothing is."""
        data = self.cleaned_data
        if not data.get("declares") or not data.get("prescribed_on"):
            return None
        said = {item.name: data.get(item.name) for item in fields(Shared)}
        said["declarant_prescribes"] = data.get("declarant_prescribes") == YES
        said["prescribed_on"] = data["prescribed_on"].isoformat()
        said["prescriber_rpps"] = "".join(str(said["prescriber_rpps"] or "").split())
        return Shared(**{name: "" if value is None else value for name, value in said.items()})  # type: ignore[arg-type]


def offer(book: RuleBook, on: date, am_number: str) -> Offer:
    """Every vaccine of the day: each patient's schedule judges it."""
    vaccines = [(str(row["code"]), str(row["label"])) for row in authorised(on, book)]
    return Offer(vaccines=vaccines, accepted=vaccines, am_number=am_number)

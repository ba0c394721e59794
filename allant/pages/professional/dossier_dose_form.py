"""Tabs 2 and after: what the professional says of a dose (VC-30, VC-31)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.urls import reverse

from allant.doctrine import RuleBook
from allant.immunizations.checks import HIGHEST_RANK
from allant.immunizations.querysets import lot_number
from allant.pages.professional.dossier_date import TypedDateField
from allant.pages.professional.dossier_form import DossierForm
from allant.pages.professional.dossier_lists import Choices, choices, communes_of
from allant.pages.professional.dossier_proposals import CABINET

HOME = "domicile"
HOME_NAME = "Domicile du patient"

# Where the refusal of a check is shown: beside the field to look at first (codes of `immunizations.checks.REASONS`).
FIELD_OF = {
    "unknown_vaccine": "vaccine", "vaccine_not_named": "vaccine", "before_authorisation": "occurred_on",
    "in_the_future": "occurred_on", "before_birth": "occurred_on", "after_death": "occurred_on", "same_day": "occurred_on",
    "under_minimum_age": "vaccine", "interval_too_short": "occurred_on", "booster_before_opening": "occurred_on",
    "booster_too_early": "occurred_on", "rank_taken": "dose_number", "rank_skips": "dose_number",
    "rank_goes_back": "dose_number", "series_too_short": "dose_number", "beyond_series": "dose_number",
    "booster_without_primary": "dose_number", "lot_expired": "lot", "lot_recalled": "lot",
    "product_not_foreseen": "vaccine", "proof_missing": "proof", "infection_impossible": "occurred_on",
}  # fmt: skip


@dataclass(frozen=True)
class Offer:
    """What the form shows and fills. `vaccines`: those shown; `accepted`: those it lets through to the action, which decides.

    `home_postcode`: the patient's, for an injection at home. `am_number`: the professional's, for one at the practice.
    """

    vaccines: list[tuple[str, str]]
    accepted: list[tuple[str, str]]
    locked: str = ""
    am_number: str = ""
    home_postcode: str = ""


class DoseForm(DossierForm):
    """Vaccine, lot, site, date, rank, place. `source_key` names this sending: the same form never records twice (VC-39)."""

    source_key = forms.UUIDField(widget=forms.HiddenInput)
    vaccine = forms.ChoiceField(label="Nom du vaccin", error_messages={"required": "Vaccin non précisé : choisissez-le."})
    lot = forms.CharField(
        label="Numéro de lot",
        help_text="La liste se complète en tapant ; un lot absent de la liste est accepté et signalé.",
        max_length=40,
        error_messages={"required": "Numéro de lot absent : recopiez-le du flacon."},
    )
    site = forms.ChoiceField(label="Site d’injection", error_messages={"required": "Site d’injection non précisé."})
    occurred_on = TypedDateField(label="Date")
    dose_number = forms.IntegerField(
        label="Rang",
        min_value=1,
        max_value=HIGHEST_RANK,
        error_messages={
            "required": "Rang absent : 1 pour une première dose.",
            "invalid": "Rang illisible : un chiffre est attendu.",
            "min_value": "Rang impossible : 1 pour une première dose.",
            "max_value": f"Rang impossible : {HIGHEST_RANK} au plus.",
        },
    )
    place_kind = forms.ChoiceField(label="Lieu de vaccination", error_messages={"required": "Lieu de vaccination non précisé."})
    place_name = forms.CharField(
        label="Nom du lieu",
        help_text="Dès deux caractères, les lieux déjà connus et les communes sont proposés.",
        max_length=200,
        required=False,
    )
    postcode = forms.CharField(
        label="Code postal",
        max_length=5,
        required=False,
        error_messages={"max_length": "Un code postal a cinq chiffres."},
    )
    commune_code = forms.CharField(label="Commune", required=False, max_length=5, widget=forms.HiddenInput)
    am_number = forms.RegexField(
        label="N°AM",
        help_text="Rempli quand le lieu est votre cabinet.",
        regex=r"^[0-9]{9}$",
        required=False,
        error_messages={"invalid": "Un N°AM compte neuf chiffres."},
    )
    forced_reason = forms.CharField(label="Motif", required=False, max_length=200, widget=forms.HiddenInput)

    def __init__(self, *args: Any, book: RuleBook, on: date, offer: Offer, shown: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, shown=shown, **kwargs)
        self.offer = offer
        self.reason_asked = False
        if "place_kind" in self.fields:
            self._choose("site", choices(book, on, "injection_sites"))
            self._choose("place_kind", choices(book, on, "places"))
        self._choose("vaccine", [("", "Choisir"), *offer.accepted])
        if shown:
            self._dress_up()

    def _dress_up(self) -> None:
        """What only a page needs."""
        self.fields["vaccine"].widget.choices = self._vaccines_shown()  # type: ignore[attr-defined]
        self._offer_communes()
        self._complete_as_one_types()
        for name in ("place_name", "postcode", "commune_code"):  # judged together, once the kind of place is known
            if name in self.fields:
                self.fields[name].mandatory = True  # type: ignore[attr-defined]

    def _choose(self, name: str, listed: Choices) -> None:
        self.fields[name].choices = listed  # type: ignore[attr-defined]

    def _vaccines_shown(self) -> Choices:
        """The locked one alone; what was chosen stays shown though the offer changed since."""
        chosen = str(self["vaccine"].value() or "")
        shown = [pair for pair in self.offer.accepted if pair in self.offer.vaccines or pair[0] == chosen]
        return shown if self.offer.locked and len(shown) == 1 else [("", "Choisir"), *shown]

    def _offer_communes(self) -> None:
        """A postcode shared by several communes asks which one, in place; the list needs no script."""
        places = communes_of(str(self["postcode"].value() or "").strip()) if "postcode" in self.fields else []
        if len(places) > 1:
            field = self.fields["commune_code"]
            field.widget = forms.Select(
                attrs={"class": "fr-select"}, choices=[("", "Choisir"), *((place.code, place.name) for place in places)]
            )
            field.shape, field.group = "input", "select"  # type: ignore[attr-defined]

    def _complete_as_one_types(self) -> None:
        """What the completion script reads on the fields; without it they are plain."""
        asked = {
            "lot": (reverse("teleservice_lots"), 1, "vaccine:vaccine", "Aucun lot de ce numéro dans la liste : il sera signalé."),
            "place_name": (reverse("teleservice_places"), 2, "kind:place_kind", "Aucun lieu ni commune de ce nom."),
            "postcode": (reverse("teleservice_places"), 2, "kind:place_kind", "Aucun code postal ne commence ainsi."),
        }
        for name, (url, shortest, parameters, nothing) in asked.items():
            if name in self.fields:
                self.fields[name].widget.attrs |= {
                    "data-combobox-url": url,
                    "data-combobox-min": str(shortest),
                    "data-combobox-with": parameters,
                    "data-combobox-empty": nothing,
                    "autocomplete": "off",
                }

    def clean_lot(self) -> str:
        """As lots are stored and compared."""
        return lot_number(str(self.cleaned_data["lot"]))

    def clean(self) -> Mapping[str, Any]:
        """One commune for the place; the N°AM of the session for one's own practice (VC-31)."""
        data = self.cleaned_data
        self._complete(data)
        if "place_name" in self.fields:
            self._ask_place(data)
        return data

    def _ask_place(self, data: dict[str, Any]) -> None:
        if not data.get("place_name"):
            self.add_error("place_name", "Nom du lieu absent : nommez l’établissement, le centre ou le cabinet.")
        if not data.get("postcode") and "postcode" not in self.errors:
            self.add_error("postcode", "Code postal du lieu absent.")
        if data.get("postcode"):
            self._settle_commune(data)

    def _complete(self, data: dict[str, Any]) -> None:
        """What the kind of place tells by itself."""
        if data.get("place_kind") == CABINET:
            data["am_number"] = data.get("am_number") or self.offer.am_number
        if data.get("place_kind") == HOME:
            data["place_name"] = data.get("place_name") or HOME_NAME
            data["postcode"] = data.get("postcode") or self.offer.home_postcode

    def _settle_commune(self, data: dict[str, Any]) -> None:
        codes = [place.code for place in communes_of(data["postcode"])]
        if not codes:
            self.add_error("postcode", "Code postal inconnu : vérifiez ses cinq chiffres, ou choisissez le lieu dans la liste.")
        elif len(codes) == 1:
            data["commune_code"] = codes[0]
        elif data.get("commune_code") not in codes:
            self.add_error("commune_code", "Plusieurs communes ont ce code postal : choisissez la commune.")

    def ask_reason(self) -> None:
        """Ask in place for the reason that lets a broken rule pass (VC-38)."""
        field = self.fields["forced_reason"]
        field.widget = forms.Textarea(attrs={"class": "fr-input", "rows": 2})
        field.label = "Je confirme malgré ce qui précède, parce que"
        field.help_text = "Ce motif est écrit sur la synthèse, et la dose est signalée comme saisie forcée."
        self.reason_asked = field.mandatory = True  # type: ignore[attr-defined]
        self._bound_fields_cache.pop("forced_reason", None)  # it remembers the former label


ABROAD, BEFORE = "etranger", "avant"


class HistoryForm(DoseForm):
    """A dose given abroad, or before the service opened: what its proof says of it, and where (VC-42). Its lot may be unknown."""

    field_order = ("source_key", "vaccine", "lot", "occurred_on", "dose_number", "origin", "country", "proof")
    site = place_kind = place_name = postcode = commune_code = am_number = None  # type: ignore[assignment]
    lot = forms.CharField(label="Numéro de lot", help_text="S’il figure sur le justificatif.", max_length=40, required=False)
    proof = forms.CharField(
        label="Justificatif",
        help_text="Le document lu : certificat étranger, carnet de vaccination… Ni nom ni numéro de personne.",
        max_length=200,
        error_messages={"required": "Justificatif manquant : indiquez sur quel document la dose est lue."},
    )
    origin = forms.ChoiceField(
        label="Où et quand la dose a-t-elle été injectée ?",
        choices=[(ABROAD, "À l’étranger"), (BEFORE, "En France, avant l’ouverture du téléservice")],
        widget=forms.RadioSelect,
        error_messages={"required": "Choisissez : à l’étranger, ou en France avant l’ouverture du téléservice."},
    )
    country = forms.RegexField(
        label="Pays, si la dose a été injectée à l’étranger",
        regex=r"^[^()0-9]+$",
        max_length=40,
        required=False,
        error_messages={"invalid": "Nom de pays illisible : des lettres seules, par exemple Allemagne."},
    )

    def clean(self) -> Mapping[str, Any]:
        """A dose given abroad names its country; another one has none."""
        data = super().clean()
        if data.get("origin") == BEFORE:
            self.cleaned_data["country"] = ""
        elif data.get("origin") == ABROAD and not data.get("country") and "country" not in self.errors:
            self.add_error("country", "Pays absent : nommez celui où la dose a été injectée.")
        return data

"""Territories typed by name or code, or chosen among those the browser proposes: communes and intercommunal bodies."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.urls import reverse_lazy

from allant.geography import Epci, Place, communes, communes_meant, epcis, epcis_named

MOST_CODES = 500
MOST_NAMED = 8
"""Readings quoted when a name means several."""


class ListedInputs(forms.Widget):
    """Boxes of one name that share a list of suggestions of the browser's own: works with the keyboard, without a script.

    `offered` is the whole list; with `asked_at`, a script fills it from that address as one types.
    """

    template_name = "campaigns/listed_inputs.html"
    LEAST, SPARE = 3, 1  # boxes shown, and empty ones beside those filled
    offered: tuple[str, ...] = ()
    asked_at: Any = ""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        """What was typed, empty boxes left out."""
        typed = data.getlist(name) if hasattr(data, "getlist") else data.get(name, [])
        return [text.strip() for text in typed if text.strip()]

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        """The boxes and the suggestions."""
        context: dict[str, Any] = super().get_context(name, None, attrs)
        filled = list(value or [])
        empty = max(self.LEAST - len(filled), self.SPARE)
        context["widget"] |= {"boxes": filled + [""] * empty, "offered": self.offered, "asked_at": self.asked_at}
        return context


class _Typed(list[str]):
    """What was typed in the boxes, to be shown again as it was."""


class TypedList(forms.Field):
    """A list of codes, from what is typed in several boxes; each kind of territory says what a box means."""

    widget = ListedInputs
    asked_in_several_boxes = True
    too_many = ""

    def bound_data(self, data: Any, initial: Any) -> Any:
        """What was typed is told from the codes that are kept: « 97411 » typed may be a postcode."""
        return _Typed(data or [])

    def prepare_value(self, value: Any) -> list[str]:
        """Codes as they are chosen in the list; what was typed stays as it was."""
        return list(value) if isinstance(value, _Typed) else [self.chosen(text) for text in value or []]

    def clean(self, value: Any) -> list[str]:
        """Refuse what names none, or several, quoting it."""
        codes = list(dict.fromkeys(code for text in super().clean(value) for code in self.codes(text)))
        if len(codes) > MOST_CODES:
            raise forms.ValidationError(f"{len(codes)} {self.too_many}, {MOST_CODES} au plus : choisissez un département.")
        return codes

    def chosen(self, text: str) -> str:
        raise NotImplementedError

    def codes(self, text: str) -> list[str]:
        raise NotImplementedError


class EpciField(TypedList):
    """Intercommunal bodies, typed by name or code, or chosen in the list that the browser offers; a list of codes."""

    too_many = "intercommunalités"
    _LABELLED = re.compile(r"\((\d{9})\)$")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.widget.offered = tuple(self._label(body) for body in epcis().values())

    def chosen(self, text: str) -> str:
        """`200071751` → « CA du Bassin de Bourg-en-Bresse (200071751) »."""
        return self._label(epcis()[text]) if text in epcis() else text

    def codes(self, text: str) -> list[str]:
        """One code. Raises ValidationError."""
        labelled = self._LABELLED.search(text)
        found = epcis_named(labelled[1] if labelled else text)
        if not found:
            raise forms.ValidationError(f"« {text[:60]} » n'est pas une intercommunalité : choisissez dans la liste proposée.")
        if len(found) > 1:
            which = " ou ".join(self._label(body) for body in found)
            raise forms.ValidationError(f"Plusieurs intercommunalités portent ce nom : {which}.")
        return [found[0].code]

    @staticmethod
    def _label(body: Epci) -> str:
        return f"{body.name} ({body.code})"


class CommunesField(TypedList):
    """Communes, typed by name, postcode or INSEE code, or chosen in the list that comes up; a list of INSEE codes.

    A box may hold several codes, separated by spaces: a list pasted whole.
    """

    too_many = "communes"
    _CODES = re.compile(r"[0-9AB]{5}(?:[\s,;]+[0-9AB]{5})+", re.IGNORECASE)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.widget.asked_at = reverse_lazy("communes_offered")

    def chosen(self, text: str) -> str:
        """`01053` → « Bourg-en-Bresse (01053) »; a code that no longer is one stays as it is."""
        found = [places[0] for places in communes_meant(text) if places[0].code == text]
        return commune_label(found[0]) if found else text

    def codes(self, text: str) -> list[str]:
        """The communes that a box means. Raises ValidationError."""
        pasted = re.split(r"[\s,;]+", text) if self._CODES.fullmatch(text) else [text]
        return [code for part in pasted for code in self._meant(part, whole=len(pasted) == 1)]

    def _meant(self, text: str, whole: bool) -> list[str]:
        if not whole and text.upper() in _known_codes():
            return [text.upper()]  # among codes, five digits are a code
        readings = communes_meant(text)
        if not readings and text.upper() in _known_codes():
            return [text.upper()]  # uninhabited: no postcode
        if not readings:
            lost = f"« {text[:60]} » n'est pas une commune : donnez son nom, son code postal ou son code INSEE."
            raise forms.ValidationError(lost)
        if len(readings) > 1:
            which = " ou ".join(", ".join(map(commune_label, places[:MOST_NAMED])) for places in readings[:MOST_NAMED])
            raise forms.ValidationError(f"« {text[:60]} » peut se lire de plusieurs façons : {which}. Recopiez ce qui convient.")
        return list(dict.fromkeys(place.code for place in readings[0]))


def commune_label(place: Place) -> str:
    """A commune as the list proposes it and as the field reads it back."""
    return f"{place.name} ({place.code})"


def _known_codes() -> frozenset[str]:
    return frozenset(communes().column("code").to_pylist())

"""Forms of the workshop: one criterion, one campaign."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.text import slugify

from allant.campaigns.actions import CampaignPlan
from allant.campaigns.workshop.catalogue import Blank, Kind
from allant.geography import Epci, epcis, epcis_named
from allant.outreach.models import Channel, Template
from allant.targeting import Definition

CODE = re.compile(r"[0-9A-Z]{1,10}")
MOST_CODES = 500
DATE = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "class": "fr-input"})


class ListedInputs(forms.Widget):
    """Boxes of one name that share a list of suggestions of the browser's own: works with the keyboard, without a script."""

    template_name = "campaigns/listed_inputs.html"
    LEAST, SPARE = 3, 1  # boxes shown, and empty ones beside those filled

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        """What was typed, empty boxes left out."""
        typed = data.getlist(name) if hasattr(data, "getlist") else data.get(name, [])
        return [text.strip() for text in typed if text.strip()]

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        """The boxes and the suggestions."""
        context: dict[str, Any] = super().get_context(name, None, attrs)
        filled = list(value or [])
        empty = max(self.LEAST - len(filled), self.SPARE)
        context["widget"] |= {"boxes": filled + [""] * empty, "offered": EpciField.offered()}
        return context


class CodesField(forms.CharField):
    """Codes separated by spaces, commas, semicolons or new lines, as a list without repeats."""

    widget = forms.Textarea(attrs={"class": "fr-input", "rows": 3, "spellcheck": "false"})

    def prepare_value(self, value: Any) -> Any:
        """A list of codes as it is typed."""
        return " ".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        """Refuse what cannot be a code, quoting it."""
        codes = list(dict.fromkeys(part.upper() for part in re.split(r"[\s,;]+", super().clean(value)) if part))
        if wrong := next((code for code in codes if not CODE.fullmatch(code)), None):
            raise forms.ValidationError(f"« {wrong[:20]} » n'est pas un code : des chiffres et des lettres sont attendus.")
        if len(codes) > MOST_CODES:
            raise forms.ValidationError(f"{len(codes)} codes, {MOST_CODES} au plus : choisissez un territoire plus grand.")
        return codes


class EpciField(forms.Field):
    """Intercommunal bodies, typed by name or code, or chosen in the list that the browser offers; a list of codes."""

    widget = ListedInputs
    asked_in_several_boxes = True
    _LABELLED = re.compile(r"\((\d{9})\)$")

    def prepare_value(self, value: Any) -> list[str]:
        """Codes as they are chosen in the list; what was typed stays as it was."""
        return [self._label(epcis()[text]) if text in epcis() else text for text in value or []]

    def clean(self, value: Any) -> list[str]:
        """Refuse what names no body, or several, quoting it."""
        codes = list(dict.fromkeys(self._code(text) for text in super().clean(value)))
        if len(codes) > MOST_CODES:
            raise forms.ValidationError(f"{len(codes)} intercommunalités, {MOST_CODES} au plus : choisissez un département.")
        return codes

    def _code(self, text: str) -> str:
        labelled = self._LABELLED.search(text)
        found = epcis_named(labelled[1] if labelled else text)
        if not found:
            raise forms.ValidationError(f"« {text[:60]} » n'est pas une intercommunalité : choisissez dans la liste proposée.")
        if len(found) > 1:
            which = " ou ".join(self._label(body) for body in found)
            raise forms.ValidationError(f"Plusieurs intercommunalités portent ce nom : {which}.")
        return found[0].code

    @staticmethod
    def _label(body: Epci) -> str:
        return f"{body.name} ({body.code})"

    @classmethod
    def offered(cls) -> list[str]:
        """Every body, as it is chosen."""
        return [cls._label(body) for body in epcis().values()]


class CriterionForm(forms.Form):
    """The blanks of one kind of criterion."""

    def __init__(self, kind: Kind, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        for blank in kind.blanks:
            self.fields[blank.name] = _field(blank)

    def clean(self) -> dict[str, Any]:
        """An age range asks for one bound at least, in order."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if self.kind.code == "age" and not self.errors:
            lowest, highest = values.get("lowest"), values.get("highest")
            if lowest is None and highest is None:
                raise forms.ValidationError("Donnez un âge minimal, un âge maximal, ou les deux.")
            if lowest is not None and highest is not None and lowest > highest:
                raise forms.ValidationError(f"L'âge minimal ({lowest}) dépasse l'âge maximal ({highest}) : inversez-les.")
        return values


def _field(blank: Blank) -> forms.Field:
    common = {"label": blank.label, "help_text": blank.hint, "required": blank.required}
    match blank.asks:
        case "whole":
            box = forms.NumberInput(attrs={"class": "fr-input", "inputmode": "numeric"})
            return forms.IntegerField(min_value=blank.lowest, max_value=blank.highest, widget=box, **common)
        case "choices":
            return forms.MultipleChoiceField(choices=blank.choices(), widget=forms.CheckboxSelectMultiple, **common)
        case "codes":
            return CodesField(**common)
        case "epci":
            return EpciField(**common)
        case _:
            return forms.DateField(widget=DATE, **common)


class CampaignForm(forms.Form):
    """What a campaign needs besides its target (TG-01)."""

    title = forms.CharField(label="Titre", max_length=200, widget=forms.TextInput(attrs={"class": "fr-input"}))
    objective = forms.CharField(
        label="Objectif, en une phrase", max_length=500, required=False, widget=forms.TextInput(attrs={"class": "fr-input"})
    )
    territory = forms.CharField(
        label="Territoire", max_length=100, initial="France entière", widget=forms.TextInput(attrs={"class": "fr-input"})
    )
    starts_on = forms.DateField(label="Premier jour", widget=DATE)
    ends_on = forms.DateField(label="Fin (ce jour exclu)", required=False, help_text="Vide : sans date de fin.", widget=DATE)
    channels = forms.MultipleChoiceField(
        label="Canaux", choices=Channel.choices, widget=forms.CheckboxSelectMultiple,
        help_text="Le premier qui atteint la personne est pris, dans l'ordre de cette liste.",
    )  # fmt: skip
    template = forms.ChoiceField(label="Texte des messages", widget=forms.Select(attrs={"class": "fr-select"}))
    act = forms.ChoiceField(
        label="Acte attendu", widget=forms.Select(attrs={"class": "fr-select"}),
        choices=[
            ("dose_summary.first_on", "Première dose"),
            ("dose_summary.complete_on", "Schéma complet"),
            ("dose_summary.booster_on", "Rappel"),
        ],
    )  # fmt: skip
    weekly_capacity = forms.IntegerField(
        label="Invitations par semaine, au plus", required=False, min_value=1, max_value=10_000_000,
        help_text="Vide : sans limite.", widget=forms.NumberInput(attrs={"class": "fr-input", "inputmode": "numeric"}),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        slugs = Template.objects.order_by("slug").values_list("slug", flat=True).distinct()
        self.fields["template"].choices = [(slug, slug) for slug in slugs]

    def clean(self) -> dict[str, Any]:
        """A campaign ends after it begins; every channel has a wording."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        starts_on, ends_on = values.get("starts_on"), values.get("ends_on")
        if starts_on and ends_on and ends_on <= starts_on:
            self.add_error("ends_on", "La fin doit venir après le premier jour.")
        if (channels := values.get("channels")) and (template := values.get("template")):
            worded = set(Template.objects.filter(slug=template).values_list("channel", flat=True))
            if without := [Channel(code).label for code in channels if code not in worded]:
                lacking = f"Ce texte n'existe pas pour : {', '.join(without)}. Choisissez-en un autre, ou un autre canal."
                self.add_error("template", lacking)
        if "title" in values and not self.slug:
            self.add_error("title", "Le titre ne contient ni lettre ni chiffre.")
        return values

    @property
    def slug(self) -> str:
        """The identifier made from the title."""
        return slugify(self.cleaned_data.get("title", ""))[:50].strip("-")

    def plan(self, target: Definition) -> CampaignPlan:
        """The campaign to be, with its target."""
        values = self.cleaned_data
        return CampaignPlan(
            slug=self.slug, programme="covid19", title=values["title"], objective=values["objective"],
            territory=values["territory"], starts_on=values["starts_on"], ends_on=values["ends_on"],
            channels=tuple(values["channels"]), template=values["template"], act=values["act"],
            weekly_capacity=values["weekly_capacity"], target=target,
        )  # fmt: skip

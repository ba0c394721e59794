"""Forms of the workshop: one criterion, one campaign."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.text import slugify

from allant.campaigns.actions import CampaignPlan
from allant.campaigns.acts import read_act
from allant.campaigns.ready_made import acts_offered, programmes
from allant.campaigns.workshop.catalogue import Blank, Kind
from allant.outreach.models import Channel, Template
from allant.pages.campaigns.named_fields import AldField, FundsField
from allant.pages.campaigns.place_fields import CommunesField, EpciField
from allant.pages.campaigns.planner_wording import programme_name
from allant.targeting import Definition, sentence

DATE = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "class": "fr-input"})


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
        case "communes":
            return CommunesField(**common)
        case "epci":
            return EpciField(**common)
        case "funds":
            return FundsField(**common)
        case "ald":
            return AldField(**common)
        case _:
            return forms.DateField(widget=DATE, **common)


class CampaignForm(forms.Form):
    """What a campaign needs besides its target (TG-01)."""

    programme = forms.ChoiceField(label="Programme", widget=forms.Select(attrs={"class": "fr-select"}))
    title = forms.CharField(label="Titre", max_length=200, widget=forms.TextInput(attrs={"class": "fr-input"}))
    objective = forms.CharField(
        label="Objectif, en une phrase", max_length=500, required=False, widget=forms.TextInput(attrs={"class": "fr-input"})
    )
    objective_percent = forms.IntegerField(
        label="Part à atteindre, en pour cent", required=False, min_value=1, max_value=100,
        widget=forms.NumberInput(attrs={"class": "fr-input", "inputmode": "numeric"}),
    )  # fmt: skip
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
        label="Acte attendu", required=False, widget=forms.Select(attrs={"class": "fr-select"}),
    )  # fmt: skip
    weekly_capacity = forms.IntegerField(
        label="Invitations par semaine, au plus", required=False, min_value=1, max_value=10_000_000,
        help_text="Vide : sans limite. Les doses et les créneaux sont ceux du programme, saisis avec le plan d’invitations.",
        widget=forms.NumberInput(attrs={"class": "fr-input", "inputmode": "numeric"}),
    )  # fmt: skip
    daily_calls = forms.IntegerField(
        label="Appels par jour, au plus", required=False, min_value=1, max_value=10_000_000,
        help_text="Par tous les agents ensemble, rappels promis en plus. Vide : sans limite.",
        widget=forms.NumberInput(attrs={"class": "fr-input", "inputmode": "numeric"}),
    )  # fmt: skip

    def __init__(self, *args: Any, population: Definition | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.population = population
        asked = sentence(population) if population else "aucun critère ne dit qui sont ces personnes"
        self.fields["objective_percent"].help_text = f"Parmi : {asked}. Vide : pas d’objectif chiffré."
        self.fields["programme"].choices = [(code, programme_name(code)) for code in programmes()]
        acts = [(programme_name(code), list(named.items())) for code, named in acts_offered()]
        self.fields["act"].choices = [("", "Aucun : la campagne informe, et rien n’est mesuré"), *acts]
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
        if values.get("daily_calls") and Channel.CALL not in values.get("channels", [Channel.CALL]):
            self.add_error("daily_calls", "La campagne n’appelle pas : ajoutez le canal de l’appel, ou laissez vide.")
        if values.get("objective_percent"):
            self._check_objective(values)
        if "title" in values and not self.slug:
            self.add_error("title", "Le titre ne contient ni lettre ni chiffre.")
        return values

    def _check_objective(self, values: dict[str, Any]) -> None:
        if self.population is None:
            lacking = "Un objectif chiffré demande une population : ajoutez à la cible un âge, un territoire ou une situation."
            self.add_error("objective_percent", lacking)
        act = values.get("act")
        if not act:
            self.add_error("act", "Un objectif chiffré demande un acte attendu.")
        elif read_act(act).recurs:
            self.add_error("act", "Cet acte se refait : un objectif chiffré demande un acte qui ne se fait qu’une fois.")

    @property
    def slug(self) -> str:
        """The identifier made from the title."""
        return slugify(self.cleaned_data.get("title", ""))[:50].strip("-")

    def plan(self, target: Definition, population: Definition | None) -> CampaignPlan:
        """The campaign to be, with its target and whom its objective speaks of, both on its opening day."""
        values = self.cleaned_data
        percent = values["objective_percent"]
        return CampaignPlan(
            slug=self.slug, programme=values["programme"], title=values["title"], objective=values["objective"],
            territory=values["territory"], starts_on=values["starts_on"], ends_on=values["ends_on"],
            channels=tuple(values["channels"]), template=values["template"], act=values["act"],
            weekly_capacity=values["weekly_capacity"], daily_calls=values["daily_calls"], target=target,
            objective_share=Decimal(percent) / 100 if percent else None,
            objective_population=population if percent else None,
        )  # fmt: skip

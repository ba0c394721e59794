"""Forms of the mails to professionals: the text, and whom it is for."""

from __future__ import annotations

from typing import Any

from django import forms

from allant.campaigns.models import Campaign, ProfessionalMailing
from allant.campaigns.professionals.audience import Audience, UnknownCriterion, professions, read_audience
from allant.campaigns.professionals.mailings import LONGEST_BODY, LONGEST_SUBJECT
from allant.campaigns.territories import UnknownDepartements, read_departements
from allant.directory.models import OrganisationKind
from allant.doctrine import RuleBook
from allant.geography import departements
from allant.pages.campaigns.workshop_forms import DATE

TEXT = forms.TextInput(attrs={"class": "fr-input"})


class MailingForm(forms.Form):
    """The mail as a person writes it. `audience` holds the criteria once the form is valid."""

    title = forms.CharField(label="Titre, pour vous", max_length=LONGEST_SUBJECT, widget=TEXT)
    subject = forms.CharField(label="Objet du courriel", max_length=LONGEST_SUBJECT, widget=TEXT)
    body = forms.CharField(
        label="Texte", max_length=LONGEST_BODY, help_text="Sans « Bonjour » ni signature : ils sont ajoutés à l'envoi.",
        widget=forms.Textarea(attrs={"class": "fr-input", "rows": 12}),
    )  # fmt: skip
    professions = forms.MultipleChoiceField(label="Professions", required=False, widget=forms.CheckboxSelectMultiple)
    structures = forms.MultipleChoiceField(
        label="Structures", required=False, choices=OrganisationKind.choices, widget=forms.CheckboxSelectMultiple
    )
    departements = forms.CharField(
        label="Départements", required=False, max_length=3_000,
        help_text="Codes ou noms, séparés par des virgules. Vide : France entière.",
        widget=forms.Textarea(attrs={"class": "fr-input", "rows": 2}),
    )  # fmt: skip
    campaign = forms.ChoiceField(
        label="Qui suivent des patients encore à vacciner, de la campagne", required=False,
        widget=forms.Select(attrs={"class": "fr-select"}),
    )  # fmt: skip
    at_least = forms.IntegerField(
        label="Au moins combien de ces patients", required=False, min_value=1, max_value=100_000,
        widget=forms.NumberInput(attrs={"class": "fr-input", "inputmode": "numeric"}),
    )  # fmt: skip

    def __init__(self, *args: Any, book: RuleBook, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.book = book
        self.audience: Audience | None = None
        known = professions(book, book.known_on)
        self.fields["professions"].choices = [(code, row["label"]) for code, row in known.items()]
        titles = Campaign.objects.order_by("title").values_list("slug", "title")
        self.fields["campaign"].choices = [("", "Sans ce critère"), *titles]

    def clean_departements(self) -> list[str]:
        """The codes of what was typed."""
        typed = self.cleaned_data["departements"]
        try:
            return read_departements(typed) if typed.strip() else []
        except UnknownDepartements as unknown:
            raise forms.ValidationError(str(unknown)) from unknown

    def clean(self) -> dict[str, Any]:
        """The criteria hold together."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            asked = {name: values[name] for name in ("professions", "structures", "departements")}
            if values["campaign"]:
                asked["patients"] = {"campaign": values["campaign"], "at_least": values["at_least"] or 1}
            try:
                self.audience = read_audience(asked, self.book, self.book.known_on)
            except UnknownCriterion as unknown:
                raise forms.ValidationError(str(unknown)) from unknown
        return values


def initial_of(mailing: ProfessionalMailing, audience: Audience) -> dict[str, Any]:
    """A mail as values of its form."""
    names = departements()
    return {
        "title": mailing.title, "subject": mailing.subject, "body": mailing.body,
        "professions": list(audience.professions), "structures": list(audience.structures),
        "departements": ", ".join(names[code].name for code in audience.departements),
        "campaign": audience.campaign, "at_least": audience.at_least or None,
    }  # fmt: skip


class Approval(forms.Form):
    """Nobody approves without having said that they read it."""

    read = forms.BooleanField(error_messages={"required": "Cochez la case : un courrier s'approuve une fois relu."})


class NewsletterForm(forms.Form):
    """The period that a newsletter tells."""

    since = forms.DateField(label="Changements depuis le", widget=DATE)
    until = forms.DateField(label="jusqu'au", widget=DATE)

    def clean(self) -> dict[str, Any]:
        """In order."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        since, until = values.get("since"), values.get("until")
        if since and until and since >= until:
            self.add_error("until", "La fin de la période doit venir après son début.")
        return values

"""The lists a treating doctor asks for: own patients not yet vaccinated, own patients with an ALD by age (VC-52)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from allant import clock
from allant.accounts.access import requires
from allant.accounts.roles import Role
from allant.campaigns.models import Campaign
from allant.pages.base.sheets import sheet
from allant.pages.professional.acting import acting, for_teleservice
from allant.pages.professional.practice_access import doctor_of
from allant.vaccination.campaigns import PROGRAMME
from allant.vaccination.lists import Patient, deliver, deliver_of_campaign

KINDS = [
    ("not_vaccinated", "Mes patients qui ne sont pas encore vaccinés"),
    ("ald", "Mes patients en affection de longue durée (ALD), par âge"),
]
OF_CAMPAIGN = "campagne:"
HEADER = ("Nom", "Prénoms", "Date de naissance", "Âge", "Code postal", "Téléphone", "ALD", "Doses reçues")


class ListAsked(forms.Form):
    """Which list, and how it is handed over."""

    kind = forms.ChoiceField(error_messages={"required": "Aucune liste choisie : choisissez la liste à recevoir."})
    as_file = forms.BooleanField(required=False)

    def __init__(self, kinds: list[tuple[str, str]], *args: Any) -> None:
        super().__init__(*args)
        choice: forms.ChoiceField = self.fields["kind"]  # type: ignore[assignment]
        choice.choices = kinds


@requires(Role.HEALTH_PROFESSIONAL)
@for_teleservice(may="declare")
@require_http_methods(["GET", "HEAD", "POST"])
def patients(request: HttpRequest) -> HttpResponse:
    """Ask for a list; it is read at once, on the page or as a file, and its delivery is in the access log."""
    doctor = doctor_of(request)
    campaigns = {f"{OF_CAMPAIGN}{each.slug}": each for each in _campaigns()}
    kinds = KINDS + [(kind, f"Mes patients que vise la campagne « {each.title} »") for kind, each in campaigns.items()]
    form = ListAsked(kinds, request.POST if request.method == "POST" else None)
    delivery = None
    if request.method == "POST" and form.is_valid():
        kind, asked = form.cleaned_data["kind"], {"practitioner": doctor, "on": clock.today(), "by": acting(request).actor}
        of_campaign = campaigns.get(kind)
        delivery = deliver_of_campaign(campaign=of_campaign, **asked) if of_campaign else deliver(kind=kind, **asked)
        request.access_logged = True  # type: ignore[attr-defined]
        if form.cleaned_data["as_file"]:
            return sheet(f"patients-{delivery.kind}-{delivery.on}.csv", HEADER, map(_row, delivery.patients))
    context = {
        "title": "Mes patients",
        "trail": [("Espace professionnel", reverse("professional_home")), ("Vaccin Covid", reverse("teleservice"))],
        "kinds": kinds,
        "form": form,
        "delivery": delivery,
        "subtitle": dict(kinds)[form.cleaned_data["kind"]] if delivery else "",
        "rows": [(patient, phone(patient.phone)) for patient in delivery.patients] if delivery else [],
        "with_ald": bool(delivery and delivery.kind == "ald"),
    }
    return render(request, "professional/practice/patients.html", context, status=422 if form.errors else 200)


def _campaigns() -> list[Campaign]:
    """Those of the vaccination open today, but the medical service's own (TG-11)."""
    return list(Campaign.objects.running_on(clock.today()).filter(programme=PROGRAMME, medical=False))


def phone(number: str) -> str:
    """`+33639980001` as it is dialled in France: 06 39 98 00 01."""
    if number.startswith("+33") and len(number) == 12:
        number = f"0{number[3:]}"
    if len(number) == 10 and number.isdigit():
        return " ".join(number[rank : rank + 2] for rank in range(0, 10, 2))
    return number


def _row(patient: Patient) -> tuple[object, ...]:
    return (
        patient.family_name, patient.given_names, patient.birth_date, patient.age, patient.postcode, phone(patient.phone),
        " ; ".join(patient.ald_names), patient.dose_count,
    )  # fmt: skip

"""The taxis under contract: by commune, added one by one or by file, ended (AV-40)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from allant import clock
from allant.accounts.access import requires
from allant.accounts.roles import Role
from allant.accounts.sign_in import actor_of
from allant.campaigns.models import Taxi
from allant.campaigns.proposals.taxis import COLUMNS, TaxiRefused, add_taxi, end_taxi, load_taxis, name_of_commune, serving
from allant.geography import find
from allant.pages.base.errors import Missing

TITLE = "Taxis conventionnés"
A_PAGE = 50
LARGEST = 2_000_000  # bytes of a file
MOST_SAID = 20


class TaxiForm(forms.Form):
    """One taxi for one commune."""

    name = forms.CharField(label="Nom", max_length=100, error_messages={"required": "Indiquez le nom du taxi."})
    phone = forms.CharField(label="Téléphone", max_length=20, error_messages={"required": "Indiquez son numéro."})
    town = forms.CharField(
        label="Commune desservie", max_length=60, help_text="Nom ou code postal",
        error_messages={"required": "Indiquez la commune."},
    )  # fmt: skip
    accessible = forms.BooleanField(label="Prend les fauteuils roulants", required=False)

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        for name in ("name", "phone", "town"):
            self.fields[name].widget.attrs |= {"class": "fr-input", "autocomplete": "off", "aria-describedby": f"id_{name}_error"}

    def clean_town(self) -> str:
        """The code of the one commune that the words mean."""
        found = {each.code: each.name for each in find(self.cleaned_data["town"].strip(), 10)}
        typed = self.cleaned_data["town"].strip().casefold()
        exact = [code for code, name in found.items() if name.casefold() == typed]
        if len(found) == 1 or len(exact) == 1:
            return exact[0] if len(exact) == 1 else next(iter(found))
        if not found:
            raise forms.ValidationError("Commune inconnue : vérifiez l'orthographe, ou écrivez le code postal.")
        raise forms.ValidationError(f"Plusieurs communes : précisez ({', '.join(list(found.values())[:5])}).")


@requires(Role.CAMPAIGN_MANAGER)
@require_http_methods(["GET", "HEAD", "POST"])
def taxis(request: HttpRequest) -> HttpResponse:
    """The list, filtered by commune; a form to add one."""
    form, today = TaxiForm(request.POST or None), clock.today()
    if request.method == "POST" and form.is_valid():
        entry = form.cleaned_data
        try:
            add_taxi(
                name=entry["name"], phone=entry["phone"], commune_code=entry["town"], accessible=entry["accessible"],
                starts_on=today, by=actor_of(request).name,
            )  # fmt: skip
        except TaxiRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "Taxi ajouté.")
            return redirect("taxis")
    found, asked = serving(today), request.GET.get("commune", "").strip()[:60]
    if asked:
        found = found.filter(commune_code__in=[each.code for each in find(asked, 20)])
    page = Paginator(found, A_PAGE).get_page(request.GET.get("page"))
    context = {
        "title": TITLE, "form": form, "page_obj": page, "asked": asked, "columns": COLUMNS,
        "rows": [(taxi, name_of_commune(taxi.commune_code)) for taxi in page],
    }  # fmt: skip
    return render(request, "proposals/taxis.html", context, status=400 if form.errors else 200)


@requires(Role.CAMPAIGN_MANAGER)
@require_POST
def load(request: HttpRequest) -> HttpResponse:
    """Add the taxis of a file, or say what is wrong with each line."""
    file = request.FILES.get("file")
    wrong: tuple[str, ...] = ()
    if file is None or file.size > LARGEST:
        wrong = ("Choisissez un fichier CSV de 2 Mo au plus.",)
    else:
        try:
            loaded = load_taxis(file.read().decode("utf-8-sig"), on=clock.today(), by=actor_of(request).name)
        except (UnicodeDecodeError, TaxiRefused) as refusal:
            wrong = (str(refusal) if isinstance(refusal, TaxiRefused) else "Fichier illisible : il doit être en UTF-8.",)
        else:
            wrong = loaded.wrong
            if not wrong:
                messages.success(request, f"{loaded.added} taxis ajoutés, {loaded.known} déjà connus.")
                return redirect("taxis")
    context = {
        "title": "Fichier de taxis refusé", "wrong": wrong[:MOST_SAID], "more": max(0, len(wrong) - MOST_SAID),
        "trail": [(TITLE, reverse("taxis"))],
    }  # fmt: skip
    return render(request, "proposals/taxis_refused.html", context, status=400)


@requires(Role.CAMPAIGN_MANAGER)
@require_POST
def end(request: HttpRequest, taxi: int) -> HttpResponse:
    """Its contract is over: no letter names it from today on."""
    found = Taxi.objects.filter(pk=taxi, ends_on=None).first()
    if found is None:
        raise Missing("Ce taxi n'est plus dans la liste : rechargez-la.")
    end_taxi(found, on=clock.today(), by=actor_of(request).name)
    messages.success(request, "Taxi retiré : les courriers écrits désormais ne le nomment plus.")
    return redirect("taxis")

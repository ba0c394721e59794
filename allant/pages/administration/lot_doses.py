"""The persons vaccinated with one lot, on a page and as a file, to warn them of a recall (VC-30)."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from allant.accounts.access import requires
from allant.accounts.log import log_request
from allant.accounts.models import LoggedAction
from allant.accounts.roles import Role
from allant.immunizations.actions import doses_of_lot
from allant.immunizations.models import Dose, Lot, Vaccine
from allant.immunizations.querysets import DoseQuerySet
from allant.pages.administration.lots import trail
from allant.pages.administration.recorded import persons_of, recorded_doses, standing
from allant.pages.administration.territory import check_whole_country
from allant.pages.base.errors import Missing
from allant.pages.base.sheets import sheet
from allant.people.models import ContactPoint

DOSES_A_PAGE = 50
HEADER = (
    "Dossier", "Nom", "Prénoms", "Date de naissance", "Code postal", "Téléphones", "Courriel", "Vaccin", "Lot", "Dose du", "Rang",
    "Professionnel", "Enregistrée par",
)  # fmt: skip


@requires(Role.ADMINISTRATOR)
@require_safe
def lot_doses(request: HttpRequest, lot: int) -> HttpResponse:
    """Doses given of a lot, with their persons, who are in the access log as shown."""
    check_whole_country(request)
    found = get_object_or_404(Lot, pk=lot)
    return _listed(request, found, doses_of_lot(found), above=reverse("administration_lot", args=[lot]))


@requires(Role.ADMINISTRATOR)
@require_safe
def lot_persons(request: HttpRequest, lot: int) -> HttpResponse:
    """The same as a file, with what is needed to reach each person. Every person is in the access log."""
    check_whole_country(request)
    found = get_object_or_404(Lot, pk=lot)
    doses = list(recorded_doses(doses_of_lot(found)))
    contacts = _contacts(set(persons_of(doses)))
    log_request(request, LoggedAction.READ, "rappel d'un lot : fichier des personnes", persons_of(doses))
    return sheet(f"lot-{found.pk}-personnes.csv", HEADER, (_row(dose, contacts) for dose in doses))


@requires(Role.ADMINISTRATOR)
@require_safe
def unlisted_doses(request: HttpRequest) -> HttpResponse:
    """Doses of a lot that no list holds, whom they were given to and by whom."""
    check_whole_country(request)
    vaccine, number = request.GET.get("vaccin", ""), request.GET.get("lot", "")
    if vaccine not in Vaccine.values or not number.isprintable() or not number:
        raise Missing("Aucun lot demandé : choisissez-en un dans la liste des lots hors liste.")
    lot = Lot(vaccine=vaccine, number=number)
    above = reverse("administration_unlisted_lots")
    return _listed(request, lot, Dose.objects.with_unlisted_lot().filter(vaccine=vaccine, lot_number=number), above=above)


def _listed(request: HttpRequest, lot: Lot, doses: DoseQuerySet, *, above: str) -> HttpResponse:
    page = Paginator(recorded_doses(doses), DOSES_A_PAGE).get_page(request.GET.get("page"))
    log_request(request, LoggedAction.READ, "doses d'un lot", persons_of(page))
    context = {
        "title": f"Doses du lot {lot.number}",
        "trail": trail((f"Lot {lot.number}" if lot.pk else "Lots hors liste", above)),
        "lot": lot,
        "page_obj": page,
    }
    return render(request, "administration/lot_doses.html", context)


def _contacts(persons: set[int]) -> dict[int, dict[str, list[str]]]:
    """Person → kind → values that still work, those of merged records included."""
    found: dict[int, dict[str, list[str]]] = {}
    for bearers in ({"person_id__in": persons}, {"person__merged_into_id__in": persons}):
        for point in ContactPoint.objects.filter(invalid_since__isnull=True, **bearers).select_related("person"):
            kinds = found.setdefault(point.person.merged_into_id or point.person_id, {})
            kinds.setdefault(point.kind, []).append(point.value)
    return found


def _row(dose: Dose, contacts: dict[int, dict[str, list[str]]]) -> list[object]:
    person = standing(dose)
    reach = contacts.get(person.pk, {})
    phones = " / ".join(_national(number) for number in [*reach.get("mobile", []), *reach.get("landline", [])])
    return [
        person.pk, person.family_name, person.given_names, person.birth_date, person.postcode, phones,
        " / ".join(reach.get("email", [])), dose.get_vaccine_display(), dose.lot, dose.occurred_on, dose.dose_number,
        dose.practitioner or "", dose.recorded_by,
    ]  # fmt: skip


def _national(number: str) -> str:
    """`+33639980001` as it is dialled in France: a leading + is a formula to a spreadsheet."""
    return f"0{number[3:]}" if number.startswith("+33") else number.replace("+", "00", 1)

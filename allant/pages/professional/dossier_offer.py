"""What a dose form offers and proposes: from the journey of the patient, and from what was used last here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from django.http import HttpRequest

from allant.directory.models import OrganisationKind
from allant.doctrine import RuleBook
from allant.immunizations.models import Dose, Vaccine
from allant.pages.professional.dossier import File
from allant.pages.professional.dossier_dose_form import ABROAD, BEFORE, HOME, HOME_NAME, DoseForm, Offer
from allant.pages.professional.dossier_proposals import CABINET, PLACE_OF, LastUsed, last_used
from allant.vaccination.history import parts_of, refused_as_history

OTHER = "autre"
"""Query parameter: another product than the one foreseen is to be entered, which asks for a written reason."""


def offer_of(file: File, other: bool) -> Offer:
    """The products foreseen next, with those that need a reason when `other`."""
    coming = file.journey.next
    accepted = [(row["code"], row["label"]) for row in file.book.value("covid.vaccines", file.on)]
    foreseen = [choice.code for choice in coming.vaccines] if coming else []
    reasoned = [choice.code for choice in coming.others] if coming and other else []
    return Offer(
        vaccines=[pair for pair in accepted if pair[0] in (*foreseen, *reasoned)],
        accepted=accepted,
        locked=coming.locked or "" if coming and not other else "",
        am_number=file.acting.am_number,
        home_postcode=file.person.postcode or "",
    )


def dose_form(request: HttpRequest, file: File) -> tuple[DoseForm, LastUsed]:
    """The form of the next dose, bound to what was posted; its proposals are marked. Two queries."""
    offer = offer_of(file, OTHER in request.GET)
    last = last_used(file.acting, file.on)
    values = _proposals(file, offer, last)
    if request.method == "POST":
        form = DoseForm(request.POST, book=file.book, on=file.on, offer=offer)
    else:
        form = DoseForm(initial={"source_key": uuid4(), **values}, book=file.book, on=file.on, offer=offer)
    form.mark_proposed(name for name, value in values.items() if name in MARKED and str(form[name].value()) == str(value))
    return form, last


OPTIONAL = ("am_number", "forced_reason", "commune_code")


def recording_form(request: HttpRequest, file: File) -> DoseForm:
    """What was checked, to be recorded: no proposal is read, and every product is let through to the action."""
    listed = [(row["code"], row["label"]) for row in file.book.value("covid.vaccines", file.on)]
    offer = Offer(listed, listed, am_number=file.acting.am_number, home_postcode=file.person.postcode or "")
    return DoseForm(request.POST, book=file.book, on=file.on, offer=offer, shown=False)


MARKED = ("vaccine", "lot", "site", "occurred_on", "dose_number", "place_kind", "place_name", "postcode", "am_number")


def _proposals(file: File, offer: Offer, last: LastUsed) -> dict[str, Any]:
    """Field → proposed value; the vaccine only among those foreseen, and the lot only of that vaccine."""
    vaccine = offer.locked or str(last.values.get("vaccine", ""))
    values = {**last.values, "vaccine": vaccine, "lot": last.lots.get(vaccine, ""), "occurred_on": f"{file.on:%d/%m/%Y}"}
    if vaccine not in dict(offer.vaccines):
        values |= {"vaccine": "", "lot": ""}
    if file.journey.next:
        values["dose_number"] = str(file.journey.next.dose_number)
    return {name: value for name, value in values.items() if value}


def known_places(file: File) -> dict[str, dict[str, str]]:
    """Kind of place → what it tells by itself: the structure of the session, the patient's home."""
    held = file.acting.membership
    own = {"place_name": file.acting.structure_name, "postcode": held.postcode, "commune_code": ""}
    home = {"place_name": HOME_NAME, "postcode": file.person.postcode or "", "commune_code": file.person.commune_code or ""}
    kind = PLACE_OF.get(OrganisationKind(file.acting.organisation.kind)) if file.acting.organisation else None
    places = {HOME: home, CABINET: {"am_number": file.acting.am_number}}
    if kind:
        places[kind] = own | places.get(kind, {})
    return places


def initial_of(dose: Dose, book: RuleBook) -> Mapping[str, Any]:
    """The form of a dose already recorded, for its correction."""
    location = dose.location
    place = {}
    if location:
        place = {"place_name": location.name, "postcode": location.postcode, "commune_code": location.commune_code}
    names = ("vaccine", "lot", "site", "occurred_on", "dose_number", "place_kind", "am_number", "forced_reason")
    read = _read_elsewhere(dose, book) if dose.proof else {}
    return {"source_key": uuid4(), **{name: getattr(dose, name) for name in names}, **place, **read}


def _read_elsewhere(dose: Dose, book: RuleBook) -> dict[str, str]:
    """What a proof says of where the dose was given; nothing is ticked where it says too little."""
    document, country = parts_of(dose.proof)
    before = not country and not refused_as_history(dose.occurred_on, dose.proof, book)
    return {"proof": document, "country": country, "origin": ABROAD if country else BEFORE if before else ""}


def first_to_fill(form: DoseForm) -> str:
    """The first field left empty, where the keyboard starts; empty when everything is proposed and one key is enough."""
    for bound in form.visible_fields():
        if bound.name not in OPTIONAL and not bound.value():
            return str(bound.name)
    return ""


def correction_offer(file: File) -> Offer:
    """Every product: a correction, or a dose given elsewhere, may be of any, and the action judges it."""
    listed = [(row["code"], row["label"]) for row in file.book.value("covid.vaccines", file.on)]
    listed.append((Vaccine.UNKNOWN.value, "Autre vaccin, ou inconnu"))
    return Offer(listed, listed, am_number=file.acting.am_number, home_postcode=file.person.postcode or "")

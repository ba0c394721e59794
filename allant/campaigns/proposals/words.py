"""What the letters of AV-40 say: the slot held, how to confirm it, the voucher, the taxis; or how to ask for a nurse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.conf import settings
from django.urls import reverse

from allant import clock
from allant.appointments.calendar import local_start, zone_at
from allant.appointments.links import token_of
from allant.appointments.models import Appointment
from allant.campaigns.injections import wants_second
from allant.campaigns.models import Invitation, Taxi
from allant.campaigns.proposals.slot_letters import HOME, SLOT, held_for
from allant.campaigns.proposals.taxis import of_communes
from allant.doctrine import rules
from allant.outreach.letters import codes

VOUCHER = "allant.campaigns.voucher"
NO_TAXI = "Aucun taxi conventionné n'est connu dans votre commune : demandez-en un au 0800 730 956."


def added(invitation_ids: Sequence[int]) -> dict[int, Mapping[str, Any] | None]:
    """Invitation of a campaign that offers something → the words added to its letter; None when its slot is not held any more."""
    offering = Invitation.objects.filter(pk__in=invitation_ids).exclude(campaign__offers="").select_related("person", "campaign")
    by_offer: dict[str, list[Invitation]] = {SLOT: [], HOME: []}
    for invitation in offering:
        by_offer[invitation.campaign.offers].append(invitation)
    page = settings.ALLANT_ADDRESS + reverse("answer_letter")
    at_home = {"url": page, "qr": page, "about": "Demander une vaccination à domicile"}
    found: dict[int, Mapping[str, Any] | None] = dict.fromkeys((each.pk for each in by_offer[HOME]), at_home)
    return found | _slots(by_offer[SLOT], page)


def _slots(invitations: Sequence[Invitation], page: str) -> dict[int, Mapping[str, Any] | None]:
    if not invitations:
        return {}
    held, on = held_for([each.pk for each in invitations]), clock.today()
    most = int(rules.as_known_on(on).value("campaigns.slot_letters", on)["taxis"])
    taxis = of_communes([each.person.commune_code or "" for each in invitations], on)
    return {
        each.pk: _words(held[each.pk], taxis.get(each.person.commune_code or "", [])[:most], page) if each.pk in held else None
        for each in invitations
    }


def _words(seat: Appointment, taxis: Sequence[Taxi], page: str) -> dict[str, Any]:
    starts, place = local_start(seat.slot), seat.slot.place
    until = seat.held_until.astimezone(zone_at(place)) if seat.held_until else starts
    where = ", ".join(part for part in (place.location.name, place.address, place.location.postcode) if part)
    days = [starts.date(), *(local_start(each.slot).date() for each in chained_to(seat))]
    return {
        "day": starts.date(), "hour": starts.time(), "place": where, "until_day": until.date(), "url": page,
        "second": _second(seat),
        "qr": settings.ALLANT_ADDRESS + reverse("own_appointment", args=[token_of(seat)]),
        "about": "Confirmer, déplacer ou rendre ce rendez-vous",
        "taxis": "\n".join(_taxi(each) for each in taxis) or NO_TAXI, "voucher": voucher(seat, days, where),
    }  # fmt: skip


def chained_to(seat: Appointment) -> list[Appointment]:
    """The second injection that stands with this seat, if any; reads `chained`, prefetched or not."""
    return [each for each in seat.chained.all() if each.ended_at is None]


def _second(seat: Appointment) -> str:
    """The second injection held along with the first, or that the place books it (AP-05); empty where none is due."""
    for each in chained_to(seat):
        return f" La seconde injection vous y est réservée aussi, le {local_start(each.slot):%d/%m/%Y à %H h %M}."
    due = wants_second(seat.slot, rules.as_known_on(clock.today()))
    return " Le lieu prendra avec vous le rendez-vous de la seconde injection." if due else ""


def _taxi(taxi: Taxi) -> str:
    number = " ".join(taxi.phone[at : at + 2] for at in range(0, 10, 2)) if len(taxi.phone) == 10 else taxi.phone
    return f"{taxi.name}, {number}{' (fauteuil roulant)' if taxi.accessible else ''}"


def voucher(seat: Appointment, days: Sequence[date], where: str) -> dict[str, Any]:
    """The transport voucher printed under the letter: good for the days of its appointments only, checked by its number."""
    return {
        "title": "Bon de transport",
        "number": codes.printed(seat.pk, salt=VOUCHER),
        "lines": [
            f"Valable le {' et le '.join(f'{day:%d/%m/%Y}' for day in days)}, aller et retour, vers : {where}.",
            "Pris en charge par l'Assurance Maladie une fois le rendez-vous confirmé. À remettre au taxi conventionné.",
        ],
    }


def read_voucher(typed: str) -> Appointment | None:
    """The appointment of a voucher's number, None when there is none. Raises codes.BadCode."""
    number = codes.read(typed, salt=VOUCHER)
    found = Appointment.objects.select_related("slot__place__location").prefetch_related("chained__slot__place__location")
    return found.filter(pk=number, origin="letter").first()

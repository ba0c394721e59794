"""What this room lets others do: fix an allotment, order from it, move an order on. Doing it again changes nothing."""

from __future__ import annotations

from datetime import date, datetime

import pghistory
from django.db import connection, transaction
from django.db.models import F

from allant.directory.models import Location, Practitioner
from allant.doctrine import RuleBook
from allant.supply.models import STATES, Allotment, DoseOrder, OrderedVials, OrderEvent, OrderStep
from allant.supply.ordering import town_orders

# From the last step to those that may follow.
NEXT = {
    "ordered": (OrderStep.CONFIRMED, OrderStep.CANCELLED),
    OrderStep.CONFIRMED: (OrderStep.DELIVERED, OrderStep.CANCELLED),
    OrderStep.DELIVERED: (),
    OrderStep.CANCELLED: (),
}

_TAKE = """
INSERT INTO supply_orderedvials AS taken (practitioner_id, vaccine, week, vials)
SELECT %(practitioner)s, vaccine, week, %(vials)s FROM supply_allotment
WHERE id = %(allotment)s AND vials_per_doctor >= %(vials)s FOR SHARE
ON CONFLICT (practitioner_id, vaccine, week) DO UPDATE SET vials = taken.vials + excluded.vials
WHERE taken.vials + excluded.vials <= (SELECT vials_per_doctor FROM supply_allotment WHERE id = %(allotment)s)
RETURNING vials
"""


class OrderRefused(ValueError):
    """An order, a step or an allotment that cannot be; says why and what to do, in French."""


@transaction.atomic
def set_allotment(
    *, vaccine: str, week: date, departement_code: str = "", vials_per_doctor: int, by: str, at: datetime
) -> Allotment:
    """Fix what each doctor may order of a vaccine for a week; fixed before, it is changed (the history keeps what it was).

    Orders placed stand, even beyond a number lowered since. Raises OrderRefused.
    """
    if week.weekday():
        raise OrderRefused(f"Le {week:%d/%m/%Y} n'est pas un lundi : donnez le lundi de la semaine de livraison.")
    with pghistory.context(by=by):
        allotment, _ = Allotment.objects.update_or_create(
            vaccine=vaccine,
            week=week,
            departement_code=departement_code,
            defaults={"vials_per_doctor": vials_per_doctor, "set_at": at, "set_by": by},
        )
    return allotment


@transaction.atomic
def order_vials(
    *,
    doctor: Practitioner,
    allotment: Allotment,
    vials: int,
    pharmacy: Location,
    source_key: str,
    by: str,
    at: datetime,
    book: RuleBook,
) -> DoseOrder:
    """Order, within what the allotment leaves the doctor. The same `source_key` again is the same order. Raises OrderRefused."""
    # The orders of one doctor wait for each other: a form sent twice at once finds the first.
    Practitioner.objects.select_for_update(no_key=True).get(pk=doctor.pk)
    if earlier := _placed(source_key, doctor, allotment):
        return earlier
    _refuse(allotment, doctor, vials, at.date(), book)
    _take(doctor, allotment, vials)
    return DoseOrder.objects.create(
        allotment=allotment,
        practitioner=doctor,
        vials=vials,
        pharmacy=pharmacy,
        source_key=source_key,
        ordered_at=at,
        ordered_by=by,
    )


@transaction.atomic
def advance(*, order: DoseOrder, step: str, by: str, at: datetime, reason: str = "") -> bool:
    """Add a step to an order; False when it was done before. A cancelled order gives its vials back. Raises OrderRefused."""
    order = DoseOrder.objects.select_for_update(of=("self",)).select_related("allotment").get(pk=order.pk)
    last = order.events.order_by("-at", "-pk").first()
    state = last.kind if last else "ordered"
    if state == step:
        return False
    if step not in NEXT[state]:
        raise OrderRefused(_impossible(state, step))
    if step == OrderStep.CANCELLED and not reason:
        raise OrderRefused("Annulation sans motif : écrivez pourquoi la commande est annulée.")
    OrderEvent.objects.create(order=order, kind=step, at=at, by=by, reason=reason)
    if step == OrderStep.CANCELLED:
        _give_back(order.practitioner, order.allotment, order.vials)
    return True


def _placed(source_key: str, doctor: Practitioner, allotment: Allotment) -> DoseOrder | None:
    order: DoseOrder | None = DoseOrder.objects.filter(source_key=source_key).first()
    if order and (order.practitioner_id, order.allotment_id) != (doctor.pk, allotment.pk):
        raise OrderRefused("Ce formulaire a déjà servi à une autre commande : rouvrez la page et recommencez.")
    return order


def _refuse(allotment: Allotment, doctor: Practitioner, vials: int, on: date, book: RuleBook) -> None:
    rule = town_orders(book, on)
    if vials < 1:
        raise OrderRefused("Nombre de flacons : au moins 1.")
    if allotment.departement_code not in ("", doctor.departement_code):
        raise OrderRefused("Cette allocation est celle d'un autre département.")
    if allotment.vaccine not in rule.vaccines:
        raise OrderRefused(f"{allotment.get_vaccine_display()} ne se commande pas en ville à cette date.")
    if not rule.accepts(allotment.vaccine, allotment.week, on):
        raise OrderRefused(
            f"Commandes closes pour la semaine du {allotment.week:%d/%m/%Y} depuis le {rule.last_day(allotment.week):%d/%m/%Y} : "
            "choisissez une semaine suivante."
        )


def _take(doctor: Practitioner, allotment: Allotment, vials: int) -> None:
    """One conditional statement: under any concurrency, the counter never goes beyond the allotment."""
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, {"practitioner": doctor.pk, "allotment": allotment.pk, "vials": vials})
        if cursor.fetchone():
            return
    taken = OrderedVials.objects.filter(practitioner=doctor, vaccine=allotment.vaccine, week=allotment.week).first()
    allotment.refresh_from_db()
    left = max(0, allotment.vials_per_doctor - (taken.vials if taken else 0))
    raise OrderRefused(
        f"{vials} flacon(s) demandé(s), {left} disponible(s) pour vous sur {allotment.vials_per_doctor} : réduisez la commande."
    )


def _give_back(doctor: Practitioner, allotment: Allotment, vials: int) -> None:
    OrderedVials.objects.filter(practitioner=doctor, vaccine=allotment.vaccine, week=allotment.week).update(
        vials=F("vials") - vials
    )


def _impossible(state: str, step: str) -> str:
    return f"Commande « {STATES[state].lower()} » : elle ne peut pas devenir « {STATES[step].lower()} »."

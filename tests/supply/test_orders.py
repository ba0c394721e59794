"""Orders of doses (VC-53): never beyond the allotment, once each, their state read from their events."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

import pytest
from django.db import DatabaseError, connection, transaction

from allant.doctrine import rules
from allant.supply.actions import OrderRefused, advance, set_allotment
from allant.supply.models import Allotment, DoseOrder, OrderedVials, OrderEvent
from allant.supply.ordering import doses_per_vial, monday_of, town_orders
from tests.supply.builders import AT, BOOK, WEEK, allotment, doctor, order, pharmacy


@pytest.mark.django_db
def test_vc53_an_order_takes_from_the_allotment_of_the_doctor() -> None:
    """VC-53: against the weekly allotment, with its place of delivery and its state."""
    who, of = doctor(), allotment(3)
    placed = order(who, of, 2)
    seen = DoseOrder.objects.with_state().with_names().get()
    assert (seen.state, seen.vials, seen.pharmacy.name) == ("ordered", 2, "Pharmacie du Marché")
    assert Allotment.objects.for_doctor(who).get().ordered == 2
    with pytest.raises(OrderRefused, match=r"2 flacon\(s\) demandé\(s\), 1 disponible\(s\) pour vous sur 3"):
        order(who, of, 2, "k2")
    order(who, of, 1, "k3")
    order(doctor("10000000029"), of, 3, "k4")
    totals = Allotment.objects.with_totals().get()
    assert (totals.order_count, totals.ordered) == (3, 6)
    assert placed in DoseOrder.objects.placed_by(who)


@pytest.mark.django_db
def test_vc53_the_same_form_sent_again_is_the_same_order() -> None:
    """VC-53."""
    who, of = doctor(), allotment(2)
    assert order(who, of, 2) == order(who, of, 2)
    assert OrderedVials.objects.get().vials == 2
    with pytest.raises(OrderRefused, match="déjà servi"):
        order(doctor("10000000029"), of, 1)


REFUSED = [
    ("another département", {"departement_code": "75"}, 1, "autre département"),
    ("no vial", {}, 0, "au moins 1"),
    ("a vaccine not ordered in town", {"vaccine": "comirnaty"}, 1, "ne se commande pas en ville"),
    ("orders closed", {"week": date(2021, 3, 1)}, 1, "Commandes closes pour la semaine du 01/03/2021 depuis le 24/02/2021"),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("case", "values", "vials", "message"), REFUSED, ids=[row[0] for row in REFUSED])
def test_vc53_refused_with_what_to_do(case: str, values: dict[str, object], vials: int, message: str) -> None:
    """VC-53."""
    with pytest.raises(OrderRefused, match=message):
        order(doctor(), allotment(3, **values), vials)
    assert not DoseOrder.objects.exists() and not OrderedVials.objects.exists()


@pytest.mark.parametrize(("on", "open_"), [(date(2021, 3, 2), True), (date(2021, 3, 3), True), (date(2021, 3, 4), False)])
def test_vc53_orders_close_on_the_wednesday_before(on: date, open_: bool) -> None:
    """VC-53: the delay is doctrine."""
    assert town_orders(BOOK, on).accepts("vaxzevria", WEEK, on) is open_


def test_vc53_before_the_opening_nothing_is_ordered_in_town() -> None:
    """VC-53."""
    assert town_orders(rules.as_known_on(date(2021, 1, 10)), date(2021, 1, 10)).vaccines == ()


def test_vc53_doses_per_vial_are_doctrine() -> None:
    """VC-53."""
    assert doses_per_vial(BOOK, date(2021, 1, 7))["comirnaty"] == 5
    assert doses_per_vial(BOOK, date(2021, 1, 8)) == {"comirnaty": 6, "spikevax": 10, "vaxzevria": 10, "janssen": 5}


@pytest.mark.django_db
def test_vc53_the_departements_own_allotment_replaces_the_nations() -> None:
    """VC-53: what was ordered before counts in it."""
    who, of = doctor(), allotment(3)
    order(who, of, 2)
    own = allotment(4, departement_code="35")
    seen = Allotment.objects.for_doctor(who).get()
    assert (seen, seen.ordered) == (own, 2)
    with pytest.raises(OrderRefused, match="2 disponible"):
        order(who, own, 3, "k2")
    order(who, own, 2, "k3")
    assert Allotment.objects.for_doctor(doctor("10000000029", "75")).get() == of


@pytest.mark.django_db
def test_vc53_an_allotment_changed_keeps_what_it_was() -> None:
    """VC-53: lowered below what was ordered, orders stand and none is added."""
    who, of = doctor(), allotment(3)
    order(who, of, 2)
    assert allotment(1) == of
    with pytest.raises(OrderRefused, match="0 disponible"):
        order(who, of, 1, "k2")
    with connection.cursor() as cursor:
        cursor.execute("SELECT vials_per_doctor FROM supply_allotmentevent")
        assert cursor.fetchall() == [(3,)]
    with pytest.raises(OrderRefused, match="n'est pas un lundi"):
        set_allotment(vaccine="vaxzevria", week=date(2021, 3, 9), vials_per_doctor=1, by="test", at=AT)


@pytest.mark.django_db
def test_vc53_steps_follow_each_other_and_a_cancelled_order_gives_its_vials_back() -> None:
    """VC-53."""
    who, of = doctor(), allotment(3)
    first, second = order(who, of, 2), order(who, of, 1, "k2")
    with pytest.raises(OrderRefused, match="« passée » : elle ne peut pas devenir « livrée »"):
        advance(order=first, step="delivered", by="admin", at=AT)
    assert advance(order=first, step="confirmed", by="admin", at=AT)
    assert not advance(order=first, step="confirmed", by="admin", at=AT)
    assert advance(order=first, step="delivered", by="admin", at=datetime(2021, 3, 9, tzinfo=UTC))
    with pytest.raises(OrderRefused, match="« livrée »"):
        advance(order=first, step="cancelled", by="admin", at=AT, reason="erreur")
    with pytest.raises(OrderRefused, match="sans motif"):
        advance(order=second, step="cancelled", by="ps:1", at=AT)
    for _ in range(2):
        advance(order=second, step="cancelled", by="ps:1", at=AT, reason="trop tôt")
    assert OrderedVials.objects.get().vials == 2
    states = DoseOrder.objects.with_state().order_by("pk").values_list("state", flat=True)
    assert list(states) == ["delivered", "cancelled"]
    assert Allotment.objects.with_totals().get().ordered == 2


@pytest.mark.django_db
@pytest.mark.parametrize("change", ["UPDATE supply_doseorder SET vials = 9", "DELETE FROM supply_orderevent"])
def test_vc53_orders_and_steps_are_never_changed(change: str) -> None:
    """VC-53."""
    advance(order=order(doctor(), allotment()), step="confirmed", by="admin", at=AT)
    with pytest.raises(DatabaseError, match="never_changed"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)
    assert OrderEvent.objects.count() == DoseOrder.objects.count() == 1


def together(count: int, work: Callable[[int], object]) -> list[object]:
    """Run `work` on so many connections at once; what each gave, or the refusal."""

    def one(rank: int) -> object:
        try:
            return work(rank)
        except OrderRefused as refused:
            return refused
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


@pytest.mark.django_db(transaction=True)
def test_vc53_twenty_orders_at_once_never_go_beyond_the_allotment() -> None:
    """VC-53."""
    who, of, to = doctor(), allotment(5), pharmacy()
    given = together(20, lambda rank: order(who, of, 1, f"k{rank}", to=to))
    assert sum(isinstance(one, DoseOrder) for one in given) == 5
    assert OrderedVials.objects.get().vials == 5 == DoseOrder.objects.count()


@pytest.mark.django_db(transaction=True)
def test_vc53_one_form_sent_twenty_times_at_once_is_one_order() -> None:
    """VC-53: double click, retry."""
    who, of, to = doctor(), allotment(2), pharmacy()
    given = together(20, lambda rank: order(who, of, 2, "same", to=to))
    assert len(set(given)) == 1 and isinstance(given[0], DoseOrder)
    assert OrderedVials.objects.get().vials == 2


@pytest.mark.django_db(transaction=True)
def test_vc53_cancelled_twenty_times_at_once_gives_back_once() -> None:
    """VC-53."""
    placed = order(doctor(), allotment(2), 2)
    given = together(20, lambda rank: advance(order=placed, step="cancelled", by=f"u{rank}", at=AT, reason="erreur"))
    assert given.count(True) == 1
    assert OrderedVials.objects.get().vials == 0


def test_the_monday_of_any_day() -> None:
    assert monday_of(date(2021, 3, 14)) == monday_of(WEEK) == WEEK

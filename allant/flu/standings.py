"""Where a person stands in a season: computed from the rows, never stored, and never with the code."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection

from allant.clock import PARIS
from allant.doctrine import RuleBook
from allant.flu.models import Delivery, Origin, Voucher
from allant.flu.seasons import Season, season_in_force
from allant.people.models import Person

NONE, PREPARED, SENT, HANDED, DELIVERED, INJECTED = "none", "prepared", "sent", "handed", "delivered", "injected"
_LEFT = """
SELECT m.sent_at FROM outreach_message AS m JOIN campaigns_invitation AS i ON i.id = m.cause_id
WHERE m.cause_kind = 'invitation' AND i.code_serial = %s AND m.channel = 'letter' AND m.sent_at IS NOT NULL
ORDER BY m.id LIMIT 1
"""


@dataclass(frozen=True)
class Standing:
    """`state`: one of the names above; `since`: the day it is so, None for `none` and `prepared`."""

    season: Season
    state: str
    since: date | None
    voucher: Voucher | None
    delivery: Delivery | None

    @property
    def sentence(self) -> str:
        """As the pages say it, without the code."""
        said = {
            NONE: "Aucun bon de prise en charge",
            PREPARED: "Bon de prise en charge préparé, courrier à venir",
            SENT: "Bon de prise en charge envoyé par courrier",
            HANDED: "Bon de prise en charge remis par un professionnel de santé",
            DELIVERED: "Vaccin délivré en pharmacie, à injecter",
            INJECTED: "Vaccin injecté",
        }[self.state]
        return f"{said} le {self.since:%d/%m/%Y}" if self.since else said


def standing_of(person: Person, on: date, book: RuleBook) -> Standing | None:
    """Where a person stands in the season in force on a day; None before the first one. Three queries at most."""
    season = season_in_force(book, on)
    if season is None:
        return None
    vouchers = Voucher.objects.standing().of_season(season.code).borne_by(person).select_related("batch")
    voucher = vouchers.order_by("-pk").first()
    deliveries = Delivery.objects.standing().of_season(season.code).borne_by(person)
    delivery = deliveries.select_related("dose", "organisation").order_by("-pk").first()
    state, since = _state(voucher, delivery)
    return Standing(season, state, since, voucher, delivery)


def _state(voucher: Voucher | None, delivery: Delivery | None) -> tuple[str, date | None]:
    if delivery is not None:
        if delivery.dose is not None and delivery.dose.ended_at is None:
            return INJECTED, delivery.dose.occurred_on
        return DELIVERED, delivery.delivered_on
    if voucher is None:
        return NONE, None
    if voucher.origin == Origin.PROFESSIONAL:
        return HANDED, voucher.issued_on
    left = _left_at(voucher)
    return (SENT, left.astimezone(PARIS).date()) if left else (PREPARED, None)


def _left_at(voucher: Voucher) -> datetime | None:
    with connection.cursor() as cursor:
        cursor.execute(_LEFT, [voucher.code_serial])
        row = cursor.fetchone()
    return row[0] if row else None

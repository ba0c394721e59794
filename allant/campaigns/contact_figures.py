"""What came of the contacts of one campaign, by day and fund (AV-50): one statement over the whole period, whatever its length.

Each figure stands on the day it happened. People are counted once, on the first day: reached, booked and done can be added up
over days and funds. A fund is that of the person now; '' when it is not known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db import connection

from allant.campaigns.acts import acts_sql
from allant.campaigns.models import Campaign
from allant.campaigns.own_doctor import AT_OWN_DOCTOR, channels_apart
from allant.doctrine import NotYetInForce, RuleBook
from allant.outreach.models import Channel

LONGEST = timedelta(800)
"""A period longer than any campaign so far: it bounds what a page reads."""


@dataclass
class Line:
    """Of one day, of one fund, or of several.

    `targeted`: persons put in waves; `contacted`: messages that left by channel, and calls dialled; `answered`: calls somebody
    answered; `reached`: persons who answered, or whose message was received; `booked`: persons with an appointment confirmed;
    `done`: persons who did the act on the day of their invitation or later; `own_doctor`: those who did it at their own doctor's,
    whom the campaign does not count in `done`; `cost`: euros, of the channels that have a tariff.
    """

    targeted: int = 0
    contacted: Counter[str] = field(default_factory=Counter)
    answered: int = 0
    reached: int = 0
    booked: int = 0
    done: int = 0
    own_doctor: int = 0
    cost: float = 0.0

    @property
    def calls(self) -> int:
        """Calls dialled."""
        return self.contacted[Channel.CALL]

    @property
    def pick_up(self) -> float | None:
        """Of the calls dialled, the share that a person answered; None without calls."""
        return self.answered / self.calls if self.calls else None

    def add(self, other: Line) -> None:
        """Add another day or fund."""
        self.targeted += other.targeted
        self.contacted.update(other.contacted)
        self.answered += other.answered
        self.reached += other.reached
        self.booked += other.booked
        self.done += other.done
        self.own_doctor += other.own_doctor
        self.cost += other.cost


Figures = Mapping[tuple[date, str], Line]
"""By day and fund, in order; where nothing happened there is no line."""

_FIGURES = """
    WITH every AS (
        SELECT i.id, i.campaign_id, i.person_id, i.channel, i.invited_on, i.revoked_at, coalesce(p.fund_code, '') AS fund
        FROM campaigns_invitation i JOIN people_person p ON p.id = i.person_id WHERE i.campaign_id = %(campaign)s
    ), sent AS (
        SELECT every.person_id, every.fund, m.id, m.channel, (m.sent_at AT TIME ZONE 'Europe/Paris')::date AS day
        FROM outreach_message m JOIN every ON every.id = m.cause_id
        WHERE m.cause_kind = 'invitation' AND m.channel <> 'call' AND m.sent_at IS NOT NULL
          AND m.status IN ('sent', 'delivered', 'failed')
    ), dialled AS (
        SELECT c.person_id, coalesce(p.fund_code, '') AS fund, (c.dialled_at AT TIME ZONE 'Europe/Paris')::date AS day,
               c.answered_at IS NOT NULL AS answered
        FROM campaigns_callattempt c JOIN people_person p ON p.id = c.person_id
        WHERE c.campaign_id = %(campaign)s AND c.dialled_at IS NOT NULL
    ), reached AS (
        SELECT person_id, fund, min(day) AS day FROM (
            SELECT person_id, fund, day FROM dialled WHERE answered
            UNION ALL
            SELECT sent.person_id, sent.fund, (e.at AT TIME ZONE 'Europe/Paris')::date
            FROM sent JOIN outreach_deliveryevent e ON e.message_id = sent.id WHERE e.kind = 'delivered'
        ) AS told GROUP BY 1, 2
    ), booked AS (
        SELECT every.person_id, every.fund, min((a.booked_at AT TIME ZONE 'Europe/Paris')::date) AS day
        FROM appointments_appointment a JOIN every ON every.id = a.cause_id
        WHERE a.cause_kind = 'invitation' AND a.confirmed_at IS NOT NULL GROUP BY 1, 2
    ), done AS (
        SELECT invited.person_id, invited.fund, act.done_on AS day, {at_own_doctor} AS apart
        FROM every AS invited
        JOIN (SELECT person_id, done_on, %(apart)s::text[] AS apart FROM ({acts}) AS told) AS act USING (person_id)
        WHERE invited.revoked_at IS NULL AND act.done_on >= invited.invited_on
    ), counted AS (
        SELECT invited_on AS day, fund, 'targeted' AS what, count(*) AS n FROM every WHERE revoked_at IS NULL GROUP BY 1, 2
        UNION ALL SELECT day, fund, channel, count(*) FROM sent GROUP BY 1, 2, 3
        UNION ALL SELECT day, fund, 'call', count(*) FROM dialled GROUP BY 1, 2
        UNION ALL SELECT day, fund, 'answered', count(*) FROM dialled WHERE answered GROUP BY 1, 2
        UNION ALL SELECT day, fund, 'reached', count(*) FROM reached GROUP BY 1, 2
        UNION ALL SELECT day, fund, 'booked', count(*) FROM booked GROUP BY 1, 2
        UNION ALL SELECT day, fund, CASE WHEN apart THEN 'own_doctor' ELSE 'done' END, count(*) FROM done GROUP BY 1, 2, 3
    )
    SELECT day, fund, what, n FROM counted WHERE day >= %(first)s AND day <= %(last)s ORDER BY day, fund"""
_PERSONS = ("targeted", "answered", "reached", "booked", "done", "own_doctor")


def figures(campaign: Campaign, first: date, last: date, book: RuleBook) -> Figures:
    """From the first day to the last, both included. One query."""
    statement = _FIGURES.format(acts=acts_sql(campaign), at_own_doctor=AT_OWN_DOCTOR)
    apart = channels_apart(campaign, book)
    with connection.cursor() as cursor:
        cursor.execute(statement, {"campaign": campaign.pk, "first": first, "last": last, "apart": apart})
        rows = cursor.fetchall()
    return _lines(rows, {day: tariffs(book, day) for day in {row[0] for row in rows}})


def _lines(rows: Iterable[tuple[date, str, str, int]], costs: Mapping[date, Mapping[str, float]]) -> Figures:
    found: dict[tuple[date, str], Line] = {}
    for day, fund, what, number in rows:
        line = found.setdefault((day, fund), Line())
        if what in _PERSONS:
            setattr(line, what, number)
        else:
            line.contacted[what] += number
            line.cost += number * costs[day].get(what, 0.0)
    return found


def tariffs(book: RuleBook, on: date) -> dict[str, float]:
    """Euros by channel, of those that have a tariff that day; before the first tariffs, none."""
    try:
        return {row["channel"]: float(row["euros"]) for row in book.value("outreach.tariffs", on)}
    except NotYetInForce:
        return {}


def by_day(found: Figures) -> dict[date, Line]:
    """Every fund together, in the order of the days."""
    return _added(found, 0)


def by_fund(found: Figures) -> dict[str, Line]:
    """The whole period, in the order of the codes."""
    return dict(sorted(_added(found, 1).items()))


def total(found: Figures) -> Line:
    """The whole period, every fund."""
    everything = Line()
    for line in found.values():
        everything.add(line)
    return everything


def _added(found: Figures, part: int) -> dict[Any, Line]:
    added: dict[Any, Line] = {}
    for key, line in found.items():
        added.setdefault(key[part], Line()).add(line)
    return added


def channels_used(found: Figures) -> Sequence[str]:
    """The channels by which something left, in the order of `Channel`."""
    used = total(found).contacted
    return [code for code in Channel.values if used[code]]

"""The effect of a campaign (TG-10): who did the act since the contact, by channel and delay, beside a group held out at random.

Intervals are Wilson's for a share and Newcombe's for the difference of two (Statistics in Medicine 17, 1998, methods 3 and 10):
they hold for small groups and for shares near 0 or 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import sqrt
from statistics import NormalDist

from django.db import connection

from allant.campaigns.acts import acts_sql
from allant.campaigns.models import Campaign
from allant.doctrine import RuleBook


@dataclass(frozen=True)
class Share:
    """`done` of `people`, with the bounds (0 to 1) of its confidence interval."""

    done: int
    people: int
    low: float
    high: float

    @property
    def share(self) -> float:
        """0 when there is nobody."""
        return self.done / self.people if self.people else 0.0


@dataclass(frozen=True)
class Delay:
    """Of the people contacted at least `days` days ago, those who did the act within `days` days."""

    days: int
    share: Share


@dataclass(frozen=True)
class Effect:
    """Of those invited by one channel, how many did the act on or after the day of the invitation."""

    channel: str
    since: Share
    by_delay: tuple[Delay, ...]

    @property
    def invited(self) -> int:
        """Persons invited by this channel."""
        return self.since.people

    @property
    def done(self) -> int:
        """Those who did the act since."""
        return self.since.done

    @property
    def share(self) -> float:
        """Of those invited, the part that did the act."""
        return self.since.share


@dataclass(frozen=True)
class Comparison:
    """The invited of the waves that held a group out, beside that group; `difference` of shares with its bounds."""

    invited: Share
    held_out: Share
    difference: float
    low: float
    high: float

    @property
    def settled(self) -> bool:
        """Whether the interval leaves zero out: chance alone does not explain the difference."""
        return self.low > 0 or self.high < 0


def wilson(done: int, people: int, confidence: float) -> Share:
    """A share with Wilson's interval; nobody tells nothing, from 0 to 1."""
    if not people:
        return Share(0, 0, 0.0, 1.0)
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    observed, weight = done / people, z * z / people
    centre = (observed + weight / 2) / (1 + weight)
    reach = z * sqrt(observed * (1 - observed) / people + weight / (4 * people)) / (1 + weight)
    return Share(done, people, max(0.0, centre - reach), min(1.0, centre + reach))


def newcombe(one: Share, other: Share) -> Comparison:
    """The difference of two independent shares, from the bounds of each."""
    difference = one.share - other.share
    low = difference - sqrt((one.share - one.low) ** 2 + (other.high - other.share) ** 2)
    high = difference + sqrt((one.high - one.share) ** 2 + (other.share - other.low) ** 2)
    return Comparison(one, other, difference, low, high)


def effect(campaign: Campaign, on: date, book: RuleBook) -> list[Effect]:
    """By channel, the most used first, up to `on`; nothing for a campaign that only informs."""
    if not campaign.act:
        return []
    delays = [row["days"] for row in book.value("targeting.effect_delays", on)]
    confidence = book.value("targeting.effect_confidence", on)
    return [
        Effect(
            channel,
            wilson(done, invited, confidence),
            tuple(Delay(days, wilson(counts[2 * at + 1], counts[2 * at], confidence)) for at, days in enumerate(delays)),
        )
        for channel, invited, done, *counts in _by_channel(campaign, on, delays)
    ]


def _by_channel(campaign: Campaign, on: date, delays: Sequence[int]) -> list[tuple]:
    """Rows of channel, invited, done, then for each delay: contacted long enough ago, and done within it."""
    columns, values = [], []
    for days in delays:
        columns.append("count(*) FILTER (WHERE i.invited_on <= %s)")
        columns.append("count(*) FILTER (WHERE i.invited_on <= %s AND a.done_on BETWEEN i.invited_on AND i.invited_on + %s)")
        ripe = on - timedelta(days)
        values += [ripe, ripe, days]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT i.channel, count(*), count(*) FILTER (WHERE a.done_on BETWEEN i.invited_on AND %s), {", ".join(columns)}
                FROM campaigns_invitation i LEFT JOIN ({acts_sql(campaign)}) AS a USING (person_id)
                WHERE i.campaign_id = %s AND i.invited_on <= %s AND i.revoked_at IS NULL GROUP BY 1 ORDER BY 2 DESC, 1""",
            [on, *values, campaign.pk, on],
        )
        return list(cursor.fetchall())


def comparison(campaign: Campaign, on: date, book: RuleBook) -> Comparison | None:
    """Invited beside held out, over the waves that held a group out; None when there is none by that day.

    Acts count from the day of the wave on both sides, so that time is the same for both.
    """
    if not campaign.act:
        return None
    with connection.cursor() as cursor:
        cursor.execute(
            f"""WITH wave AS (
                    SELECT DISTINCT w.id, w.planned_on FROM campaigns_wave w JOIN campaigns_heldout h ON h.wave_id = w.id
                    WHERE w.campaign_id = %s AND w.planned_on <= %s
                ), member AS (
                    SELECT 'held_out' AS side, h.person_id, wave.planned_on
                    FROM campaigns_heldout h JOIN wave ON wave.id = h.wave_id
                    UNION ALL
                    SELECT 'invited', i.person_id, wave.planned_on FROM campaigns_invitation i JOIN wave ON wave.id = i.wave_id
                    WHERE i.revoked_at IS NULL
                )
                SELECT side, count(*), count(*) FILTER (WHERE a.done_on BETWEEN member.planned_on AND %s)
                FROM member LEFT JOIN ({acts_sql(campaign)}) AS a USING (person_id) GROUP BY 1""",
            [campaign.pk, on, on],
        )
        counts = {side: (people, done) for side, people, done in cursor.fetchall()}
    if "held_out" not in counts:
        return None
    confidence = book.value("targeting.effect_confidence", on)
    sides = [counts.get(side, (0, 0)) for side in ("invited", "held_out")]
    return newcombe(*(wilson(done, people, confidence) for people, done in sides))

"""What a campaign's page shows: the target today, the gap to the objective, the effect so far, and why or why not a person."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import reduce
from math import ceil
from operator import or_

from django.db import connection
from django.db.models import Q

from allant import facts
from allant.campaigns import keyring
from allant.campaigns.codes import Mistyped, read
from allant.campaigns.known import known_before
from allant.campaigns.models import Campaign, Invitation
from allant.targeting import Verdict, engine_postgres, why


@dataclass(frozen=True)
class Gap:
    """Where a campaign stands against its objective (TG-02), on `as_of`; counts are persons."""

    as_of: date
    concerned: int
    done: int
    objective_share: Decimal | None

    @property
    def share(self) -> float:
        """Of those concerned, the part that did the act; 0 when nobody is concerned."""
        return self.done / self.concerned if self.concerned else 0.0

    @property
    def to_reach(self) -> int | None:
        """How many persons are still to be reached; none when the campaign sets no figure."""
        if self.objective_share is None:
            return None
        return max(0, ceil(self.objective_share * self.concerned) - self.done)


@dataclass(frozen=True)
class Effect:
    """Of those invited by one channel, how many did the act on or after the day of the invitation (TG-10)."""

    channel: str
    invited: int
    done: int

    @property
    def share(self) -> float:
        """Of those invited, the part that did the act; 0 when nobody was invited."""
        return self.done / self.invited if self.invited else 0.0


def target_count(campaign: Campaign, on: date) -> int:
    """People in the target asked on a day, by what the register holds now, whether or not a channel reaches them."""
    return engine_postgres.count(campaign.current_target.on(on))


def breakdown(campaign: Campaign, on: date, column: str) -> Mapping[str | None, int]:
    """The same by a column of the person table (`sex`, `departement`, `scheme`…), the most numerous first."""
    return engine_postgres.breakdown(campaign.current_target.on(on), column)


def gap(campaign: Campaign, on: date) -> Gap | None:
    """None when the campaign names no population for its objective."""
    population = campaign.current_target.objective_on(on)
    if population is None:
        return None
    query, parameters = engine_postgres.sql(population)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT count(*), count(*) FILTER (WHERE a.done_on <= %s)
                FROM ({query}) AS t LEFT JOIN ({_acts(campaign)}) AS a USING (person_id)""",
            [on, *parameters],
        )
        concerned, done = cursor.fetchone()
    return Gap(on, concerned, done, campaign.objective_share)


def effect(campaign: Campaign, on: date) -> list[Effect]:
    """By channel, from the contact to `on`."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT i.channel, count(*), count(*) FILTER (WHERE a.done_on BETWEEN i.invited_on AND %s)
                FROM campaigns_invitation i LEFT JOIN ({_acts(campaign)}) AS a USING (person_id)
                WHERE i.campaign_id = %s AND i.invited_on <= %s AND i.revoked_at IS NULL GROUP BY 1 ORDER BY 2 DESC, 1""",
            [on, campaign.pk, on],
        )
        return [Effect(*row) for row in cursor.fetchall()]


def _acts(campaign: Campaign) -> str:
    """A SELECT of person_id and done_on, the day the campaign's act was done; names are those of the registered facts."""
    table, _, column = campaign.act.partition(".")
    name = facts.column(table, column).name
    return f"SELECT person_id, {name} AS done_on FROM ({engine_postgres.fact_query(table)}) AS fact"


def why_for(campaign: Campaign, person_id: int, on: date) -> Verdict:
    """Each criterion of the current target with the value found for this person and the verdict (TG-06)."""
    return why(campaign.current_target.on(on), facts.of_person(connection, person_id))


def why_invited(invitation: Invitation) -> Verdict:
    """Why this person was invited: the wave's own target over the facts as they stood when it left.

    The campaign's own invitations are left out; facts without a date are those of now.
    """
    wave = invitation.wave
    known = known_before(invitation.person_id, wave.as_of)
    others = [row for row in known["invitation"] if row["campaign"] != invitation.campaign.slug]
    return why(wave.target_version.on(wave.as_of), {**known, "invitation": others})


def invitation_of_code(typed: str) -> Invitation | None:
    """The valid invitation behind a typed code, None for an unknown one; raises `Mistyped` when it cannot be a code."""
    serials = {version: read(typed, key) for version, key in keyring.keys().items()}
    matches = [Q(code_serial=serial, code_key_version=version) for version, serial in serials.items()]
    return Invitation.objects.valid().filter(reduce(or_, matches)).select_related("campaign").first()


__all__ = [
    "Effect", "Gap", "Mistyped", "breakdown", "effect", "gap", "invitation_of_code", "target_count", "why_for", "why_invited",
]  # fmt: skip

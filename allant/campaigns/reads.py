"""What a campaign's page shows: the target today, the gap to the objective, the effect so far, and why or why not a person."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.db import connection

from allant import facts
from allant.campaigns import keyring
from allant.campaigns.codes import Mistyped, read
from allant.campaigns.models import Campaign, Invitation
from allant.targeting import Verdict, engine_postgres, why


@dataclass(frozen=True)
class Gap:
    """Where a campaign stands against its objective (TG-02), on `as_of`; counts are persons."""

    as_of: date
    concerned: int
    done: int
    objective_share: float | None

    @property
    def share(self) -> float:
        return self.done / self.concerned if self.concerned else 0.0

    @property
    def to_reach(self) -> int | None:
        """How many persons are still to be reached; none when the campaign sets no figure."""
        if self.objective_share is None:
            return None
        return max(0, round(self.objective_share * self.concerned) - self.done)


@dataclass(frozen=True)
class Effect:
    """Of those invited by one channel, how many did the act on or after the day of the invitation (TG-10)."""

    channel: str
    invited: int
    done: int

    @property
    def share(self) -> float:
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
    table, column = campaign.act.split(".")
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT count(*), count(*) FILTER (WHERE a.{facts.column(table, column).name} <= %s)
                FROM ({query}) AS t LEFT JOIN ({engine_postgres.fact_query(table)}) AS a USING (person_id)""",
            [on, *parameters],
        )
        concerned, done = cursor.fetchone()
    share = campaign.objective_share
    return Gap(on, concerned, done, None if share is None else float(share))


def effect(campaign: Campaign, on: date) -> list[Effect]:
    """By channel, from the contact to `on`."""
    table, column = campaign.act.split(".")
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT i.channel, count(*), count(*) FILTER (WHERE a.{facts.column(table, column).name} BETWEEN i.invited_on AND %s)
                FROM campaigns_invitation i LEFT JOIN ({engine_postgres.fact_query(table)}) AS a USING (person_id)
                WHERE i.campaign_id = %s AND i.revoked_at IS NULL GROUP BY 1 ORDER BY 2 DESC""",
            [on, campaign.pk],
        )
        return [Effect(*row) for row in cursor.fetchall()]


def why_for(campaign: Campaign, person_id: int, on: date) -> Verdict:
    """Each criterion of the current target with the value found for this person and the verdict (TG-06)."""
    return why(campaign.current_target.on(on), facts.of_person(connection, person_id))


def invitation_of_code(typed: str) -> Invitation | None:
    """The valid invitation behind a typed code, None for an unknown one; raises `Mistyped` when it cannot be a code."""
    attempts = [(version, read(typed, key)) for version, key in keyring.keys().items()]
    for version, serial in attempts:
        if serial > 2**63 - 1:
            continue
        found = Invitation.objects.valid().filter(code_serial=serial, code_key_version=version).select_related("campaign").first()
        if found is not None:
            return found
    return None


__all__ = ["Effect", "Gap", "Mistyped", "breakdown", "effect", "gap", "invitation_of_code", "target_count", "why_for"]

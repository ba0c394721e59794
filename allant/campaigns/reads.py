"""What a campaign's page shows: the target today, the gap to the objective, and why or why not a person."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import reduce
from math import ceil
from operator import or_

from django.db import connection
from django.db.models import Q

from allant import facts
from allant.campaigns import keyring, territories
from allant.campaigns.acts import acts_sql
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


def gap(campaign: Campaign, on: date) -> Gap | None:
    """None when the campaign names no population for its objective."""
    population = campaign.current_target.objective_on(on)
    if population is None:
        return None
    query, parameters = engine_postgres.sql(population)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT count(*), count(*) FILTER (WHERE a.done_on <= %s)
                FROM ({query}) AS t LEFT JOIN ({acts_sql(campaign)}) AS a USING (person_id)""",
            [on, *parameters],
        )
        concerned, done = cursor.fetchone()
    return Gap(on, concerned, done, campaign.objective_share)


def why_for(campaign: Campaign, person_id: int, on: date) -> Verdict:
    """Each criterion of the current target with the value found for this person and the verdict (TG-06)."""
    target = territories.narrowed(campaign, campaign.current_target.on(on), on)
    return why(target, facts.of_person(connection, person_id))


def why_invited(invitation: Invitation) -> Verdict:
    """Why this person was invited: the wave's own target over the facts as they stood when it left.

    An experiment's départements are those of that day (TG-14). The campaign's own invitations are left out; facts without a date
    are those of now.
    """
    wave = invitation.wave
    target = territories.narrowed(invitation.campaign, wave.target_version.on(wave.as_of), wave.as_of, wave.launched_at)
    known = known_before(invitation.person.merged_into_id or invitation.person_id, wave.as_of)
    others = [row for row in known["invitation"] if row["campaign"] != invitation.campaign.slug]
    return why(target, {**known, "invitation": others})


def invitation_of_code(typed: str) -> Invitation | None:
    """The valid invitation behind a typed code, None for an unknown one; raises `Mistyped` when it cannot be a code."""
    serials = {version: read(typed, key) for version, key in keyring.keys().items()}
    matches = [Q(code_serial=serial, code_key_version=version) for version, serial in serials.items()]
    return Invitation.objects.valid().filter(reduce(or_, matches)).select_related("campaign").first()


__all__ = ["Gap", "Mistyped", "gap", "invitation_of_code", "why_for", "why_invited"]

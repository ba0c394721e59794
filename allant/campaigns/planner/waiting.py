"""How many people wait, and what is already promised to people: counted in the register, by sets."""

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
from django.db import connection

from allant.campaigns.acts import acts_sql
from allant.campaigns.models import Campaign
from allant.campaigns.planner.allotment import Counts
from allant.campaigns.waves import READ_ONCE, waiting_sql
from allant.targeting import engine_postgres


def still_to_invite(groups: Sequence[tuple[Campaign, date]], departements: Sequence[str]) -> Counts:
    """Persons still to invite by group (row) and département (column, '' for unknown): each in the first of their targets only.

    Each target is asked on its own day (today, or the day it opens); who was invited or held out by the campaign is left out, and
    who no channel reaches. One statement for all the groups.
    """
    if not groups:
        return np.zeros((0, len(departements)), dtype=np.int64)
    parts: list[str] = []
    parameters: list[object] = []
    for rank, (campaign, day) in enumerate(groups):
        query, its_parameters = waiting_sql(campaign, campaign.current_target.on(day), day, bare=True)
        parts.append(
            f"SELECT person_id, {rank} AS rank, coalesce(departement, '') AS departement FROM ({query}) AS q{rank} "
            "WHERE channel IS NOT NULL"
        )
        parameters += its_parameters
    return _grid(
        f"""{engine_postgres.sources(READ_ONCE)}
            SELECT rank, departement, count(*) FROM (
                SELECT min(rank) AS rank, departement FROM ({" UNION ALL ".join(parts)}) AS every
                GROUP BY person_id, departement
            ) AS first_target GROUP BY 1, 2""",
        parameters, len(groups), departements,
    )  # fmt: skip


def second_acts_due(campaign: Campaign, weeks: Sequence[date], after: timedelta, departements: Sequence[str]) -> Counts:
    """Persons by week and département whose act, done `after` before, calls for a second one in that week."""
    return _grid(
        f"""SELECT (a.done_on - %s) / 7, coalesce(p.departement_code, ''), count(*)
            FROM ({acts_sql(campaign)}) AS a JOIN people_person p ON p.id = a.person_id
            WHERE a.done_on >= %s AND a.done_on < %s GROUP BY 1, 2""",
        [weeks[0] - after, weeks[0] - after, weeks[0] - after + timedelta(7 * len(weeks))], len(weeks), departements,
    )  # fmt: skip


def invited_in(campaigns: Sequence[Campaign], week: date, departements: Sequence[str]) -> Counts:
    """Persons already invited in a week, by campaign (row) and département: they will come for doses of that week."""
    return _grid(
        """SELECT array_position(%s::bigint[], i.campaign_id) - 1, coalesce(p.departement_code, ''), count(*)
           FROM campaigns_invitation i JOIN people_person p ON p.id = i.person_id
           WHERE i.campaign_id = ANY(%s) AND i.revoked_at IS NULL AND i.invited_on >= %s AND i.invited_on < %s GROUP BY 1, 2""",
        [[each.pk for each in campaigns], [each.pk for each in campaigns], week, week + timedelta(7)],
        len(campaigns), departements,
    )  # fmt: skip


def _grid(query: str, parameters: Sequence[object], rows: int, departements: Sequence[str]) -> Counts:
    places = {code: at for at, code in enumerate(departements)}
    found = np.zeros((rows, len(departements)), dtype=np.int64)
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        for row, code, persons in cursor.fetchall():
            found[row, places.get(code, places[""])] += persons
    return found

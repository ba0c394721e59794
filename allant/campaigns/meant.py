"""Whom a campaign means on a day, invited already or not: what lists for doctors and partners are made of (TG-11)."""

from __future__ import annotations

from datetime import date
from typing import Any

from allant.campaigns.acts import acts_sql
from allant.campaigns.models import Campaign
from allant.targeting import engine_postgres


def meant_sql(campaign: Campaign, on: date) -> tuple[str, list[Any]]:
    """A SELECT of person_id: in its target that day, or invited by it by then; less who did its act by then.

    The target leaves out whom the campaign has invited: those are the very ones a list helps with. Merged records are one
    person.
    """
    target, parameters = engine_postgres.sql(campaign.current_target.on(on))
    query = f"""
        SELECT person_id FROM (
            SELECT person_id FROM ({target}) AS target
            UNION SELECT coalesce(bearer.merged_into_id, bearer.id) FROM campaigns_invitation AS invitation
                  JOIN people_person AS bearer ON bearer.id = invitation.person_id
                  WHERE invitation.campaign_id = %s AND invitation.invited_on <= %s AND invitation.revoked_at IS NULL
        ) AS meant
        WHERE NOT EXISTS (SELECT FROM ({acts_sql(campaign)}) AS act
                          WHERE act.person_id = meant.person_id AND act.done_on <= %s)"""
    return query, [*parameters, campaign.pk, on, on]

"""Whom a doctor still has to vaccinate for a campaign: one definition, for audiences and visit lists."""

from __future__ import annotations

from datetime import date

from allant.campaigns.acts import acts_sql
from allant.campaigns.models import Campaign
from allant.campaigns.territories import narrowed
from allant.targeting import engine_postgres


def to_vaccinate_sql(campaign: Campaign, on: date, departement: str = "") -> tuple[str, list[object]]:
    """A SELECT of practitioner_id and patients: for each treating doctor, their living patients whom the campaign means.

    `departement`: of the doctors who practise there only. Means: in its target that day, or invited by it before; less who did
    its act by that day. Merged records are one person.
    """
    target, parameters = engine_postgres.sql(narrowed(campaign, campaign.current_target.on(on), on))
    doctors = "AND person.treating_practitioner_id IN (SELECT id FROM directory_practitioner WHERE departement_code = %s)"
    query = f"""
        SELECT person.treating_practitioner_id AS practitioner_id, count(*) AS patients
        FROM people_person AS person
        JOIN (SELECT person_id FROM ({target}) AS target
              UNION SELECT coalesce(bearer.merged_into_id, bearer.id) FROM campaigns_invitation AS invitation
                    JOIN people_person AS bearer ON bearer.id = invitation.person_id
                    WHERE invitation.campaign_id = %s AND invitation.invited_on <= %s AND invitation.revoked_at IS NULL
             ) AS meant ON meant.person_id = person.id
        WHERE person.merged_into_id IS NULL AND person.died_on IS NULL AND person.treating_practitioner_id IS NOT NULL
          AND NOT EXISTS (SELECT FROM ({acts_sql(campaign)}) AS act WHERE act.person_id = person.id AND act.done_on <= %s)
          {doctors if departement else ""}
        GROUP BY 1"""
    return query, [*parameters, campaign.pk, on, on, *([departement] if departement else [])]

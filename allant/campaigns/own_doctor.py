"""Acts done at one's own doctor: possible, not counted by a campaign that goes towards people (AV-22, AV-50, decision 0027)."""

from __future__ import annotations

from allant.campaigns.desk.rules import OWN_DOCTOR
from allant.campaigns.models import Campaign
from allant.doctrine import NotYetInForce, RuleBook
from allant.outreach.models import Channel

TOLD_BY = ("dose", "dose_summary")
"""The tables of facts whose acts are doses, of which the register knows who gave them."""


def channels_apart(campaign: Campaign, book: RuleBook) -> list[str]:
    """The channels of an invitation after which the campaign does not count a dose of the person's own doctor.

    By the rule of its opening day; none when its act is no dose.
    """
    if campaign.act.partition(".")[0] not in TOLD_BY:
        return []
    try:
        named = book.value("targeting.own_doctor_apart", campaign.starts_on)
    except NotYetInForce:
        return []
    return [code for code in named if code in Channel.values]


# On a row `invited` (person_id, campaign_id, channel) and one `act` (done_on, and `apart`: the channels of `channels_apart`). It
# holds of who said on the telephone that they prefer their doctor and, by the channels apart, of a dose that their treating
# practitioner recorded that day.
AT_OWN_DOCTOR = f"""(EXISTS (
        SELECT FROM campaigns_callattempt AS call
        WHERE call.campaign_id = invited.campaign_id AND call.person_id = invited.person_id AND call.outcome = '{OWN_DOCTOR}')
    OR invited.channel = ANY(act.apart) AND EXISTS (
        SELECT FROM people_person AS own
        JOIN people_person AS bearer ON bearer.id = own.id OR bearer.merged_into_id = own.id
        JOIN immunizations_dose AS dose ON dose.person_id = bearer.id
        WHERE own.id = invited.person_id AND dose.disease = 'covid19' AND dose.occurred_on = act.done_on
          AND dose.ended_at IS NULL AND dose.practitioner_id = own.treating_practitioner_id))"""

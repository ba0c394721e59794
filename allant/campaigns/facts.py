"""The facts that this room lets targets speak of: earlier invitations."""

from allant.campaigns.actions import HANDED_OVER
from allant.facts import DATE, MANY, TEXT, Fact, FactTable
from allant.outreach.models import Channel

INVITATION = FactTable(
    name="invitation",
    label_fr="invitation",
    rows=MANY,
    columns=(
        Fact("campaign", TEXT, "campagne", "campagne inconnue"),
        Fact("invited_on", DATE, "date de l'invitation", "date inconnue"),
        Fact(
            "channel",
            TEXT,
            "canal",
            "canal inconnu",
            choices=dict(Channel.choices) | {HANDED_OVER: "remis par un professionnel"},
        ),
    ),
    plural_fr="invitations",
    present_fr="déjà invité",
    absent_fr="jamais invité",
    postgres_query="""
        SELECT i.person_id, c.slug AS campaign, i.invited_on, i.channel
        FROM campaigns_invitation i JOIN campaigns_campaign c ON c.id = i.campaign_id WHERE i.revoked_at IS NULL""",
)

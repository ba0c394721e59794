from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    name = "allant.campaigns"
    label = "campaigns"
    verbose_name = "Campagnes"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from allant import facts
        from allant.campaigns import appointment_messages
        from allant.campaigns.desk import booking
        from allant.campaigns.facts import INVITATION
        from allant.campaigns.messages import variables_of_invitations
        from allant.campaigns.professionals.mailings import variables_of_recipients
        from allant.outreach import causes

        facts.register(INVITATION)
        campaign = "SELECT campaign_id FROM campaigns_invitation WHERE id = {cause_id}"
        causes.register(appointment_messages.REMINDER, appointment_messages.variables_of_reminders)
        causes.register(appointment_messages.OFFER, appointment_messages.variables_of_offers)
        causes.register("mailing", variables_of_recipients)
        causes.register("invitation", variables_of_invitations, campaign=campaign)
        causes.register(booking.CAUSE, booking.variables_of_confirmations)

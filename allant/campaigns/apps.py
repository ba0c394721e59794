from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    name = "allant.campaigns"
    label = "campaigns"
    verbose_name = "Campagnes"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from allant import facts
        from allant.appointments import telling
        from allant.campaigns import appointment_messages, appointment_words
        from allant.campaigns.desk import booking
        from allant.campaigns.facts import INVITATION
        from allant.campaigns.messages import variables_of_invitations
        from allant.campaigns.professionals.mailings import variables_of_recipients
        from allant.campaigns.proposals import home_visits
        from allant.outreach import causes, lent

        facts.register(INVITATION)
        campaign = "SELECT campaign_id FROM campaigns_invitation WHERE id = {cause_id}"
        words = {appointment_messages.OFFER: appointment_words.of_offers, appointment_messages.ENDED: appointment_words.of_ended}
        for cause in appointment_messages.CAUSES:
            of_cause = words.get(cause, appointment_words.of_confirmed)
            causes.register(cause, of_cause, departement=appointment_words.DEPARTEMENT)
            lent.register(cause, appointment_words.ADDRESSES)
        lent.register(booking.CAUSE, appointment_words.CALL_ADDRESSES)
        telling.listen(appointment_messages.tell)
        causes.register(home_visits.CAUSE, home_visits.variables_of)
        causes.register("mailing", variables_of_recipients)
        causes.register("invitation", variables_of_invitations, campaign=campaign)
        causes.register(booking.CAUSE, booking.variables_of_confirmations)

"""The roles of the product: what a page asks for, what a sign-in gives."""

from django.db import models

WHOLE_COUNTRY = "FR"
"""The département code of a structure whose territory is the nation; an empty code means none at all."""


class Role(models.TextChoices):
    """One role per row of the product's table of users; `PORTAL_USER` is a professional without a strong sign-in."""

    HEALTH_PROFESSIONAL = "health_professional", "Professionnel de santé"
    PORTAL_USER = "portal_user", "Professionnel de santé sans carte CPS"
    MEDICAL_SERVICE = "medical_service", "Service médical"
    DELEGATE = "delegate", "Délégué auprès des professionnels (DAM, CIS)"
    PLATFORM_AGENT = "platform_agent", "Agent de la plateforme de l'État"
    REFERRAL_AGENT = "referral_agent", "Relais d'accompagnement (MAS, service social, CES)"
    CALL_AGENT = "call_agent", "Agent d'appel"
    FRONT_DESK_AGENT = "front_desk_agent", "Agent d'accueil"
    IDENTITY_AGENT = "identity_agent", "Agent d'identification"
    RIGHTS_AGENT = "rights_agent", "Agent des droits"
    CAMPAIGN_MANAGER = "campaign_manager", "Responsable de campagne"
    PARTNER = "partner", "Partenaire"
    INSURED = "insured", "Assuré"
    ADMINISTRATOR = "administrator", "Administrateur"

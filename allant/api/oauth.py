"""What django-oauth-toolkit asks for: which scopes exist, and which a client may be given."""

from __future__ import annotations

from typing import Any

from oauth2_provider.scopes import BaseScopes

SCOPES = {
    "system/Patient.rs": "Lire et rechercher un assuré",
    "system/Immunization.rs": "Lire et rechercher des vaccinations",
    "system/Immunization.c": "Enregistrer des vaccinations",
    "system/Immunization.u": "Corriger et annuler ses vaccinations",
    "system/Practitioner.r": "Lire un professionnel de santé",
    "system/Organization.r": "Lire un organisme",
    "system/Location.r": "Lire un lieu",
    "system/FluVoucher.r": "Vérifier un bon contre la grippe",
    "system/FluVoucher.u": "Délivrer le vaccin contre la grippe, remettre un bon",
    "system/FluInjection.c": "Enregistrer une injection contre la grippe",
}


class ClientScopes(BaseScopes):
    """A client holds the scopes written on it, and receives them all when it names none."""

    def get_all_scopes(self) -> dict[str, str]:
        """Every scope with its French description."""
        return SCOPES

    def get_available_scopes(self, application: Any = None, request: Any = None, *args: Any, **kwargs: Any) -> list[str]:
        """The scopes of one client."""
        client = getattr(application, "fhir_client", None)
        return list(client.scopes) if client and client.is_active else []

    def get_default_scopes(self, application: Any = None, request: Any = None, *args: Any, **kwargs: Any) -> list[str]:
        """What a request that names no scope is given."""
        return self.get_available_scopes(application, request)

"""The room as Django knows it; it has no tables yet."""

from django.apps import AppConfig


class RightsConfig(AppConfig):
    name = "allant.rights"
    verbose_name = "Droits : C2S et AME"

    def ready(self) -> None:
        """Offer the ready-made campaigns."""
        from allant.campaigns import ready_made
        from allant.rights.campaigns import RIGHTS

        ready_made.register(RIGHTS)

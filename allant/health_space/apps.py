"""The room as Django knows it; it has no tables yet."""

from django.apps import AppConfig


class HealthSpaceConfig(AppConfig):
    name = "allant.health_space"
    verbose_name = "Mon espace santé"

    def ready(self) -> None:
        """Offer the ready-made campaigns."""
        from allant.campaigns import ready_made

        ready_made.register(ready_made.Programme("health_space", "allant.health_space"))

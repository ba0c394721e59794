"""The room as Django knows it; it has no tables yet."""

from django.apps import AppConfig


class FluConfig(AppConfig):
    name = "allant.flu"
    verbose_name = "Grippe saisonnière"

    def ready(self) -> None:
        """Offer the ready-made campaigns."""
        from allant.campaigns import ready_made

        ready_made.register(ready_made.Programme("flu", "allant.flu"))

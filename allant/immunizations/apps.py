from django.apps import AppConfig


class ImmunizationsConfig(AppConfig):
    name = "allant.immunizations"
    label = "immunizations"
    verbose_name = "Vaccinations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Offer the facts of this room to the others."""
        from allant.immunizations import facts

        facts.register()

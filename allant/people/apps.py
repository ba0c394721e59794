from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "allant.people"
    label = "people"
    verbose_name = "Assurés"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Offer the facts of the register to the other rooms."""
        from allant.people import facts

        facts.register()

"""The vaccination programme."""

from django.apps import AppConfig


class VaccinationConfig(AppConfig):
    name = "allant.vaccination"
    verbose_name = "Vaccination"

    def ready(self) -> None:
        """Tell the rules of a dose what the declarations say."""
        from allant.vaccination import declared

        declared.offer()

"""The vaccination programme."""

from django.apps import AppConfig


class VaccinationConfig(AppConfig):
    name = "allant.vaccination"
    verbose_name = "Vaccination"

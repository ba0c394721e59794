from django.apps import AppConfig


class ImmunizationsConfig(AppConfig):
    name = "allant.immunizations"
    label = "immunizations"
    verbose_name = "Vaccinations"
    default_auto_field = "django.db.models.BigAutoField"

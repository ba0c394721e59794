from django.apps import AppConfig


class CountryConfig(AppConfig):
    name = "allant.country"
    label = "country"
    verbose_name = "Pays synthétique"
    default_auto_field = "django.db.models.BigAutoField"

from django.apps import AppConfig


class CaseworkConfig(AppConfig):
    name = "allant.casework"
    label = "casework"
    verbose_name = "Dossiers à échéance"
    default_auto_field = "django.db.models.BigAutoField"

from django.apps import AppConfig


class FiguresConfig(AppConfig):
    name = "allant.figures"
    label = "figures"
    verbose_name = "Chiffres"
    default_auto_field = "django.db.models.BigAutoField"

from django.apps import AppConfig


class OutreachConfig(AppConfig):
    name = "allant.outreach"
    label = "outreach"
    verbose_name = "Contacts"
    default_auto_field = "django.db.models.BigAutoField"

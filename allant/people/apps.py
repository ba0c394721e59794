from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "allant.people"
    label = "people"
    verbose_name = "Assurés"
    default_auto_field = "django.db.models.BigAutoField"

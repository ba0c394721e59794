from django.apps import AppConfig


class DeskPagesConfig(AppConfig):
    name = "allant.pages.desk"
    label = "pages_desk"
    verbose_name = "Pages du poste d'appel"

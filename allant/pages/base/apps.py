from django.apps import AppConfig


class BasePagesConfig(AppConfig):
    name = "allant.pages.base"
    label = "pages_base"
    verbose_name = "Socle des pages"

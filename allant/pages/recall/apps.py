from django.apps import AppConfig


class RecallPagesConfig(AppConfig):
    name = "allant.pages.recall"
    label = "pages_recall"
    verbose_name = "Page du calculateur de rappel"

from django.apps import AppConfig


class RecallConfig(AppConfig):
    name = "allant.recall"
    label = "recall"
    verbose_name = "Date de rappel"

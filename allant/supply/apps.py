"""Orders of doses."""

from django.apps import AppConfig


class SupplyConfig(AppConfig):
    name = "allant.supply"
    verbose_name = "Commandes de doses"

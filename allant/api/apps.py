"""Interfaces for programs."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "allant.api"
    label = "api"
    verbose_name = "Interfaces"
    default_auto_field = "django.db.models.BigAutoField"

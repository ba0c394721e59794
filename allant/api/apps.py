"""Interfaces for programs."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "allant.api"
    verbose_name = "Interfaces"

"""Appointments."""

from django.apps import AppConfig


class AppointmentsConfig(AppConfig):
    name = "allant.appointments"
    label = "appointments"
    verbose_name = "Rendez-vous"
    default_auto_field = "django.db.models.BigAutoField"
